import { expect, test } from 'vitest'
import { transact, type Tx } from '../../src/db/client.ts'
import { lockDeletion } from '../../src/db/trash/deletions.ts'
import { Failure, InvalidInput, NotFound } from '../../src/domain/failure.ts'
import { NotInTrash, RestoreConflict, RetentionExpired } from '../../src/domain/restore.ts'
import { checkMedia } from '../../src/usecases/media/check-media.ts'
import { checkTags } from '../../src/usecases/tags/check-tags.ts'
import { type Ctx, newId } from '../../src/usecases/context.ts'
import { purgeDeletion } from '../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../src/usecases/trash/run-purge.ts'
import { replayEvents } from '../../src/usecases/media/replay-events.ts'
import { previewRestore, restoreItem } from '../../src/usecases/trash/restore-item.ts'
import { restoreDeletion, restoreFound } from '../../src/usecases/trash/restore.ts'
import { buildCtx, removeTemporaryFolders, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { restore, trash } from '../support/trash/restoring.ts'
import { idsOf, rowsOfWorkspace } from '../support/state.ts'
import { holdRow, interleave, untilWaiting } from '../support/waiting.ts'
import { buildLibrary, parts } from '../support/library/whole-library.ts'

const database = useDatabase()
removeTemporaryFolders()

const rowsOf = (ctx: Ctx) => rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)

async function trashableRows(ctx: Ctx) {
  const { bookshelves, books, blocks, checkpoints, checkpoint_markers, media, tags } = await rowsOf(ctx)
  return [...bookshelves, ...books, ...blocks, ...checkpoints, ...checkpoint_markers, ...media, ...tags]
}

const heldBy = async (ctx: Ctx, deletionId: string) =>
  idsOf((await trashableRows(ctx)).filter((row) => row.deletion_id === deletionId)).sort()

/** Counts, events and what is stored agree. */
async function expectClean(ctx: Ctx) {
  expect(await checkMedia(ctx)).toEqual([])
  expect(await checkTags(ctx)).toEqual([])
  expect((await replayEvents(ctx)).problems).toEqual([])
  const items = await trashableRows(ctx)
  for (const deletion of (await rowsOf(ctx)).deletions) {
    const held = items.filter((row) => row.deletion_id === deletion.id)
    if (deletion['restored_at'] === null) expect(held).toHaveLength(Number(deletion['item_count']))
    else expect(held).toEqual([])
  }
}

test.each(parts)(
  'a $kind comes out of a larger deletion to its target with all below it, and the rest can follow',
  async ({ kind, name, whole, target, ...part }) => {
    const ctx = await buildCtx(database.db)
    const [library, other] = [await buildLibrary(ctx), await buildLibrary(ctx)]
    const deletion = await trash(ctx, whole === 'top' ? 'TAG' : 'BOOKSHELF', library[whole])
    const all = await heldBy(ctx, deletion.id)
    const taken = part.with.map((one) => library[one].id).sort()
    const before = await rowsOf(ctx)
    const asked = { deletionId: deletion.id, itemId: library[name].id, target: target(other) }
    const preview = await previewRestore(ctx, asked)
    expect(preview).toEqual({ deletion, itemCount: taken.length, problem: null })
    expect(await rowsOf(ctx)).toEqual(before)
    ctx.clock.ms += 1_000

    const result = succeeded(await restoreItem(ctx, { itemId: library[name].id, target: target(other) }))
    expect(result.item).toMatchObject({ id: library[name].id, deletionId: null })
    expect(result.deletion).toMatchObject({ kind, itemId: library[name].id, itemCount: taken.length })
    const { deletedAt, deletedBy, reason, purgeAfter } = deletion
    expect(result.deletion).toMatchObject({ deletedAt, deletedBy, reason, purgeAfter, restoredAt: ctx.now() })
    expect(result.deletion).toMatchObject({ parentId: library[part.parent].id, parentKind: part.parentKind })
    expect(result.takenFrom).toEqual({ ...deletion, itemCount: deletion.itemCount - taken.length })
    expect(await heldBy(ctx, deletion.id)).toEqual(all.filter((id) => !taken.includes(id)))
    await expectClean(ctx)

    succeeded(await restore(ctx, deletion.id))
    expect((await trashableRows(ctx)).filter((row) => row.deletion_id !== null)).toEqual([])
    await expectClean(ctx)
  },
)

