import { expect, test } from 'vitest'
import { purgeDeletion } from '../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../src/usecases/trash/run-purge.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { restore, trash } from '../support/trash/restoring.ts'
import { statementsOf } from '../support/statements.ts'
import { buildLibrary, type Library, parts } from '../support/library/whole-library.ts'

const database = useDatabase()
const api = useApi(database)

interface Members {
  deletion: {
    itemCount: number
    members: {
      totalCount: number
      nodes: { id: string; __typename: string }[]
      edges: { cursor: string; node: { id: string } }[]
      pageInfo: { endCursor: string; startCursor: string; hasNextPage: boolean; hasPreviousPage: boolean }
    }
  }
}

const document = `query ($id: ID!, $where: DeletionMembersWhere, $first: Int, $after: String, $last: Int, $before: String) {
  deletion(id: $id) { itemCount members(where: $where, first: $first, after: $after, last: $last, before: $before) {
    totalCount nodes { id __typename } edges { cursor node { id } }
    pageInfo { endCursor startCursor hasNextPage hasPreviousPage } } } }`

const membersOf = async ({ client }: Workspace, id: string, args: object = {}) =>
  (await ask<Members>(client, document, { id, ...args })).deletion.members

/** What the trashed shelf holds, in the order of its list. */
const inShelf = (library: Library) =>
  [
    [library.shelf],
    [library.book],
    [library.block, library.second, library.third],
    [library.checkpoint],
    [library.marker],
    [library.shelfCover, library.bookCover, library.image, library.otherImage, library.markerImage],
  ].flatMap((some) => some.map(({ id }) => id).sort())

test('what a deletion holds is listed from the top of the library down, page by page in both directions', async () => {
  const workspace = await api.workspace()
  const library = await buildLibrary(workspace.ctx)
  await buildLibrary(workspace.ctx)
  const { id, itemCount } = await trash(workspace.ctx, 'BOOKSHELF', library.shelf)
  const wanted = inShelf(library)
  expect(await membersOf(workspace, id)).toMatchObject({
    totalCount: itemCount,
    nodes: wanted.map((id) => ({ id })),
  })
  for (const size of [1, 3, 5]) {
    const there: string[] = []
    for (let after: string | null = null, more = true; more;) {
      const page: Members['deletion']['members'] = await membersOf(workspace, id, { first: size, after })
      there.push(...page.nodes.map((one) => one.id))
      ;[after, more] = [page.pageInfo.endCursor, page.pageInfo.hasNextPage]
    }
    expect(there).toEqual(wanted)
    const back: string[] = []
    for (let before: string | null = null, more = true; more;) {
      const page: Members['deletion']['members'] = await membersOf(workspace, id, { last: size, before })
      back.unshift(...page.nodes.map((one) => one.id))
      ;[before, more] = [page.pageInfo.startCursor, page.pageInfo.hasPreviousPage]
    }
    expect(back).toEqual(wanted)
  }
  const some = await membersOf(workspace, id, { where: { types: ['MEDIA', 'BLOCK'] }, first: 4 })
  expect(some.totalCount).toBe(8)
  expect(some.nodes.map(({ __typename }) => __typename)).toEqual(['Block', 'Block', 'Block', 'Media'])
  expect(some.edges.map(({ node }) => node.id)).toEqual(some.nodes.map((one) => one.id))
  expect(await membersOf(workspace, id, { where: { types: [] } })).toMatchObject({ totalCount: 0, nodes: [] })
  succeeded(await restore(workspace.ctx, id))
  expect(await membersOf(workspace, id)).toMatchObject({ totalCount: 0, nodes: [] })
})

test('members of a page of deletions take the same number of statements however many there are', async () => {
  const workspace = await api.workspace()
  const { ctx, client } = workspace
  const query = `{ trash { nodes { name viewerCanRestore members(first: 5) { totalCount nodes { id } }
    media: members(where: { types: [MEDIA] }) { totalCount } deletedFrom { parent { id } } } } }`
  const count = async () => (await statementsOf(() => ask(client, query))).length
  await trash(ctx, 'BOOKSHELF', (await buildLibrary(ctx)).shelf)
  const first = await buildLibrary(ctx)
  await trash(ctx, 'BLOCK', first.block)
  await trash(ctx, 'BOOK', first.book)
  await trash(ctx, 'TAG', first.top)
  // A new connection of the pool begins with statements of its own.
  await ask(client, query)
  const few = await count()
  for (let more = 0; more < 3; more += 1) {
    const library = await buildLibrary(ctx)
    await trash(ctx, 'BLOCK', library.second)
    await trash(ctx, 'BOOK', library.book)
    await trash(ctx, 'TAG', library.top)
  }
  expect(await count()).toBe(few)
  expect(few).toBeLessThanOrEqual(16)
})

