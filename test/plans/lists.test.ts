import { beforeAll, expect, test } from 'vitest'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { succeeded } from '../support/builders.ts'
import { fillCheckpoints, fillLibrary } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { nodes, type Plan, plansOf } from '../support/plans.ts'
import { statementsOf } from '../support/statements.ts'
import { fillTags } from '../support/tags/tagged-library.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace; shelfId?: string; bookId?: string } = {}

// 22,400 books with 112,000 blocks and 137,600 pictures, in eight workspaces.
const workspaces = 8
const size = { shelves: 400, books: 7, blocks: 5, images: 1 }

beforeAll(async () => {
  const { pool, prisma } = database.db
  for (let count = 0; count < workspaces; count += 1) {
    opened.workspace = await api.workspace()
    await fillLibrary(pool, opened.workspace.ctx.actor.workspaceId, size)
    await fillCheckpoints(pool, opened.workspace.ctx.actor.workspaceId, { checkpoints: 1, markers: 1 })
    await fillTags(pool, opened.workspace.ctx.actor.workspaceId, { tags: 1_000, top: 50, below: 5 })
  }
  const { workspaceId } = here().workspace.ctx.actor
  const book = await prisma.book.findFirstOrThrow({ where: { workspaceId }, orderBy: { id: 'desc' } })
  Object.assign(opened, { shelfId: book.bookshelfId, bookId: book.id })
  // As many again that were trashed and restored before.
  await pool.query(
    `insert into deletions (workspace_id, id, kind, item_id, item_count, deleted_at, deleted_by, position, path,
       purge_after, restored_at)
     select workspace_id, id, 'BOOK', id, 1, now() - interval '1 day', 'owner', position, array['x'], now(),
       case when random() < 0.5 then now() end
     from books`,
  )
  await pool.query(
    `insert into jobs (workspace_id, id, name, payload, status, requested_by, created_at)
     select workspace_id, id, 'purge-trash', '{}', 'DONE', 'owner', now() from bookshelves`,
  )
  await pool.query(
    `insert into media_events (workspace_id, id, chain_id, request_id, step, operation, actor_id, media_ids, occurred_at)
     select workspace_id, id, id, id, 'REQUEST', 'UPLOAD', 'owner', '{}', now() from books`,
  )
  const some = await prisma.book.findMany({ where: { workspaceId }, take: 20, orderBy: { id: 'asc' } })
  for (const { id } of some) succeeded(await trashItem(here().workspace.ctx, { kind: 'BOOK', id }))
  await pool.query('analyze')
}, 120_000)

function here() {
  const { workspace, shelfId = '', bookId = '' } = opened
  if (!workspace) throw new Error('It is there from beforeAll on.')
  return { workspace, shelfId, bookId }
}

// Activities are added up within seconds.
const small = ['workspaces', 'activities', '_prisma_migrations']
/** What of the plans of a query's statements `isBad` says must not be there, with the statement. */
async function found(query: string, isBad: (node: Plan) => boolean) {
  const { workspace, shelfId, bookId } = here()
  const text = query.replaceAll('A_SHELF', shelfId).replaceAll('A_BOOK', bookId)
  const statements = await statementsOf(() => ask(workspace.client, text))
  const reads = statements.filter((statement) => /^\s*select/i.test(statement.text))
  expect(reads.length).toBeGreaterThan(0)
  const client = await database.db.pool.connect()
  try {
    const bad: string[] = []
    for (const statement of reads) {
      const plans = await plansOf(client, statement)
      for (const node of plans.flatMap(nodes).filter(isBad))
        bad.push(`${node['Node Type']}: ${statement.text}`)
    }
    return bad
  } finally {
    client.release(true)
  }
}

const isScan = (node: Plan) =>
  node['Node Type'] === 'Seq Scan' && !small.includes(node['Relation Name'] ?? '')
const scans = (query: string) => found(query, isScan)

/** Sorts of more than a page, too; an incremental one sorts only what has equal keys. */
const sorts = (query: string) =>
  found(query, (node) => isScan(node) || (node['Node Type'] === 'Sort' && node['Plan Rows'] > 100))

const orders = {
  bookshelves: ['POSITION', 'NAME', 'CREATED_AT', 'UPDATED_AT', 'LAST_ACTIVITY_AT'],
  books: ['TITLE', 'CREATED_AT', 'UPDATED_AT', 'LAST_ACTIVITY_AT'],
  blocks: ['CREATED_AT', 'UPDATED_AT'],
}
const ordered = Object.entries(orders).flatMap(([list, fields]) =>
  fields.flatMap((field) =>
    ['ASC', 'DESC'].map((way) => [list, `{ field: ${field}, direction: ${way} }`] as const),
  ),
)

