import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { transact, type Tx } from '../../src/db/client.ts'
import { lockBookshelves } from '../../src/db/ordering.ts'
import type { Table } from '../../src/db/rows.ts'
import { lockPurged, markPurged } from '../../src/db/trash/due-deletions.ts'
import { lockDeletion } from '../../src/db/trash/deletions.ts'
import { sql } from '../../src/db/sql.ts'
import { Failure } from '../../src/domain/failure.ts'
import { maxPositionLength } from '../../src/domain/ordering.ts'
import { moveBlock } from '../../src/usecases/library/blocks.ts'
import { moveBookshelf } from '../../src/usecases/library/bookshelves.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { inboxSlot } from '../../src/usecases/media/image-inbox.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { mergeTags } from '../../src/usecases/tags/merge-tags.ts'
import { purgeDeletions } from '../../src/usecases/trash/request-purge.ts'
import { attachTags } from '../../src/usecases/tags/attach-tags.ts'
import { moveTag } from '../../src/usecases/tags/tags.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import {
  buildBlock,
  buildBook,
  buildCheckpoint,
  buildCtx,
  buildShelf,
  buildTag,
  removeTemporaryFolders,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'
import { holdRow, untilWaiting } from '../support/waiting.ts'

const firstId = '00000000-0000-0000-0000-000000000000'

// Two who lock the same things in different orders end in a deadlock. It is tried again, but costs a second or more each time.

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

interface Row {
  readonly table: Table
  readonly id: string
}

const rowOf = (table: Table, { id }: { id: string }): Row => ({ table, id })

/** Locks a row, starts an operation, and gives those of the others that it has locked when it comes to wait. */
async function lockedBefore(held: Row, others: readonly Row[], operation: () => Promise<unknown>) {
  const { db } = database
  const holder = await holdRow(db, held.table, held)
  const state = { ended: false }
  const done = operation().finally(() => (state.ended = true))
  await untilWaiting(db, 1, done)
  const locked = []
  for (const row of others) {
    const text = `select 1 from ${row.table} where id = $1 for no key update skip locked`
    if ((await db.pool.query(text, [row.id])).rowCount === 0) locked.push(row)
  }
  const ended = state.ended
  await holder.release()
  succeeded(await done)
  expect(ended).toBe(false)
  return locked
}

/** Rows whose later one was written first, so that a scan of the table meets it first, by whatever index. */
async function shuffled(table: Table, build: (place: { beforeId?: string }) => Promise<{ id: string }>) {
  const low = await build({})
  const high = await build({ beforeId: low.id })
  await database.db.pool.query(`update ${table} set updated_at = now() where id = $1`, [low.id])
  expect(low.id < high.id).toBe(true)
  return [rowOf(table, low), rowOf(table, high)] as const
}

test('what is below something that is trashed is locked in the order of the ids', async () => {
  const ctx = await buildCtx(database.db)
  const shelf = await buildShelf(ctx)
  const book = await buildBook(ctx, { bookshelfId: shelf.id })
  const blocks = await shuffled('blocks', (place) => buildBlock(ctx, { bookId: book.id, ...place }))
  const trashBook = () => trashItem(ctx, { kind: 'BOOK', id: book.id })
  expect(await lockedBefore(blocks[0], [blocks[1]], trashBook)).toEqual([])

  const other = await buildBook(ctx, { bookshelfId: shelf.id })
  const checkpoints = await shuffled('checkpoints', () => buildCheckpoint(ctx, { bookId: other.id }))
  const trashOther = () => trashItem(ctx, { kind: 'BOOK', id: other.id })
  expect(await lockedBefore(checkpoints[0], [checkpoints[1]], trashOther)).toEqual([])

  const books = await shuffled('books', (place) => buildBook(ctx, { bookshelfId: shelf.id, ...place }))
  const trashShelf = () => trashItem(ctx, { kind: 'BOOKSHELF', id: shelf.id })
  expect(await lockedBefore(books[0], [books[1]], trashShelf)).toEqual([])
})

test('tags that are moved or trashed are locked in the order of the ids, whichever is above', async () => {
  const ctx = await buildCtx(database.db)
  const [child, target, top] = [await buildTag(ctx), await buildTag(ctx), await buildTag(ctx)]
  succeeded(await moveTag(ctx, { tagId: child.id, parentId: top.id }))
  const [low, middle, high] = [child, target, top].map((tag) => rowOf('tags', tag))
  if (!low || !middle || !high) throw new Error('There are three tags.')

  const move = () => moveTag(ctx, { tagId: top.id, parentId: target.id })
  expect(await lockedBefore(low, [middle, high], move)).toEqual([])
  const back = () => moveTag(ctx, { tagId: top.id, topLevel: true })
  expect(await lockedBefore(low, [high], back)).toEqual([])
  const under = () => moveTag(ctx, { tagId: top.id, parentId: target.id })
  expect(await lockedBefore(middle, [high], under)).toEqual([])
  const trash = () => trashItem(ctx, { kind: 'TAG', id: top.id })
  expect(await lockedBefore(low, [high], trash)).toEqual([])
})