test('a conflict names no object that was purged, and what still leads to one says that it was', async () => {
  const { ctx, client } = await api.workspace()
  const library = await buildLibrary(ctx)
  const [block, cover] = [
    await trash(ctx, 'BLOCK', library.block),
    await trash(ctx, 'MEDIA', library.bookCover),
  ]
  const book = await trash(ctx, 'BOOK', library.book)
  const query = `query ($block: ID!, $cover: ID!) {
    block: restorePreview(deletionId: $block) { problem { ...C } deletion { item { ... on Block { book { ...T } } } } }
    cover: restorePreview(deletionId: $cover) { problem { ...C } deletion { item { ... on Media { owner { ...T } } } } } }
    fragment C on RestoreConflict { reason blockedBy { id } } fragment T on Trashable { id trash { purged } }`
  const answer = () => ask(client, query, { block: block.id, cover: cover.id })
  const { id } = library.book
  const both = (problem: object, purged: boolean) => ({
    block: { problem, deletion: { item: { book: { id, trash: { purged } } } } },
    cover: { problem, deletion: { item: { owner: { id, trash: { purged } } } } },
  })
  expect(await answer()).toEqual(both({ reason: 'PARENT_TRASHED', blockedBy: { id } }, false))
  succeeded(await purgeDeletion(ctx, { deletionId: book.id }))
  const gone = both({ reason: 'PARENT_PURGED', blockedBy: null }, true)
  expect(await answer()).toEqual(gone)
  await purgeTrash(ctx, {})
  expect(await answer()).toEqual(gone)
})

test.each(parts)(
  '$kind: what it was in is null as soon as that is purged',
  async ({ kind, name, parent, parentKind }) => {
    const { ctx, client } = await api.workspace()
    const library = await buildLibrary(ctx)
    const { id } = await trash(ctx, kind, library[name])
    const from = async () =>
      (
        await ask<{ deletion: { deletedFrom: { parent: { id: string } | null; path: string[] } } }>(
          client,
          'query ($id: ID!) { deletion(id: $id) { deletedFrom { parent { id } path } } }',
          { id },
        )
      ).deletion.deletedFrom
    const before = await from()
    expect(before.parent).toEqual({ id: library[parent].id })
    const purged = await trash(ctx, parentKind, library[parent])
    expect((await from()).parent).toEqual({ id: library[parent].id })
    succeeded(await purgeDeletion(ctx, { deletionId: purged.id }))
    expect(await from()).toEqual({ ...before, parent: null })
    await purgeTrash(ctx, {})
    expect(await from()).toEqual({ ...before, parent: null })
    const gone = await ask(
      client,
      'query ($d: ID!, $n: ID!) { deletion(id: $d) { id } node(id: $n) { id } one: node(id: $d) { id } }',
      {
        d: purged.id,
        n: library[parent].id,
      },
    )
    expect(gone).toEqual({ deletion: null, node: null, one: null })
  },
)

test('who may restore and purge is told so, until it is expired or restored', async () => {
  const { ctx, client } = await api.workspace()
  const library = await buildLibrary(ctx)
  const { id } = await trash(ctx, 'BLOCK', library.block)
  const query = 'query ($id: ID!) { deletion(id: $id) { viewerCanRestore viewerCanPurge expired } }'
  const can = async () => (await ask<{ deletion: object }>(client, query, { id })).deletion
  expect(await can()).toEqual({ viewerCanRestore: true, viewerCanPurge: true, expired: false })
  await database.db.pool.query(`update deletions set purge_after = now() where id = $1`, [id])
  expect(await can()).toEqual({ viewerCanRestore: false, viewerCanPurge: true, expired: true })
  await database.db.pool.query(`update deletions set restored_at = now() where id = $1`, [id])
  expect(await can()).toMatchObject({ viewerCanRestore: false, viewerCanPurge: false })
})

