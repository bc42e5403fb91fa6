import { beforeAll, expect, test } from 'vitest'
import { updateBlock } from '../../src/usecases/library/blocks.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { succeeded } from '../support/builders.ts'
import { fillLibrary, fillRevisions } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { nodes, plansOf } from '../support/plans.ts'
import { type Statement, statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace; blockId?: string } = {}

// 2,000 blocks with 100 revisions each, in two workspaces.
beforeAll(async () => {
  const { pool, prisma } = database.db
  for (let count = 0; count < 2; count += 1) {
    opened.workspace = await api.workspace()
    const { workspaceId } = opened.workspace.ctx.actor
    await fillLibrary(pool, workspaceId, { shelves: 5, books: 10, blocks: 20, images: 0 })
    await fillRevisions(pool, workspaceId, 99)
    const block = await prisma.block.findFirstOrThrow({ where: { workspaceId }, skip: 500 })
    opened.blockId = block.id
  }
  await pool.query('analyze')
}, 120_000)

function here() {
  const { workspace, blockId } = opened
  if (!workspace || !blockId) throw new Error('It is there from beforeAll on.')
  return { ...workspace, blockId }
}

/** What of the plans of statements looks at more than what is asked for. */
async function found(statements: readonly Statement[]) {
  const about = statements.filter(({ text }) => text.includes('block_revisions'))
  expect(about.length).toBeGreaterThan(0)
  const client = await database.db.pool.connect()
  try {
    const bad: string[] = []
    for (const statement of about)
      for (const node of (await plansOf(client, statement)).flatMap(nodes)) {
        const scan = ['Seq Scan', 'Bitmap Heap Scan'].includes(node['Node Type'])
        const sort = node['Node Type'] === 'Sort' && node['Plan Rows'] > 300
        if ((scan && node['Relation Name']?.startsWith('block')) || sort)
          bad.push(`${node['Node Type']}: ${statement.text}`)
      }
    return bad
  } finally {
    client.release(true)
  }
}

test.each([
  ['the revisions of one block', '{ block(id: "BLOCK") { revisions(first: 100) { nodes { content } } } }'],
  ['the oldest of them', '{ block(id: "BLOCK") { revisions(last: 10) { nodes { content } } } }'],
  [
    'the revisions of 100 blocks',
    '{ blocks(first: 100) { nodes { revisions(first: 5) { nodes { number } } } } }',
  ],
  ['how many there are', '{ block(id: "BLOCK") { revisions { totalCount } } }'],
  [
    'single revisions',
    '{ a: blockRevision(blockId: "BLOCK", number: 7) { content } b: blockRevision(blockId: "BLOCK", number: 100) { content } }',
  ],
])('%s are read by the key', async (_what, query) => {
  const { client, blockId } = here()
  expect(await found(await statementsOf(() => ask(client, query.replaceAll('BLOCK', blockId))))).toEqual([])
})

test('a page after a cursor is read by the key', async () => {
  const { client, blockId } = here()
  const page = (given: string) =>
    `{ block(id: "${blockId}") { revisions(${given}) { pageInfo { endCursor } } } }`
  interface Page {
    block: { revisions: { pageInfo: { endCursor: string } } }
  }
  const { block } = await ask<Page>(client, page('first: 50'))
  const next = page(`first: 20, after: "${block.revisions.pageInfo.endCursor}"`)
  expect(await found(await statementsOf(() => ask(client, next)))).toEqual([])
})

test('a change keeps the text before and removes the oldest by the key, in one statement', async () => {
  const { ctx, blockId } = here()
  const sent = await statementsOf(async () => {
    succeeded(await updateBlock(ctx, { blockId, content: 'The 101st text' }))
  })
  expect(sent.filter(({ text }) => text.includes('block_revisions'))).toHaveLength(1)
  expect(await found(sent)).toEqual([])
  const { workspaceId } = ctx.actor
  const kept = await ctx.db.prisma.blockRevision.aggregate({ where: { workspaceId, blockId }, _count: true, _min: { number: true } }) // prettier-ignore
  expect(kept).toEqual({ _count: 99, _min: { number: 2 } })
})