test.each(parts)('a $kind does not come back into what is in the same deletion', async (part) => {
  const ctx = await buildCtx(database.db)
  const library = await buildLibrary(ctx)
  const deletion = await trash(ctx, part.whole === 'top' ? 'TAG' : 'BOOKSHELF', library[part.whole])
  const itemId = library[part.name].id
  const before = await rowsOf(ctx)
  const result = await restoreItem(ctx, { itemId })
  expect(result).toBeInstanceOf(RestoreConflict)
  expect(result).toMatchObject({
    reason: 'PARENT_TRASHED',
    blockedBy: { id: library[part.parent].id },
    options: ['RESTORE_PARENT_FIRST', 'CHOOSE_TARGET'],
  })
  expect((await previewRestore(ctx, { deletionId: deletion.id, itemId }))?.problem).toEqual(result)
  expect(await rowsOf(ctx)).toEqual(before)
})

test('the item that was trashed itself comes back with all of its deletion', async () => {
  const ctx = await buildCtx(database.db)
  const { shelf } = await buildLibrary(ctx)
  const deletion = await trash(ctx, 'BOOKSHELF', shelf)
  const result = succeeded(await restoreItem(ctx, { itemId: shelf.id }))
  expect(result).toMatchObject({ takenFrom: null, deletion: { ...deletion, restoredAt: ctx.now() } })
  await expectClean(ctx)
})

test('what was trashed before the larger deletion stays where it is', async () => {
  const ctx = await buildCtx(database.db)
  const [library, other] = [await buildLibrary(ctx), await buildLibrary(ctx)]
  const earlier = await trash(ctx, 'MEDIA', library.image)
  await trash(ctx, 'BOOKSHELF', library.shelf)
  const { deletion } = succeeded(
    await restoreItem(ctx, { itemId: library.block.id, target: { bookId: other.book.id } }),
  )
  expect(deletion.itemCount).toBe(2)
  expect(await heldBy(ctx, earlier.id)).toEqual([library.image.id])
  succeeded(await restore(ctx, earlier.id))
  await expectClean(ctx)
})

test('what cannot be taken out is refused, and nothing is changed', async () => {
  const ctx = await buildCtx(database.db)
  const theirs = await buildCtx(database.db)
  const [library, other] = [await buildLibrary(ctx), await buildLibrary(ctx)]
  const foreign = await buildLibrary(theirs)
  await trash(theirs, 'BOOK', foreign.book)
  const deletion = await trash(ctx, 'BOOKSHELF', library.shelf)
  const before = await rowsOf(ctx)
  const attempt = (itemId: string, target = {}) => restoreItem(ctx, { itemId, target })
  expect(await attempt(other.book.id)).toBeInstanceOf(NotInTrash)
  expect(await attempt(foreign.block.id, { bookId: other.book.id })).toBeInstanceOf(NotFound)
  expect(await attempt(newId())).toBeInstanceOf(NotFound)
  expect(await attempt('nothing')).toBeInstanceOf(NotFound)
  expect(await attempt(library.block.id, { bookshelfId: other.shelf.id })).toBeInstanceOf(InvalidInput)
  expect(await attempt(library.block.id, { bookId: foreign.book.id })).toBeInstanceOf(NotFound)
  expect(await attempt(library.block.id, { bookId: library.book.id })).toBeInstanceOf(NotFound)
  const preview = (itemId: string) => previewRestore(ctx, { deletionId: deletion.id, itemId })
  for (const id of [other.book.id, foreign.book.id, newId(), 'nothing']) expect(await preview(id)).toBeNull()
  ctx.clock.ms = deletion.purgeAfter.getTime()
  expect(await attempt(library.block.id, { bookId: other.book.id })).toBeInstanceOf(RetentionExpired)
  expect(await rowsOf(ctx)).toEqual(before)
})

