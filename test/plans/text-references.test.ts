import { beforeAll, expect, test } from 'vitest'
import { whyKept } from '../../src/usecases/upkeep/why-kept.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { fillLibrary } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { nodes, plansOf } from '../support/plans.ts'
import { type Statement, statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace; blockId?: string; bookId?: string; mediaId?: string } = {}

// Two workspaces of 20,000 blocks, each of which names ten items; all of them name the same book.
beforeAll(async () => {
  const { pool, prisma } = database.db
  for (let count = 0; count < 2; count += 1) {
    opened.workspace = await api.workspace()
    const { workspaceId } = opened.workspace.ctx.actor
    await fillLibrary(pool, workspaceId, { shelves: 20, books: 20, blocks: 50, images: 1 })
    await pool.query(
      `insert into text_references (workspace_id, block_id, place, target_type, target_id, text)
       select workspace_id, block_id, row_number() over (partition by block_id order by type, target_id) - 1, type,
         target_id, 'a'
       from (
         select b.workspace_id, b.id as block_id, 'BOOK'::reference_type as type, book.id as target_id
         from blocks b, (select id from books where workspace_id = $1 order by id limit 1) book where workspace_id = $1
         union all
         select b.workspace_id, b.id, 'MEDIA', m.id from (
           select workspace_id, id, row_number() over (order by id) as n from blocks where workspace_id = $1) b
         join (select id, row_number() over (order by id) as n from media where workspace_id = $1) m
           on m.n between b.n + 1 and b.n + 9) named`,
      [workspaceId],
    )
    const where = { workspaceId }
    const first = { where, orderBy: { id: 'asc' } } as const
    opened.blockId = (await prisma.block.findFirstOrThrow({ where, skip: 500 })).id
    opened.bookId = (await prisma.book.findFirstOrThrow(first)).id
    opened.mediaId = (await prisma.media.findFirstOrThrow({ ...first, skip: 5_000 })).id
  }
  await pool.query('vacuum analyze')
}, 120_000)

function here() {
  const { workspace, blockId = '', bookId = '', mediaId = '' } = opened
  if (!workspace) throw new Error('It is there from beforeAll on.')
  return { ...workspace, blockId, bookId, mediaId }
}

/** What of the plans of statements reads a whole table, or sorts more than a page or two. */
async function found(statements: readonly Statement[]) {
  const about = statements.filter(({ text }) => text.includes('text_references'))
  expect(about.length).toBeGreaterThan(0)
  const client = await database.db.pool.connect()
  try {
    const bad: string[] = []
    for (const statement of about)
      for (const node of (await plansOf(client, statement)).flatMap(nodes)) {
        const name = node['Relation Name'] ?? ''
        const scan = node['Node Type'] === 'Seq Scan' && ['text_references', 'blocks', 'media'].includes(name)
        const sort = node['Node Type'] === 'Sort' && node['Plan Rows'] > 2_000
        if (scan || sort) bad.push(`${node['Node Type']}: ${statement.text}`)
      }
    return bad
  } finally {
    client.release(true)
  }
}

test.each([
  [
    'what one block names',
    '{ block(id: "BLOCK") { references(first: 100) { totalCount nodes { itemId } } } }',
  ],
  ['what 100 blocks name', '{ blocks(first: 100) { nodes { references(first: 5) { nodes { itemId } } } } }'],
  [
    'what names a book that all blocks name',
    '{ book(id: "BOOK") { referencedBy(first: 100) { nodes { id } } } }',
  ],
  ['the oldest of them', '{ book(id: "BOOK") { referencedBy(last: 10) { nodes { id } } } }'],
  ['what names a media item', '{ media(id: "MEDIA") { referencedBy { totalCount nodes { content } } } }'],
])('%s is read by the index', async (_what, query) => {
  const { client, blockId, bookId, mediaId } = here()
  const text = query.replace('BLOCK', blockId).replace('BOOK', bookId).replace('MEDIA', mediaId)
  expect(await found(await statementsOf(() => ask(client, text)))).toEqual([])
})

test('which texts name a file is read by the index', async () => {
  const { ctx, mediaId } = here()
  expect(await found(await statementsOf(() => whyKept(ctx, { mediaId })))).toEqual([])
})
