import { beforeAll, expect, test } from 'vitest'
import { checkTags } from '../../src/usecases/tags/check-tags.ts'
import { planPurge } from '../../src/usecases/trash/plan-purge.ts'
import { purgeTrash } from '../../src/usecases/trash/run-purge.ts'
import { workspacesToPurge } from '../../src/db/trash/due-deletions.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { dueWorkspaces } from '../../src/db/trash/trashed-workspaces.ts'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { purgeWorkspace } from '../../src/usecases/trash/purge-workspace.ts'
import { trashWorkspace } from '../../src/usecases/trash/trash-workspace.ts'
import { buildBook, buildCtx, buildTag, removeTemporaryFolders, succeeded } from '../support/builders.ts'
import { fillCheckpoints, fillLibrary } from '../support/bulk.ts'
import { useDatabase } from '../support/database.ts'
import { nodes, type Plan, plansOf } from '../support/plans.ts'
import { fillBlocks } from '../support/trash/purging.ts'
import { statementsOf } from '../support/statements.ts'
import { buildChain } from '../support/tags/tags.ts'

const database = useDatabase()
removeTemporaryFolders()
const opened: { ctx?: Ctx } = {}

/** A library beside it, 100,000 blocks of which each has a tag, and 50,000 deletions of which some are due. */
beforeAll(async () => {
  const { pool } = database.db
  const ctx = await buildCtx(database.db)
  opened.ctx = ctx
  const [book, tag] = [await buildBook(ctx), await buildTag(ctx)]
  await fillLibrary(pool, ctx.actor.workspaceId, { shelves: 300, books: 4, blocks: 6, images: 1 })
  await fillCheckpoints(pool, ctx.actor.workspaceId, { checkpoints: 4, markers: 4 })
  await fillBlocks(ctx, book, 100_000, tag)
  await pool.query(
    `insert into deletions (workspace_id, id, kind, item_id, item_count, deleted_at, deleted_by, path, purge_after, parent_kind, parent_id)
     select $1, gen_random_uuid(), 'BLOCK', id, 1, now() + n * interval '1 second', 'owner', '{}', now() + n * interval '1 day', 'BOOK', gen_random_uuid()
     from (select id, row_number() over () as n from blocks where workspace_id = $1 and book_id = $2 limit 50000) as item`,
    [ctx.actor.workspaceId, book.id],
  )
  await pool.query(
    `update blocks set deletion_id = deletions.id from deletions
     where deletions.workspace_id = $1 and blocks.workspace_id = $1 and blocks.id = deletions.item_id`,
    [ctx.actor.workspaceId],
  )
  await pool.query('update tags set block_count = 50000, usage_count = 50000 where id = $1', [tag.id])
  await pool.query(
    'update workspaces set used_bytes = (select sum(size_bytes) from blobs where workspace_id = $1) where id = $1',
    [ctx.actor.workspaceId],
  )
  await pool.query('analyze')
}, 120_000)

const here = () => {
  if (!opened.ctx) throw new Error('It is there from beforeAll on.')
  return opened.ctx
}

/** The statements of `work` that read a table that is not small from its beginning to its end, and how many there were. */
async function scansOf(work: () => Promise<unknown>) {
  const statements = new Map(
    (await statementsOf(work))
      .filter(({ text }) => /^\s*(with|select|update|delete)/i.test(text) && !text.includes('advisory'))
      .map((statement) => [statement.text, statement]),
  )
  const client = await database.db.pool.connect()
  try {
    const { rows } = await client.query<{ relname: string }>(
      'select relname from pg_class where reltuples > 1000',
    )
    const large = new Set(rows.map(({ relname }) => relname))
    const isScan = (node: Plan) => node['Node Type'] === 'Seq Scan' && large.has(node['Relation Name'] ?? '')
    const bad = new Set<string>()
    for (const statement of statements.values()) {
      const [own, ...general] = await plansOf(client, statement)
      // How much is due is counted with a plan for its time only.
      const plans = statement.text.includes('item_count from deletions') ? [own] : [own, ...general]
      for (const node of plans.flatMap((plan) => (plan ? nodes(plan) : [])).filter(isScan))
        bad.add(`${node['Relation Name']}: ${statement.text}`)
    }
    return { bad: [...bad], count: statements.size }
  } finally {
    client.release(true)
  }
}

/** Makes deletions due, and no others of the kinds. */
const makeDue = (ctx: Ctx, ids: readonly string[]) =>
  ctx.db.prisma.deletion.updateMany({
    where: { itemId: { in: [...ids] } },
    data: { purgeAfter: new Date(0) },
  })