test.each(ordered)(
  '%s by %s are read in order from an index, the first page and the ones after it',
  async (list, order) => {
    const { client } = here().workspace
    const page = (args: string) =>
      `{ ${list}(orderBy: ${order} ${args}) { nodes { id } pageInfo { endCursor } } }`
    const data = await ask<Record<string, { pageInfo: { endCursor: string } }>>(client, page('first: 10'))
    const cursor = data[list]?.pageInfo.endCursor ?? ''
    for (const args of [
      'first: 100',
      'last: 100',
      `first: 20 after: "${cursor}"`,
      `last: 20 before: "${cursor}"`,
    ]) {
      expect(await sorts(page(args))).toEqual([])
    }
  },
)

test.each([
  'bookshelves(where: { updatedSince: "2020-01-01T00:00:00Z" })',
  'books(where: { bookshelfId: "A_SHELF" })',
  'books(where: { bookshelfId: "A_SHELF" } orderBy: { field: POSITION })',
  'books(where: { bookshelfId: "A_SHELF" } orderBy: { field: TITLE, direction: DESC })',
  'books(where: { statuses: [DRAFT] })',
  'books(where: { statuses: [DRAFT, DONE] } orderBy: { field: TITLE })',
  'books(where: { updatedSince: "2020-01-01T00:00:00Z" })',
  'books(where: { updatedSince: "2090-01-01T00:00:00Z" } orderBy: { field: UPDATED_AT })',
  'blocks(where: { bookId: "A_BOOK" })',
  'blocks(where: { bookId: "A_BOOK" } orderBy: { field: POSITION, direction: DESC })',
  'blocks(where: { kinds: [HEADING] })',
  'blocks(where: { kinds: [HEADING, CODE], updatedSince: "2020-01-01T00:00:00Z" } orderBy: { field: UPDATED_AT })',
  'trash',
  'trash(last: 10)',
  'trash(where: { types: [BOOK] })',
  'trash(where: { types: [BLOCK, MEDIA] })',
])('%s is read and counted by an index', async (list) => {
  expect(await scans(`{ ${list} { nodes { id } totalCount } }`)).toEqual([])
})

test.each([
  [
    'whole shelves',
    '{ bookshelves { nodes { cover { url } books { totalCount nodes { cover { url } blocks(first: 10) { totalCount nodes { images { url } } } } } } } }',
  ],
  [
    'nested pages from the end',
    '{ bookshelves { nodes { books(last: 5) { nodes { blocks(last: 5) { nodes { id } } } } } } }',
  ],
  ['the way up', '{ blocks(first: 50) { nodes { book { bookshelf { id } } images { owner { id } } } } }'],
  [
    'the trash with its items and where they were',
    '{ trash(first: 20) { nodes { item { id trash { deletion { id } } } deletedFrom { parent { id } } } } }',
  ],
  [
    'one of each',
    '{ bookshelf(id: "A_SHELF") { id cover { id } } book(id: "A_BOOK") { id cover { id } } block(id: "A_BOOK") { id } media(id: "A_BOOK") { id } deletion(id: "A_BOOK") { id } }',
  ],
  [
    'what was recently worked on',
    '{ recentItems { totalCount nodes { ... on Book { lastActivityAt } ... on Bookshelf { lastActivityAt } } } }',
  ],
  ['nodes', '{ nodes(ids: ["A_SHELF", "A_BOOK"]) { id } }'],
  ['the workspaces', '{ workspace { id } workspaces { totalCount nodes { id } } }'],
])('%s are read by indexes', async (_what, query) => {
  expect(await scans(query)).toEqual([])
})

test('nested pages from a cursor on are read by indexes', async () => {
  const { client } = here().workspace
  interface Nested {
    bookshelf: { books: { pageInfo: { endCursor: string } } }
  }
  const { shelfId } = here()
  const data = await ask<Nested>(
    client,
    `{ bookshelf(id: "${shelfId}") { books(first: 5) { pageInfo { endCursor } } } }`,
  )
  const cursor = data.bookshelf.books.pageInfo.endCursor
  expect(
    await scans(`{ bookshelves(last: 50) { nodes { books(after: "${cursor}") { nodes { id } } } } }`),
  ).toEqual([])
})

test('a statement without an index would be found', async () => {
  const client = await database.db.pool.connect()
  const [plan] = await plansOf(client, { text: 'select id from books where summary = $1', values: ["it's"] })
  client.release(true)
  expect(plan && nodes(plan).map((node) => node['Node Type'])).toContain('Seq Scan')
})
