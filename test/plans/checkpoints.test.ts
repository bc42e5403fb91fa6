import { beforeAll, expect, test } from 'vitest'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { ask, useApi, type Workspace } from '../support/api.ts'
import { buildMarker, succeeded } from '../support/builders.ts'
import { fillCheckpoints, fillLibrary } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { nodes, type Plan, plansOf } from '../support/plans.ts'
import { type Statement, statementsOf } from '../support/statements.ts'

const database = useDatabase()
const api = useApi(database)
const opened: { workspace?: Workspace; bookId?: string; checkpointId?: string } = {}

// 16,000 checkpoints with 64,000 markers, in four workspaces.
beforeAll(async () => {
  const { pool, prisma } = database.db
  for (let count = 0; count < 4; count += 1) {
    opened.workspace = await api.workspace()
    const { workspaceId } = opened.workspace.ctx.actor
    await fillLibrary(pool, workspaceId, { shelves: 100, books: 10, blocks: 1, images: 0 })
    await fillCheckpoints(pool, workspaceId, { checkpoints: 4, markers: 4 })
  }
  const { workspaceId } = here().workspace.ctx.actor
  const where = { workspaceId }
  const checkpoint = await prisma.checkpoint.findFirstOrThrow({ where, orderBy: { id: 'desc' } })
  Object.assign(opened, { checkpointId: checkpoint.id, bookId: checkpoint.bookId })
  await pool.query('analyze')
}, 120_000)

function here() {
  const { workspace, bookId = '', checkpointId = '' } = opened
  if (!workspace) throw new Error('It is there from beforeAll on.')
  return { workspace, bookId, checkpointId }
}

const isScan = (node: Plan) =>
  node['Node Type'] === 'Seq Scan' &&
  !['workspaces', '_prisma_migrations'].includes(node['Relation Name'] ?? '')

/** What of the plans of statements `isBad` says must not be there, with the statement. */
async function found(statements: readonly Statement[], isBad: (node: Plan) => boolean) {
  expect(statements.length).toBeGreaterThan(0)
  const client = await database.db.pool.connect()
  try {
    const bad: string[] = []
    for (const statement of statements) {
      const plans = await plansOf(client, statement)
      for (const node of plans.flatMap(nodes).filter(isBad))
        bad.push(`${node['Node Type']}: ${statement.text}`)
    }
    return bad
  } finally {
    client.release(true)
  }
}

async function reads(query: string) {
  const { workspace, bookId, checkpointId } = here()
  const text = query.replaceAll('A_BOOK', bookId).replaceAll('A_CHECKPOINT', checkpointId)
  const statements = await statementsOf(() => ask(workspace.client, text))
  return statements.filter((statement) => /^\s*select/i.test(statement.text))
}

test.each(
  ['REACHED_AT', 'TITLE', 'CREATED_AT', 'UPDATED_AT'].flatMap((field) =>
    ['ASC', 'DESC'].map((direction) => `{ field: ${field}, direction: ${direction} }`),
  ),
)('checkpoints by %s are read in order from an index', async (order) => {
  const page = (args: string) =>
    `{ checkpoints(orderBy: ${order} ${args}) { nodes { id } pageInfo { endCursor } } }`
  const data = await ask<{ checkpoints: { pageInfo: { endCursor: string } } }>(
    here().workspace.client,
    page('first: 10'),
  )
  const cursor = data.checkpoints.pageInfo.endCursor
  const sorts = (node: Plan) => isScan(node) || (node['Node Type'] === 'Sort' && node['Plan Rows'] > 100)
  for (const args of [
    'first: 100',
    'last: 100',
    `first: 20 after: "${cursor}"`,
    `last: 20 before: "${cursor}"`,
  ])
    expect(await found(await reads(page(args)), sorts)).toEqual([])
})

test.each([
  'checkpoints(where: { bookId: "A_BOOK" }) { totalCount nodes { id } }',
  'checkpoints(where: { bookId: "A_BOOK" } orderBy: { field: TITLE }) { totalCount nodes { id } }',
  'checkpoints(where: { reachedSince: "2026-02-01T00:00:00Z", reachedBefore: "2026-02-02T00:00:00Z" }) { totalCount nodes { id } }',
  'checkpoints(where: { updatedSince: "2090-01-01T00:00:00Z" }) { totalCount nodes { id } }',
  'books { nodes { checkpoints(first: 5) { totalCount nodes { markers(first: 5) { totalCount nodes { title } } } } } }',
  'books { nodes { checkpoints(last: 5) { nodes { markers(last: 5) { nodes { title images { url } } } } } } }',
  'checkpoint(id: "A_CHECKPOINT") { book { title } markers { nodes { checkpoint { id } } } }',
  'checkpointMarker(id: "A_CHECKPOINT") { id }',
])('%s is read by indexes', async (field) => {
  expect(await found(await reads(`{ ${field} }`), isScan)).toEqual([])
})

test.each(['BOOKSHELF', 'BOOK', 'CHECKPOINT'] as const)(
  'a %s finds its checkpoints and markers by indexes on its way into the trash and out of it',
  async (kind) => {
    const { ctx } = await api.workspace()
    const { checkpointId } = await buildMarker(ctx)
    const checkpoint = await ctx.db.prisma.checkpoint.findFirstOrThrow({
      where: { id: checkpointId },
      include: { book: true },
    })
    const id = { BOOKSHELF: checkpoint.book.bookshelfId, BOOK: checkpoint.bookId, CHECKPOINT: checkpointId }[
      kind
    ]
    const statements = await statementsOf(async () => {
      const { deletion } = succeeded(await trashItem(ctx, { kind, id }))
      expect(deletion.itemCount).toBeGreaterThanOrEqual(2)
      succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
    })
    const updates = statements.filter(({ text }) => /^update checkpoint/.test(text))
    expect(updates).toHaveLength(4)
    expect(await found(updates, isScan)).toEqual([])
  },
)
