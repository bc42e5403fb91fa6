import { beforeAll, expect, test } from 'vitest'
import { indexLibrary } from '../../src/usecases/search/index-library.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { fillCheckpoints, fillLibrary } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { costOf, nodes, type Plan, plansOf } from '../support/plans.ts'
import { statementsOf } from '../support/statements.ts'
import { fillTags } from '../support/tags/tagged-library.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace; shelfId?: string } = {}

const authoredTables = ['bookshelves', 'books', 'blocks', 'checkpoints', 'tags']

// 8,000 books with 32,000 blocks in four workspaces, all of them indexed, and activity of 4,000 of the books.
beforeAll(async () => {
  const { pool, prisma } = database.db
  for (let count = 0; count < 4; count += 1) {
    opened.workspace = await api.workspace()
    const { workspaceId } = opened.workspace.ctx.actor
    await fillLibrary(pool, workspaceId, { shelves: 200, books: 10, blocks: 4, images: 0 })
    await fillCheckpoints(pool, workspaceId, { checkpoints: 2, markers: 2 })
    await fillTags(pool, workspaceId, { tags: 500, top: 50, below: 5 })
    await pool.query(
      `insert into search_backfills (workspace_id, entity_type)
       select $1, type from unnest(enum_range(null::searchable_type)) as type where type <> 'MEDIA'
       on conflict do nothing`,
      [workspaceId],
    )
  }
  const { ctx } = here().workspace
  while ((await prisma.searchBackfill.count()) > 0) await indexLibrary(ctx, 1_000)
  await pool.query(
    `insert into activities (workspace_id, item_id, at, id)
     select workspace_id, id, now(), gen_random_uuid() from books where right(title, 1) in ('1', '2', '3', '4', '5')`,
  )
  const { workspaceId } = ctx.actor
  opened.shelfId = (await prisma.bookshelf.findFirstOrThrow({ where: { workspaceId } })).id
  // In the other workspaces everything is Ada's, and in this one nothing.
  for (const table of authoredTables)
    await pool.query(`update ${table} set created_by = 'ada' where workspace_id <> $1`, [workspaceId])
  await pool.query('vacuum analyze')
}, 300_000)

function here() {
  const { workspace, shelfId = '' } = opened
  if (!workspace) throw new Error('It is there from beforeAll on.')
  return { workspace, shelfId }
}

// Each row of them stands for thousands, or stays for seconds.
const small = ['workspaces', 'search_segments', 'activities']

/** What of the plans of a query's statements reads a whole table. */
async function scans(query: string) {
  const { workspace, shelfId } = here()
  const statements = await statementsOf(() => ask(workspace.client, query.replaceAll('A_SHELF', shelfId)))
  const reads = statements.filter(({ text }) => /^\s*select/i.test(text))
  expect(reads.length).toBeGreaterThan(0)
  const isScan = (node: Plan) =>
    node['Node Type'] === 'Seq Scan' && !small.includes(node['Relation Name'] ?? '')
  const client = await database.db.pool.connect()
  try {
    const bad: string[] = []
    for (const statement of reads)
      for (const node of (await plansOf(client, statement)).flatMap(nodes).filter(isScan))
        bad.push(`${node['Relation Name']}: ${statement.text}`)
    return bad
  } finally {
    client.release(true)
  }
}

test.each(
  authoredTables.flatMap((list) =>
    ['ada', 'owner', 'nobody'].flatMap((actor) =>
      ['CREATED_AT', 'UPDATED_AT'].map((field) => [list, actor, field] as const),
    ),
  ),
)('%s that %s created, by %s, cost no more than all those of one actor', async (list, actor, field) => {
  const where = `where: { createdBy: "${actor}" }`
  const query = `{ ${list}(first: 10 ${where} orderBy: { field: ${field}, direction: DESC }) { nodes { id } } }`
  const statements = await statementsOf(() => ask(here().workspace.client, query))
  for (const statement of statements.filter(({ text }) => text.includes(`from ${list}`))) {
    const { pages, scans } = await costOf(database.db.pool, statement)
    expect(scans).toEqual([])
    expect(pages).toBeLessThan(actor === 'owner' ? 8_000 : 500)
  }
})

const far = '"2090-01-01T00:00:00Z"'

test.each([
  'bookshelves(where: { text: "shelf 77" })',
  'books(where: { any: [{ createdBy: "ada" }, { hasCover: true }], not: { createdBy: "bob" } })',
  'bookshelves(where: { any: [{ text: "shelf 77" }, { hasCover: false }] })',
  `bookshelves(where: { createdSince: ${far} })`,
  `bookshelves(where: { lastActivitySince: ${far} } orderBy: { field: LAST_ACTIVITY_AT, direction: DESC })`,
  'books(where: { text: "book 1234" })',
  'books(where: { text: "book" } orderBy: { field: TITLE })',
  'books(where: { hasCover: false, statuses: [DONE] })',
  `books(where: { createdSince: ${far} } orderBy: { field: TITLE })`,
  `books(where: { createdBefore: "2000-01-01T00:00:00Z" })`,
  `books(where: { updatedBefore: "2000-01-01T00:00:00Z" } orderBy: { field: TITLE })`,
  `books(where: { lastActivitySince: ${far} } orderBy: { field: TITLE })`,
  `books(where: { lastActivityBefore: "2000-01-01T00:00:00Z" })`,
  'books(where: { not: { text: "book" } })',
  'books(where: { any: [{ statuses: [DONE] }, { text: "book 12" }], not: { hasCover: true } } orderBy: { field: UPDATED_AT })',
  'books(where: { bookshelfId: "A_SHELF", any: [{ statuses: [DONE] }, { text: "book 12" }] } orderBy: { field: POSITION })',
  'blocks(where: { text: "block 4321" })',
  'blocks(where: { text: "block", kinds: [CODE] } orderBy: { field: UPDATED_AT })',
  `blocks(where: { createdSince: ${far} })`,
  'checkpoints(where: { text: "checkpoint 77" })',
  'checkpoints(where: { not: { text: "checkpoint 7" } } orderBy: { field: TITLE })',
  'tags(where: { text: "tag 7" })',
  `tags(where: { any: [{ createdSince: ${far} }, { topLevel: true }] })`,
])('%s is read and counted by indexes', async (list) => {
  expect(await scans(`{ ${list} { nodes { id } totalCount } }`)).toEqual([])
})

test.each([
  '{ bookshelves { nodes { books(where: { text: "book 12" }) { totalCount statusCounts { count } nodes { id } } } } }',
  '{ bookshelves(first: 5) { nodes { books(orderBy: { field: LAST_ACTIVITY_AT, direction: DESC }) { nodes { lastActivityAt } } } } }',
  '{ books(first: 50) { nodes { blocks(where: { kinds: [CODE] }) { kindCounts { count } nodes { id } } checkpoints(where: { text: "checkpoint" }) { nodes { markers(orderBy: { field: CREATED_AT }) { nodes { id } } } } } } }',
  '{ books { statusCounts { count } } blocks { kindCounts { count } } }',
  '{ recentItems(first: 100) { nodes { ... on Book { lastActivityAt } } } }',
])('%s is read by indexes', async (query) => {
  expect(await scans(query)).toEqual([])
})
