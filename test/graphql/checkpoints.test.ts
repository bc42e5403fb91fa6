import { expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildBook, buildCheckpoint, buildMarker, succeeded } from '../support/builders.ts'
import { fillCheckpoints, fillLibrary } from '../support/bulk.ts'
import type { Client } from '../support/client.ts'
import { useDatabase } from '../support/database.ts'
import { statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)

const day = (number: number) => new Date(Date.UTC(2026, 0, number))

interface Result {
  result: { __typename: string } & Record<string, unknown>
}

const capital = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`

/** Runs a mutation and gives its answer, of which `fields` are those of its success. */
async function run(client: Client, name: string, input: Record<string, unknown>, fields: string) {
  const { result } = await ask<Result>(
    client,
    `mutation ($input: ${capital(name)}Input!) { result: ${name}(input: $input) {
      __typename ... on Failure { message } ... on ${capital(name)}Success { ${fields} }
      ${name.startsWith('update') ? '... on VersionConflict { current { id __typename } }' : ''} } }`,
    { input },
  )
  return result
}

const checkpointFields = 'checkpoint { id title description reachedAt version book { id } trash { reason } }'
const markerFields = 'checkpointMarker { id title description version checkpoint { id } trash { reason } }'

test('a checkpoint with markers is made, changed, arranged, trashed and restored over the API', async () => {
  const { ctx, client } = await api.workspace()
  const book = await buildBook(ctx)
  const draft = { bookId: book.id, title: 'Draft', reachedAt: '2026-01-02T03:04:05+02:00' }
  const made = (await run(client, 'createCheckpoint', draft, checkpointFields)) as unknown as {
    checkpoint: { id: string }
  }
  const checkpointId = made.checkpoint.id
  expect(made.checkpoint).toEqual({
    id: checkpointId,
    title: 'Draft',
    description: null,
    reachedAt: '2026-01-02T01:04:05.000Z',
    version: 1,
    book: { id: book.id },
    trash: null,
  })
  const changes = { checkpointId, description: 'All of it', expectedVersion: 1 }
  expect(await run(client, 'updateCheckpoint', changes, checkpointFields)).toMatchObject({
    checkpoint: { title: 'Draft', description: 'All of it', version: 2 },
  })
  expect(await run(client, 'updateCheckpoint', changes, checkpointFields)).toMatchObject({
    __typename: 'VersionConflict',
    current: { __typename: 'Checkpoint', id: checkpointId },
  })

  const ids: string[] = []
  for (const title of ['One', 'Two']) {
    const input = { checkpointId, title }
    const { checkpointMarker } = await run(client, 'createCheckpointMarker', input, markerFields)
    expect(checkpointMarker).toMatchObject({ title, description: null, checkpoint: { id: checkpointId } })
    ids.push((checkpointMarker as { id: string }).id)
  }
  const [first, second] = ids
  const renamed = { checkpointMarkerId: first, title: 'First' }
  expect(await run(client, 'updateCheckpointMarker', renamed, markerFields)).toMatchObject({
    checkpointMarker: { title: 'First', version: 2 },
  })
  await run(client, 'moveCheckpointMarker', { checkpointMarkerId: first, afterId: second }, markerFields)
  const markers = `{ checkpoint(id: "${checkpointId}") { markers { totalCount nodes { title } } } }`
  expect(await ask(client, markers)).toEqual({
    checkpoint: { markers: { totalCount: 2, nodes: [{ title: 'Two' }, { title: 'First' }] } },
  })

  const gone = { itemId: second, reason: 'Twice' }
  expect(
    await run(client, 'trashItem', gone, 'item { id trash { reason } } deletion { itemCount }'),
  ).toMatchObject({ item: { id: second, trash: { reason: 'Twice' } }, deletion: { itemCount: 1 } })
  const trashed = await run(
    client,
    'trashItem',
    { itemId: checkpointId },
    'deletion { id itemCount deletedFrom { path parent { id __typename } } item { __typename } }',
  )
  const { deletion } = trashed as unknown as { deletion: { id: string } }
  expect(deletion).toMatchObject({
    itemCount: 2,
    deletedFrom: { parent: { id: book.id, __typename: 'Book' } },
    item: { __typename: 'Checkpoint' },
  })
  expect(await ask(client, markers)).toEqual({ checkpoint: null })
  const list = '{ trash(where: { types: [CHECKPOINT, CHECKPOINT_MARKER] }) { nodes { item { id } } } }'
  expect(await ask(client, list)).toEqual({
    trash: { nodes: [{ item: { id: checkpointId } }, { item: { id: second } }] },
  })
  const restored = await run(
    client,
    'restoreDeletion',
    { deletionId: deletion.id },
    'item { id ... on Checkpoint { markers { nodes { title } } } }',
  )
  expect(restored).toMatchObject({ item: { id: checkpointId, markers: { nodes: [{ title: 'First' }] } } })
})

test('a date alone is the beginning of that day in UTC, and what is no time is refused with an example', async () => {
  const { ctx, client } = await api.workspace()
  const { id: bookId } = await buildBook(ctx)
  const made = await run(
    client,
    'createCheckpoint',
    { bookId, title: 'A', reachedAt: '2026-01-05' },
    'checkpoint { reachedAt }',
  )
  expect(made).toMatchObject({ checkpoint: { reachedAt: '2026-01-05T00:00:00.000Z' } })
  const found = (where: string) => ask(client, `{ checkpoints(where: { ${where} }) { totalCount } }`)
  expect(await found('reachedSince: "2026-01-05" reachedBefore: "2026-01-06"')).toEqual({
    checkpoints: { totalCount: 1 },
  })
  expect(await found('reachedSince: "2026-01-06"')).toEqual({ checkpoints: { totalCount: 0 } })
  for (const reachedAt of ['2026-02-30', '2026-13-01', '5 January', '2026-1-5', '', 7]) {
    const { errors } = await client.send(
      'mutation ($input: CreateCheckpointInput!) { createCheckpoint(input: $input) { __typename } }',
      { input: { bookId, title: 'B', reachedAt } },
    )
    expect(errors[0]?.message).toContain('or a date such as "2026-01-05"')
    expect(errors[0]?.extensions?.code).toBe('BAD_USER_INPUT')
  }
})

/** A book with checkpoints of days in January: two of the same day, and one in the trash. */
async function buildJanuary({ ctx }: Workspace) {
  const book = await buildBook(ctx)
  const made: Record<string, string> = {}
  for (const [title, number] of Object.entries({ Third: 3, FirstA: 1, Gone: 2, firstB: 1, Fifth: 5 })) {
    const checkpoint = await buildCheckpoint(ctx, { bookId: book.id, title, reachedAt: day(number) })
    made[title] = checkpoint.id
  }
  succeeded(await trashItem(ctx, { kind: 'CHECKPOINT', id: made['Gone'] ?? '' }))
  return book
}

interface Listed {
  checkpoints: {
    totalCount: number
    nodes: { title: string }[]
    pageInfo: { endCursor: string; hasNextPage: boolean; hasPreviousPage: boolean }
  }
}
const page = '{ totalCount nodes { title } pageInfo { endCursor hasNextPage hasPreviousPage } }'
const titles = ({ checkpoints }: Listed) => checkpoints.nodes.map(({ title }) => title)

test('the checkpoints of a book come by when they were reached, page by page, both ways', async () => {
  const workspace = await api.workspace()
  const book = await buildJanuary(workspace)
  const read = async (args: string) => {
    const query = `{ book(id: "${book.id}") { checkpoints(${args}) ${page} } }`
    return (await ask<{ book: Listed }>(workspace.client, query)).book
  }
  const first = await read('first: 2')
  expect(titles(first)).toEqual(['FirstA', 'firstB'])
  expect(first.checkpoints).toMatchObject({ totalCount: 4, pageInfo: { hasNextPage: true } })
  const rest = await read(`first: 9, after: "${first.checkpoints.pageInfo.endCursor}"`)
  expect(titles(rest)).toEqual(['Third', 'Fifth'])
  expect(rest.checkpoints.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
  expect(titles(await read('last: 3'))).toEqual(['firstB', 'Third', 'Fifth'])
  // The cursors fit the list of the workspace in the same order, too.
  const { endCursor } = first.checkpoints.pageInfo
  const root = `{ checkpoints(where: { bookId: "${book.id}" }, after: "${endCursor}") ${page} }`
  expect(titles(await ask<Listed>(workspace.client, root))).toEqual(['Third', 'Fifth'])
})

test.each([
  ['', ['FirstA', 'firstB', 'Third', 'Fifth']],
  ['orderBy: { field: REACHED_AT, direction: DESC }', ['Fifth', 'Third', 'firstB', 'FirstA']],
  ['orderBy: { field: TITLE }', ['Fifth', 'FirstA', 'firstB', 'Third']],
  ['orderBy: { field: CREATED_AT }', ['Third', 'FirstA', 'firstB', 'Fifth']],
  ['where: { reachedSince: "2026-01-03T00:00:00Z" }', ['Third', 'Fifth']],
  ['where: { reachedBefore: "2026-01-03T00:00:00Z" }', ['FirstA', 'firstB']],
])('the checkpoints of a workspace (%s) are %j', async (args, expected) => {
  const workspace = await api.workspace()
  await buildJanuary(workspace)
  const query = `{ checkpoints${args && `(${args})`} ${page} }`
  const listed = await ask<Listed>(workspace.client, query)
  expect(titles(listed)).toEqual(expected)
  expect(listed.checkpoints.totalCount).toBe(expected.length)
})

test('another workspace sees none of them', async () => {
  const [mine, theirs] = [await api.workspace(), await api.workspace()]
  const { id, checkpointId } = await buildMarker(theirs.ctx)
  const query = `{ checkpoints { totalCount nodes { id } } checkpoint(id: "${checkpointId}") { id }
    checkpointMarker(id: "${id}") { id } nodes(ids: ["${id}", "${checkpointId}"]) { id } }`
  expect(await ask(mine.client, query)).toEqual({
    checkpoints: { totalCount: 0, nodes: [] },
    checkpoint: null,
    checkpointMarker: null,
    nodes: [null, null],
  })
})

test('lists below something read only what is asked for, and yet give every field its value', async () => {
  const { ctx, client } = await api.workspace()
  const { id, checkpointId } = await buildMarker(ctx, { description: 'M' })
  const { bookId } = await ctx.db.prisma.checkpoint.findFirstOrThrow({ where: { id: checkpointId } })
  const dates = 'version createdAt updatedAt trash { deletedAt }'
  const marker = `id title description checkpoint { id } ${dates}`
  const checkpoint = `id title description reachedAt book { id } ${dates}`
  interface Nested {
    book: { checkpoints: { nodes: [{ markers: { nodes: [object] } }] } }
  }
  const nested = await ask<Nested>(
    client,
    `{ book(id: "${bookId}") { checkpoints { nodes { ${checkpoint} markers { nodes { ${marker} } } } } } }`,
  )
  const alone = await ask<{ checkpoint: object; marker: object }>(
    client,
    `{ checkpoint(id: "${checkpointId}") { ${checkpoint} } marker: checkpointMarker(id: "${id}") { ${marker} } }`,
  )
  const [{ markers, ...own }] = nested.book.checkpoints.nodes
  expect(own).toEqual(alone.checkpoint)
  expect(markers.nodes).toEqual([alone.marker])
})

async function filled(size: { checkpoints: number; markers: number }, shelves: number) {
  const workspace = await api.workspace()
  const { workspaceId } = workspace.ctx.actor
  await fillLibrary(database.db.pool, workspaceId, { shelves, books: 2, blocks: 1, images: 0 })
  await fillCheckpoints(database.db.pool, workspaceId, size)
  return workspace
}

test('books with checkpoints with markers take as many statements as levels, with ten times the rows as many', async () => {
  const [small, large] = [
    await filled({ checkpoints: 2, markers: 2 }, 1),
    await filled({ checkpoints: 20, markers: 20 }, 10),
  ]
  for (const [query, most] of [
    ['{ books { nodes { title checkpoints { nodes { title markers { nodes { title } } } } } } }', 4],
    [
      '{ books { nodes { checkpoints(first: 5) { nodes { markers(first: 5) { nodes { images { fileName } } } } } } } }',
      5,
    ],
    [
      '{ books { nodes { checkpoints(first: 5) { totalCount nodes { markers(last: 5) { totalCount edges { cursor } } } } } } }',
      6,
    ],
    ['{ checkpoints { nodes { book { title } markers { nodes { checkpoint { title } } } } } }', 5],
  ] as const) {
    const [few, many] = [
      await statementsOf(() => ask(small.client, query)),
      await statementsOf(() => ask(large.client, query)),
    ]
    expect(few.length).toBeLessThanOrEqual(most)
    expect(many.map(({ text }) => text)).toEqual(few.map(({ text }) => text))
  }
})