test('what is due is counted and found by indexes', async () => {
  const ctx = here()
  const at = new Date(ctx.now().getTime() + 20.5 * 86_400_000)
  const { bad } = await scansOf(async () => {
    expect(await planPurge(ctx, { expiredAt: at })).toMatchObject({ deletions: 20, items: 20 })
    await planPurge(ctx, { trashedUntil: ctx.now() })
    expect(await workspacesToPurge(ctx.db, at)).toEqual([ctx.actor.workspaceId])
  })
  expect(bad).toEqual([])
})

test('every statement of a purge of all kinds finds its rows by an index', async () => {
  const ctx = here()
  const where = { workspaceId: ctx.actor.workspaceId, deletionId: null }
  const shelf = await ctx.db.prisma.bookshelf.findFirstOrThrow({ where: { ...where, name: 'Shelf 3' } })
  const book = await ctx.db.prisma.book.findFirstOrThrow({
    where: { ...where, bookshelf: { name: 'Shelf 5' } },
  })
  const block = await ctx.db.prisma.block.findFirstOrThrow({ where: { ...where, bookId: book.id } })
  const [tag] = await buildChain(ctx, ['Top', 'Inner'])
  // The block that was trashed first is not due: its book stays as a tombstone.
  succeeded(await trashItem(ctx, { kind: 'BLOCK', id: block.id }))
  succeeded(await trashItem(ctx, { kind: 'BOOK', id: book.id }))
  succeeded(await trashItem(ctx, { kind: 'BOOKSHELF', id: shelf.id }))
  succeeded(await trashItem(ctx, { kind: 'TAG', id: tag?.id ?? '' }))
  await makeDue(ctx, [book.id, shelf.id, tag?.id ?? ''])
  const { bad, count } = await scansOf(async () => {
    const report = await purgeTrash(ctx, { due: { expiredAt: new Date(1) } })
    expect(report).toMatchObject({ deletionCount: 2, heldItemCount: 1 })
    expect(report.itemCount).toBeGreaterThan(150)
  })
  expect(count).toBeGreaterThan(30)
  expect(bad).toEqual([])
})

test('a tag on 100,000 blocks lets go of them some at a time, by indexes', async () => {
  const ctx = here()
  const tag = await ctx.db.prisma.tag.findFirstOrThrow({ where: { usageCount: { gt: 1_000 } } })
  succeeded(await trashItem(ctx, { kind: 'TAG', id: tag.id }))
  await makeDue(ctx, [tag.id])
  const stopping = new AbortController()
  let batches = 0
  const onProgress = () => {
    batches += 1
    if (batches === 5) stopping.abort()
  }
  const due = { expiredAt: new Date(1) }
  const { bad } = await scansOf(() => purgeTrash(ctx, { due, signal: stopping.signal, onProgress }))
  expect(bad).toEqual([])
  expect(await ctx.db.prisma.tagAssociation.count({ where: { tagId: tag.id } })).toBe(95_000)
  expect(await checkTags(ctx)).toEqual([])
})

test('a purge of a whole workspace finds its rows by an index, from the first batch to the last', async () => {
  const ctx = here()
  const operator = { ...ctx, actor: { ...ctx.actor, workspaceId: defaultWorkspaceId } }
  const { workspaceId } = ctx.actor
  // Beside many rows of another one.
  const other = await buildCtx(database.db)
  await fillLibrary(database.db.pool, other.actor.workspaceId, {
    shelves: 300,
    books: 4,
    blocks: 6,
    images: 1,
  })
  succeeded(await trashWorkspace(ctx, { confirmName: 'Test' }))
  await database.db.pool.query(`update workspaces set purge_after = now() where id = $1`, [workspaceId])
  await database.db.pool.query('analyze')
  const later = { ...operator, now: () => new Date(ctx.now().getTime() + 60_000) }
  const { bad, count } = await scansOf(async () => {
    expect(await dueWorkspaces(ctx.db, later.now())).toHaveLength(1)
    const late = { ...later, databaseNow: () => Promise.resolve(later.now()) }
    expect(await purgeWorkspace(late, { trashedId: workspaceId, force: true })).toMatchObject({
      outcome: 'REMOVED',
    })
  })
  expect(count).toBeGreaterThan(30)
  // The size is counted once, from all rows.
  expect(bad.filter((statement) => !statement.includes('sum(count)'))).toEqual([])
}, 120_000)