/** Starts `work` while somebody else has the deletion locked and has done `first` with it. */
async function whileLocked<T>(
  ctx: Ctx,
  deletionId: string,
  work: () => Promise<T>,
  first: (tx: Tx) => Promise<unknown>,
) {
  const started = await transact(ctx.db, async (tx) => {
    await lockDeletion(tx, ctx.actor.workspaceId, deletionId)
    await first(tx)
    const waiting = work()
    await untilWaiting(ctx.db, 1, waiting)
    return { waiting }
  })
  return started.waiting
}

async function withTrashedShelf() {
  const ctx = await buildCtx(database.db)
  const [library, other] = [await buildLibrary(ctx), await buildLibrary(ctx)]
  const deletion = await trash(ctx, 'BOOKSHELF', library.shelf)
  const takeBlock = () => restoreItem(ctx, { itemId: library.block.id, target: { bookId: other.book.id } })
  const takeBook = () =>
    restoreItem(ctx, { itemId: library.book.id, target: { bookshelfId: other.shelf.id } })
  return { ctx, library, other, deletion, takeBlock, takeBook }
}

test('who takes something out while the whole is restored is told that it is not in the trash', async () => {
  const { ctx, deletion, takeBlock } = await withTrashedShelf()
  const result = await whileLocked(ctx, deletion.id, takeBlock, (tx) => restoreFound(ctx, tx, deletion, {}))
  expect(result).toBeInstanceOf(NotInTrash)
  await expectClean(ctx)
})

test('who takes something out while the whole is purged finds nothing', async () => {
  const { ctx, deletion, library, takeBlock } = await withTrashedShelf()
  const where = { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id: deletion.id } }
  const data = { purgedAt: ctx.now(), purgedBy: 'owner' }
  const result = await whileLocked(ctx, deletion.id, takeBlock, (tx) => tx.deletion.update({ where, data }))
  expect(result).toMatchObject({ __typename: 'NotFound', entity: 'Block', id: library.block.id })
  await expectClean(ctx)
})

test('of two who take a book and its block out at once the block comes once, by itself or with the book', async () => {
  const { ctx, deletion, takeBlock, takeBook } = await withTrashedShelf()
  const [block, rest] = await interleave(
    ctx.db,
    await holdRow(ctx.db, 'deletions', deletion),
    takeBlock,
    takeBook,
  )
  expect(succeeded(block).deletion.itemCount).toBe(3)
  expect(succeeded(rest).deletion.itemCount).toBe(7)
  await expectClean(ctx)

  const other = await withTrashedShelf()
  const [book, late] = await interleave(
    ctx.db,
    await holdRow(ctx.db, 'deletions', other.deletion),
    other.takeBook,
    other.takeBlock,
  )
  expect(succeeded(book).deletion.itemCount).toBe(10)
  expect(late).toBeInstanceOf(NotInTrash)
  await expectClean(other.ctx)
})

test('of five who take the same item out at once one does', async () => {
  const { ctx, takeBlock } = await withTrashedShelf()
  const results = await Promise.all(Array.from({ length: 5 }, takeBlock))
  expect(results.filter((result) => result instanceof NotInTrash)).toHaveLength(4)
  await expectClean(ctx)
})

test('whatever of restoring, purging and taking out comes first, the rest is right', async () => {
  for (let round = 0; round < 2; round += 1) {
    const { ctx, deletion, library, takeBlock, takeBook } = await withTrashedShelf()
    const [taken, , other] = await Promise.all([
      takeBlock(),
      takeBook(),
      round % 2 === 0
        ? purgeDeletion(ctx, { deletionId: deletion.id })
        : restoreDeletion(ctx, { deletionId: deletion.id }),
    ])
    await expectClean(ctx)
    if (round % 2 === 0) {
      succeeded(other)
      await purgeTrash(ctx, {})
      await expectClean(ctx)
    }
    const live = idsOf((await trashableRows(ctx)).filter((row) => row.deletion_id === null))
    if (!(taken instanceof Failure))
      expect(live).toEqual(expect.arrayContaining([library.block.id, library.image.id]))
  }
})