test('nobody may restore or purge what was purged and is only reached through what was trashed before it', async () => {
  const { ctx, client } = await api.workspace()
  const library = await buildLibrary(ctx)
  const child = await trash(ctx, 'BLOCK', library.block)
  const book = await trash(ctx, 'BOOK', library.book)
  const query = `query ($id: ID!) { deletion(id: $id) { viewerCanRestore viewerCanPurge
    item { ... on Block { book { trash { deletion { id viewerCanRestore viewerCanPurge } } } } } } }`
  const may = { viewerCanRestore: true, viewerCanPurge: true }
  const through = (deletion: object) => ({
    deletion: { ...may, item: { book: { trash: { deletion: { id: book.id, ...deletion } } } } },
  })
  expect(await ask(client, query, { id: child.id })).toEqual(through(may))
  succeeded(await purgeDeletion(ctx, { deletionId: book.id }))
  const mayNot = { viewerCanRestore: false, viewerCanPurge: false }
  expect(await ask(client, query, { id: child.id })).toEqual(through(mayNot))
})

test('an item is restored and many are trashed, restored and purged over the wire', async () => {
  const { ctx, client } = await api.workspace()
  const [library, other] = [await buildLibrary(ctx), await buildLibrary(ctx)]
  const { trashItems } = await ask<{ trashItems: { results: { deletion: { id: string } }[] } }>(
    client,
    `mutation ($ids: [ID!]!) { trashItems(input: { itemIds: $ids }) { ... on TrashItemsSuccess { succeededCount failedCount
      results { __typename ... on TrashItemSuccess { item { id trash { deletion { id } } } deletion { id } } } } } }`,
    { ids: [library.block.id, library.book.id, 'nothing'] },
  )
  const deletionId = trashItems.results[1]?.deletion.id ?? ''
  expect(trashItems).toMatchObject({
    succeededCount: 2,
    failedCount: 1,
    results: [
      {
        item: { id: library.block.id, trash: { deletion: { id: deletionId } } },
        deletion: { id: deletionId },
      },
      { item: { id: library.book.id } },
      { __typename: 'NotFound' },
    ],
  })
  const asked = { deletionId, itemId: library.block.id, target: { bookId: other.book.id } }
  const preview = `query ($deletionId: ID!, $itemId: ID, $target: RestoreTargetInput) {
    restorePreview(deletionId: $deletionId, itemId: $itemId, target: $target) { restorable itemCount } }`
  expect(await ask(client, preview, asked)).toEqual({ restorePreview: { restorable: true, itemCount: 3 } })
  const input = { itemId: asked.itemId, target: asked.target }
  expect(
    await ask(
      client,
      `mutation ($input: RestoreItemInput!) { restoreItem(input: $input) { ... on RestoreItemSuccess { item { id }
        deletion { itemCount restoredAt } takenFrom { id itemCount } } } }`,
      { input },
    ),
  ).toMatchObject({
    restoreItem: { item: { id: library.block.id }, takenFrom: { id: deletionId, itemCount: 7 } },
  })
  const ids = [deletionId, 'nothing']
  expect(
    await ask(
      client,
      `mutation ($ids: [ID!]!) { restoreDeletions(input: { deletionIds: $ids }) { ... on RestoreDeletionsSuccess {
        succeededCount results { __typename } } } }`,
      { ids },
    ),
  ).toEqual({
    restoreDeletions: {
      succeededCount: 1,
      results: [{ __typename: 'RestoreDeletionSuccess' }, { __typename: 'NotFound' }],
    },
  })
  const again = await trash(ctx, 'BOOK', library.book)
  expect(
    await ask(
      client,
      `mutation ($ids: [ID!]!) { purgeDeletions(input: { deletionIds: $ids }) { ... on PurgeDeletionsSuccess { failedCount
        job { status } results { __typename ... on PurgeDeletionSuccess { deletionId itemCount } } } } }`,
      { ids: [deletionId, again.id] },
    ),
  ).toMatchObject({
    purgeDeletions: {
      failedCount: 1,
      job: {},
      results: [{ __typename: 'NotInTrash' }, { deletionId: again.id, itemCount: 7 }],
    },
  })
})
