import { expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import {
  buildBlock,
  buildCheckpoint,
  buildMarker,
  buildPicture,
  buildTag,
  imagesOf,
  succeeded,
} from '../support/builders.ts'
import type { Client } from '../support/client.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const api = useApi(database)

/** One of each kind, with a deletion beside them. */
async function oneOfEach({ ctx }: Workspace) {
  const [block, other] = [await buildBlock(ctx), await buildBlock(ctx)]
  const { media } = await buildPicture(ctx, imagesOf(block.id))
  const { bookshelfId } = await database.db.prisma.book.findFirstOrThrow({ where: { id: block.bookId } })
  const checkpoint = await buildCheckpoint(ctx, { bookId: block.bookId })
  const marker = await buildMarker(ctx, { checkpointId: checkpoint.id })
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BLOCK', id: other.id }))
  const tag = await buildTag(ctx)
  const { workspaceId } = ctx.actor
  const things = {
    Bookshelf: bookshelfId,
    Book: block.bookId,
    Block: block.id,
    Checkpoint: checkpoint.id,
    CheckpointMarker: marker.id,
    Media: media.id,
  }
  return {
    things,
    all: {
      Workspace: workspaceId,
      ...things,
      Tag: tag.id,
      Deletion: deletion.id,
    },
  }
}

interface Found {
  __typename: string
  id: string
}
const nodes = async (client: Client, ids: string[]) =>
  (
    await ask<{ nodes: (Found | null)[] }>(
      client,
      'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }',
      { ids },
    )
  ).nodes

const roots = [
  'bookshelf',
  'book',
  'block',
  'checkpoint',
  'checkpointMarker',
  'media',
  'tag',
  'deletion',
  'node',
]

async function find(client: Client, id: string) {
  const fields = roots.map((root) => `${root}(id: $id) { __typename id }`).join(' ')
  return ask<Record<string, Found | null>>(client, `query ($id: ID!) { ${fields} }`, { id })
}

const nothing = Object.fromEntries(roots.map((root) => [root, null]))

test('each kind of object is found by its id, as itself only', async () => {
  const workspace = await api.workspace()
  const { all } = await oneOfEach(workspace)
  for (const [__typename, id] of Object.entries(all)) {
    const found = { __typename, id }
    const own = __typename.charAt(0).toLowerCase() + __typename.slice(1)
    const expected = { ...nothing, node: found, ...(own in nothing ? { [own]: found } : {}) }
    expect(await find(workspace.client, id)).toEqual(expected)
  }
})

test('nodes come in the order of their ids, as often as asked for, with null for those that are not there', async () => {
  const workspace = await api.workspace()
  const { all } = await oneOfEach(workspace)
  const gone = '01900000-0000-7000-8000-0000000000ff'
  const found = await nodes(workspace.client, [all.Media, gone, all.Book, 'nonsense', all.Media])
  expect(found.map((node) => node?.__typename)).toEqual(['Media', undefined, 'Book', undefined, 'Media'])
})

test.each([
  ['unknown', '01900000-0000-7000-8000-0000000000ff'],
  ['empty', ''],
  ['malformed', 'nonsense'],
  ['with braces', '{01900000-0000-7000-8000-000000000001}'],
  ['too long', '0'.repeat(100_000)],
  ['with NUL', 'a\0b'],
  ['with a lone surrogate', '\ud800'],
  ['like SQL', "' or '1'='1"],
  ['a name of every object', '__proto__'],
])('an id that is %s finds nothing', async (_what, id) => {
  const { client } = await api.workspace()
  expect(await find(client, id)).toEqual(nothing)
  expect(await nodes(client, [id, id])).toEqual([null, null])
})

test('what is in another workspace is not found', async () => {
  const theirs = await oneOfEach(await api.workspace())
  const { client } = await api.workspace()
  for (const id of Object.values(theirs.all)) expect(await find(client, id)).toEqual(nothing)
  expect(await nodes(client, Object.values(theirs.all))).toEqual(Object.values(theirs.all).map(() => null))
})

test('what is in the trash is not found, but as the item of its deletion', async () => {
  const workspace = await api.workspace()
  const { ctx, client } = workspace
  const { things } = await oneOfEach(workspace)
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BOOKSHELF', id: things.Bookshelf }))
  for (const id of Object.values(things)) expect(await find(client, id)).toEqual(nothing)
  expect(await nodes(client, Object.values(things))).toEqual(Object.values(things).map(() => null))
  const query = `{ deletion(id: "${deletion.id}") { itemCount item { id trash { deletion { id } } } } }`
  expect(await ask(client, query)).toEqual({
    deletion: { itemCount: 6, item: { id: things.Bookshelf, trash: { deletion: { id: deletion.id } } } },
  })
})

test('an id is found as it was given out only, alike by every field', async () => {
  const workspace = await api.workspace()
  const { all } = await oneOfEach(workspace)
  const book = { __typename: 'Book', id: all.Book }
  expect(await find(workspace.client, all.Book)).toEqual({ ...nothing, node: book, book })
  // Ids are opaque: another spelling is another id.
  expect(await find(workspace.client, all.Book.toUpperCase())).toEqual(nothing)
})

test('more than 100 ids at once are refused, saying how many go', async () => {
  const { client } = await api.workspace()
  const ids = Array.from({ length: 101 }, () => 'x')
  const { status, errors } = await client.send('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })
  expect({ status, code: errors[0]?.extensions?.code }).toEqual({ status: 400, code: 'BAD_USER_INPUT' })
  expect(errors[0]?.message).toContain('at most 100')
  expect(await nodes(client, ids.slice(1))).toHaveLength(100)
})

test.each([
  ['malformed', 'nonsense'],
  ['empty', ''],
  ['unknown', '01900000-0000-7000-8000-0000000000ff'],
  ['a list', '01900000-0000-7000-8000-000000000001, 01900000-0000-7000-8000-000000000001'],
])('a workspace header that is %s is refused, saying what to give', async (_what, value) => {
  const client = api.client({ 'x-workspace-id': value })
  const { status, errors } = await client.send('{ workspace { id } }')
  expect({ status, code: errors[0]?.extensions?.code }).toEqual({ status: 400, code: 'WORKSPACE_REQUIRED' })
  expect(errors[0]?.message).toContain('X-Workspace-Id names no existing workspace')
})

test('the header chooses the workspace; without it the default one answers', async () => {
  const { ctx, client } = await api.workspace()
  const id = async (asking: Client) =>
    (await ask<{ workspace: { id: string } }>(asking, '{ workspace { id } }')).workspace.id
  expect(await id(client)).toBe(ctx.actor.workspaceId)
  expect(await id(api.client())).toBe('01900000-0000-7000-8000-000000000001')
})