test('a list that gets new positions is locked in the order of the ids, and before what moves', async () => {
  const ctx = await buildCtx(database.db)
  const narrow = (table: Table, id: string) =>
    database.db.pool.query(`update ${table} set position = 'a0' || repeat('0', $2) || '1' where id = $1`, [
      id,
      maxPositionLength - 3,
    ])
  const book = await buildBook(ctx)
  const blocks = []
  for (let count = 0; count < 4; count += 1) blocks.push(await buildBlock(ctx, { bookId: book.id }))
  const shelves = []
  for (let count = 0; count < 4; count += 1) shelves.push(await buildShelf(ctx))

  const lists = [
    ['blocks', blocks, (id: string, beforeId: string) => moveBlock(ctx, { blockId: id, beforeId })],
    [
      'bookshelves',
      shelves,
      (id: string, beforeId: string) => moveBookshelf(ctx, { bookshelfId: id, beforeId }),
    ],
  ] as const
  for (const [table, items, move] of lists) {
    const [first, second, third, last] = items.map((item) => rowOf(table, item))
    if (!first || !second || !third || !last) throw new Error('There are four items.')
    await narrow(table, second.id)
    const intoTheGap = () => move(last.id, second.id)
    expect(await lockedBefore(first, [second, third, last], intoTheGap)).toEqual([])
  }
})

test('what is restored is locked in the order of the ids, and before the tags that count it', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const blocks = await shuffled('blocks', (place) => buildBlock(ctx, { bookId: book.id, ...place }))
  const tag = await buildTag(ctx)
  succeeded(await attachTags(ctx, { tagIds: [tag.id], entityIds: [blocks[1].id] }))
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BOOK', id: book.id }))
  const restore = () => restoreDeletion(ctx, { deletionId: deletion.id })
  expect(await lockedBefore(blocks[0], [blocks[1], rowOf('tags', tag)], restore)).toEqual([])
})

test.each(['is marked', 'goes'])('a merge is taken back while its target in the trash %s', async (step) => {
  const ctx = await buildCtx(database.db)
  const [source, target] = [await buildTag(ctx), await buildTag(ctx)]
  const { workspaceId } = ctx.actor
  succeeded(await attachTags(ctx, { tagIds: [source.id], entityIds: [(await buildShelf(ctx)).id] }))
  const merged = succeeded(await mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id }))
  ctx.clock.ms -= 1000
  succeeded(await trashItem(ctx, { kind: 'TAG', id: target.id }))
  const now = new Date(ctx.clock.ms)
  const mark = (tx: Tx) =>
    markPurged(tx, workspaceId, { trashedUntil: now }, { at: now, by: 'somebody', limit: 10 })
  if (step === 'goes') await transact(database.db, mark)
  const restored = await transact(database.db, async (tx) => {
    if (step === 'is marked') expect(await mark(tx)).toEqual({ found: 1, marked: 1 })
    else expect(await lockPurged(tx, workspaceId, firstId, 10)).toHaveLength(1)
    // It changes the target twice, its counts and what it is found by, for which PostgreSQL looks at its deletion.
    const restoring = restoreDeletion(ctx, { deletionId: merged.deletion.id })
    await untilWaiting(database.db, 1, restoring)
    return Promise.race([restoring, Promise.resolve('it waits')])
  })
  expect(restored).toMatchObject({ deletion: { id: merged.deletion.id } })
})

test('a deletion that is restored waits for nobody, as a purge forgets it with its item', async () => {
  const ctx = await buildCtx(database.db)
  const shelf = await buildShelf(ctx)
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BOOKSHELF', id: shelf.id }))
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  const held = await holdRow(database.db, 'deletions', deletion)
  const purging = purgeDeletions(ctx, { deletionIds: [deletion.id] })
  await untilWaiting(database.db, 1, purging)
  const purged = await Promise.race([purging, Promise.resolve('it waits')])
  await held.release()
  expect(purged).toMatchObject({ results: [{ __typename: 'NotInTrash' }] })
})

const send = async (ctx: Ctx) => {
  const stream = Readable.from([await photograph()])
  return uploadMedia(ctx, { fileName: 'picture.jpg', slot: inboxSlot, stream })
}

const inboxBook = async ({ db, actor: { workspaceId } }: Ctx) =>
  (await db.prisma.imageInbox.findUniqueOrThrow({ where: { workspaceId } })).bookId

test('a picture whose book is in the trash waits for the list of bookshelves without holding that book', async () => {
  const ctx = await buildCtx(database.db)
  succeeded(await send(ctx))
  const id = await inboxBook(ctx)
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BOOK', id }))
  const sending = await transact(database.db, async (tx) => {
    await lockBookshelves(tx, ctx.actor.workspaceId)
    const sent = send(ctx)
    await untilWaiting(database.db, 1, sent)
    succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
    return { sent }
  })
  succeeded(await sending.sent)
  // The book that was restored meanwhile is seen.
  expect(await inboxBook(ctx)).toBe(id)
  expect(await database.db.prisma.block.count({ where: { bookId: id } })).toBe(2)
})

test('a picture whose bookshelf is trashed at the last moment gets another', async () => {
  const ctx = await buildCtx(database.db)
  succeeded(await send(ctx))
  const { workspaceId } = ctx.actor
  const shelf = await database.db.prisma.bookshelf.findFirstOrThrow({ where: { workspaceId } })
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BOOK', id: await inboxBook(ctx) }))
  const sending = await transact(database.db, async (tx) => {
    await tx.query(sql`select 1 from bookshelves where id = ${shelf.id}::uuid for no key update`)
    const sent = send(ctx)
    await untilWaiting(database.db, 1, sent)
    await lockDeletion(tx, workspaceId, deletion.id)
    await tx.execute(
      sql`update bookshelves set deletion_id = ${deletion.id}::uuid where id = ${shelf.id}::uuid`,
    )
    return { sent }
  })
  expect(await sending.sent).not.toBeInstanceOf(Failure)
  const shelves = await database.db.prisma.bookshelf.findMany({
    where: { workspaceId },
    orderBy: { id: 'asc' },
  })
  expect(shelves).toMatchObject([
    { id: shelf.id, deletionId: deletion.id },
    { name: 'Uploads', deletionId: null },
  ])
})
