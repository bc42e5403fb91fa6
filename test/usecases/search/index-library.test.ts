import { expect, test } from 'vitest'
import { transact } from '../../../src/db/client.ts'
import { indexMissingDocuments, takeBackfill } from '../../../src/db/search/documents.ts'
import { updateBlock } from '../../../src/usecases/library/blocks.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { continueIndexing, indexLibrary } from '../../../src/usecases/search/index-library.ts'
import { buildBlock, buildCtx, buildTag, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { fillLibrary } from '../../support/bulk.ts'
import { useDatabase } from '../../support/database.ts'
import { hits } from '../../support/search/searching.ts'
import { untilWaiting } from '../../support/waiting.ts'

const database = useDatabase()
removeTemporaryFolders()

const size = { shelves: 2, books: 3, blocks: 50, images: 0 }

/** A library from before there was an index, with the work that the migration leaves. */
async function oldLibrary() {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  await fillLibrary(database.db.pool, workspaceId, size)
  await leaveWork(ctx)
  return { ctx, workspaceId }
}

const leaveWork = ({ actor: { workspaceId } }: Ctx) =>
  database.db.prisma.searchBackfill.createMany({
    data: (['BOOKSHELF', 'BOOK', 'BLOCK'] as const).map((entityType) => ({ workspaceId, entityType })),
  })

const indexed = (workspaceId: string) => database.db.prisma.searchDocument.count({ where: { workspaceId } })
const left = (workspaceId: string) => database.db.prisma.searchBackfill.findMany({ where: { workspaceId } })

test('what was there before the index is found when the job has run', async () => {
  const { ctx, workspaceId } = await oldLibrary()
  expect(await hits(database.db, workspaceId, 'block')).toEqual([])
  await indexLibrary(ctx)
  expect(await hits(database.db, workspaceId, '"block 299"')).toHaveLength(1)
  expect(await hits(database.db, workspaceId, 'book')).toHaveLength(6)
  expect(await indexed(workspaceId)).toBe(2 + 6 + 300)
  expect(await left(workspaceId)).toEqual([])
})

test('a job that ends in the middle is gone on with where it was, by another job', async () => {
  const { ctx, workspaceId } = await oldLibrary()
  await indexLibrary(ctx, 1)
  expect(await indexed(workspaceId)).toBeLessThan(308)
  expect(await left(workspaceId)).not.toEqual([])
  const jobs = await database.db.pool.query(`select from jobs where name = 'index-library'`)
  expect(jobs.rowCount).toBeGreaterThan(0)
  await indexLibrary(ctx)
  expect(await indexed(workspaceId)).toBe(308)
})

test('long texts are indexed a few at a time, since a transaction has its limit', async () => {
  const { ctx, workspaceId } = await oldLibrary()
  const { block, searchDocument } = database.db.prisma
  const first = await block.findMany({ where: { workspaceId }, orderBy: { id: 'asc' }, take: 20 })
  const where = { workspaceId, id: { in: first.map(({ id }) => id) } }
  await block.updateMany({ where, data: { content: 'long '.repeat(20_000) } })
  const blocks = () => searchDocument.count({ where: { workspaceId, entityType: 'BLOCK' } })
  while ((await blocks()) === 0) await indexLibrary(ctx, 1)
  expect(await blocks()).toBe(5)
  await indexLibrary(ctx)
  expect(await blocks()).toBe(300)
})

test('what a killed job has not committed is done by the next one', async () => {
  const { ctx, workspaceId } = await oldLibrary()
  const killed = transact(database.db, async (tx) => {
    await takeBackfill(tx)
    throw new Error('killed')
  })
  await expect(killed).rejects.toThrow('killed')
  await indexLibrary(ctx)
  expect(await indexed(workspaceId)).toBe(308)
})

test('two jobs at once index everything once', async () => {
  const { ctx, workspaceId } = await oldLibrary()
  await Promise.all([indexLibrary(ctx), indexLibrary(ctx), indexLibrary(ctx)])
  await indexLibrary(ctx)
  expect(await indexed(workspaceId)).toBe(308)
})

test('a job that runs again changes nothing', async () => {
  const { ctx, workspaceId } = await oldLibrary()
  await indexLibrary(ctx)
  await leaveWork(ctx)
  const documents = () =>
    database.db.prisma.searchDocument.findMany({ where: { workspaceId }, orderBy: { entityId: 'asc' } })
  const before = await documents()
  await indexLibrary(ctx)
  expect(await documents()).toEqual(before)
})

test('a text that was changed after the job had read it is not undone by it', async () => {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  const block = await buildBlock(ctx, { content: 'before' })
  await database.db.prisma.searchDocument.deleteMany({ where: { workspaceId } })
  succeeded(await updateBlock(ctx, { blockId: block.id, content: 'after' }))
  await transact(database.db, (tx) =>
    indexMissingDocuments(tx, workspaceId, [{ type: 'BLOCK', id: block.id, title: '', body: 'before' }]),
  )
  expect(await hits(database.db, workspaceId, 'before')).toEqual([])
  expect(await hits(database.db, workspaceId, 'after')).toHaveLength(1)
})

test('a change waits for the job that indexes the same text, and wins', async () => {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  const block = await buildBlock(ctx, { content: 'before' })
  await database.db.prisma.searchDocument.deleteMany({ where: { workspaceId } })
  const { change } = await transact(database.db, async (tx) => {
    await indexMissingDocuments(tx, workspaceId, [{ type: 'BLOCK', id: block.id, title: '', body: 'before' }])
    const change = updateBlock(ctx, { blockId: block.id, content: 'after' })
    await untilWaiting(database.db, 1, change)
    return { change }
  })
  succeeded(await change)
  expect(await hits(database.db, workspaceId, 'before')).toEqual([])
  expect(await hits(database.db, workspaceId, 'after')).toHaveLength(1)
})

test('tags that were indexed by an older version are indexed again for the tag search', async () => {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  const { id } = await buildTag(ctx, { name: 'To-Do' })
  const where = { workspaceId_tagId: { workspaceId, tagId: id } }
  const entry = () => database.db.prisma.tagSearch.findUniqueOrThrow({ where })
  const before = await entry()
  await database.db.prisma.tagSearch.update({ where, data: { names: '\n\x01to-\x01do\n', spellings: [] } })
  await database.db.prisma.searchBackfill.create({ data: { workspaceId, entityType: 'TAG' } })
  await indexLibrary(ctx)
  expect(await entry()).toEqual(before)
  expect(before.spellings).toHaveLength(3)
})

test('without work there is no job', async () => {
  const ctx = await buildCtx(database.db)
  await database.db.prisma.searchBackfill.deleteMany()
  await database.db.pool.query(`delete from jobs where name = 'index-library'`)
  await continueIndexing(ctx)
  const jobs = await database.db.pool.query(`select from jobs where name = 'index-library'`)
  expect(jobs.rowCount).toBe(0)
})
