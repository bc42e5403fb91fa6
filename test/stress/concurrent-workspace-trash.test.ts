import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { NotFound } from '../../src/domain/failure.ts'
import { WorkspaceAlreadyInTrash, WorkspaceRequired } from '../../src/domain/workspace-trash.ts'
import { createBlock } from '../../src/usecases/library/blocks.ts'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import { purgeWorkspace } from '../../src/usecases/trash/purge-workspace.ts'
import { restoreWorkspace, trashWorkspace } from '../../src/usecases/trash/trash-workspace.ts'
import { buildBook, coverOf, removeTemporaryFolders, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'
import { filesBelow, rowsOfWorkspace } from '../support/state.ts'
import { buildCtxOfRequest, operatorOf, trashOwn } from '../support/trash/full-workspace.ts'
import { hold, holdRow, interleave, untilWaiting } from '../support/waiting.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

type TestCtx = Awaited<ReturnType<typeof buildCtxOfRequest>>

const confirmed = { confirmName: 'Test' }
const own = ({ actor }: TestCtx) => ({ id: actor.workspaceId })

/** Writes into a book, as operations that a client starts, and what there is of them afterwards. */
const writes: Record<string, (ctx: TestCtx, bookId: string) => Promise<unknown>> = {
  createBlock: (ctx, bookId) => createBlock(ctx, { bookId }),
  uploadMedia: async (ctx, bookId) =>
    uploadMedia(ctx, {
      fileName: 'a.jpg',
      slot: coverOf('BOOK', bookId),
      stream: Readable.from([await photograph()]),
    }),
}

async function written(ctx: TestCtx) {
  const { blocks, media, blobs, bookshelves } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(bookshelves).toHaveLength(1)
  expect(blobs).toHaveLength(media.length)
  expect(await filesBelow(ctx.storageRoot)).toHaveLength(blobs.length)
  return blocks.length + media.length
}

/** What a promise came to. */
const outcomeOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)

test.each(Object.entries(writes))(
  '%s that has begun is whole before its workspace is trashed',
  async (_name, write) => {
    const ctx = await buildCtxOfRequest(database.db)
    const book = await buildBook(ctx)
    const held = await holdRow(ctx.db, 'books', book)
    const [first, second] = await interleave(
      ctx.db,
      held,
      () => write(ctx, book.id),
      () => trashWorkspace(ctx, confirmed),
    )
    succeeded<unknown>(first)
    succeeded(second)
    expect(await written(ctx)).toBe(1)
  },
)

test.each(Object.entries(writes))(
  '%s that comes while its workspace is trashed leaves nothing',
  async (_name, write) => {
    const ctx = await buildCtxOfRequest(database.db)
    const book = await buildBook(ctx)
    const held = await holdRow(ctx.db, 'workspaces', own(ctx))
    const [first, second] = await interleave(
      ctx.db,
      held,
      () => trashWorkspace(ctx, confirmed),
      () => outcomeOf(write(ctx, book.id)),
    )
    succeeded(first)
    expect(second).toBeInstanceOf(WorkspaceRequired)
    expect(await written(ctx)).toBe(0)
  },
)

test('an upload whose bytes are stored when its workspace is trashed leaves none of them', async () => {
  const ctx = await buildCtxOfRequest(database.db)
  const book = await buildBook(ctx)
  // After the bytes and before the row.
  const before = () => trashOwn(ctx)
  const stream = Readable.from([await photograph()])
  const slot = coverOf('BOOK', book.id)
  await expect(uploadMedia(ctx, { fileName: 'a.jpg', slot, stream, before })).rejects.toThrow(
    WorkspaceRequired,
  )
  expect(await written(ctx)).toBe(0)
  const { rows } = await ctx.db.pool.query('select from upload_reservations where workspace_id = $1', [
    ctx.actor.workspaceId,
  ])
  expect(rows).toEqual([])
})

test('of two who trash a workspace at once one does, and the other learns that it is in the trash', async () => {
  const ctx = await buildCtxOfRequest(database.db)
  const held = await holdRow(ctx.db, 'workspaces', own(ctx))
  const trashing = () => trashWorkspace(ctx, confirmed)
  const [first, second] = await interleave(ctx.db, held, trashing, trashing)
  succeeded(first)
  expect(second).toBeInstanceOf(WorkspaceAlreadyInTrash)
})

test.each(['restored', 'purged'] as const)(
  'of a restore and a purge the first wins: it is %s',
  async (outcome) => {
    const ctx = await buildCtxOfRequest(database.db)
    await buildBook(ctx)
    const { purgeAfter } = await trashOwn(ctx)
    const [trashedId, operator] = [ctx.actor.workspaceId, operatorOf(ctx)]
    // The purge finds that the retention is over, and the restore, whose clock is behind, that it is not.
    const late = { ...operator, now: () => purgeAfter, databaseNow: () => Promise.resolve(purgeAfter) }
    const works = {
      restored: () => restoreWorkspace(operator, { workspaceId: trashedId }),
      purged: () => purgeWorkspace(late, { trashedId }),
    }
    const held = await holdRow(ctx.db, 'workspaces', own(ctx))
    const other = outcome === 'restored' ? 'purged' : 'restored'
    const results: Record<string, unknown> = {}
    ;[results[outcome], results[other]] = await interleave<unknown, unknown>(
      ctx.db,
      held,
      works[outcome],
      works[other],
    )
    const { bookshelves } = await rowsOfWorkspace(ctx.db, trashedId)
    expect(bookshelves).toHaveLength(outcome === 'restored' ? 1 : 0)
    if (outcome === 'restored') {
      expect(results['purged']).toMatchObject({ outcome: 'KEPT' })
      succeeded(await createBlock(ctx, { bookId: (await buildBook(ctx)).id }))
    } else {
      expect(results['purged']).toMatchObject({ outcome: 'REMOVED' })
      expect(results['restored']).toBeInstanceOf(NotFound)
    }
  },
)

test('transactions of one workspace do not wait for each other, nor for the trash of another one', async () => {
  const [ctx, other] = [await buildCtxOfRequest(database.db), await buildCtxOfRequest(database.db)]
  const [one, two, theirs] = [await buildBook(ctx), await buildBook(ctx), await buildBook(other)]
  const held = await holdRow(ctx.db, 'books', one)
  const waiting = createBlock(ctx, { bookId: one.id })
  await untilWaiting(ctx.db, 1, waiting)
  succeeded(await createBlock(ctx, { bookId: two.id }))
  const trashing = trashWorkspace(ctx, confirmed)
  await untilWaiting(ctx.db, 2, trashing)
  succeeded(await createBlock(other, { bookId: theirs.id }))
  await held.release()
  succeeded(await waiting)
  succeeded(await trashing)
})

test('many writes at the moment of trashing are each whole or refused', async () => {
  const ctx = await buildCtxOfRequest(database.db)
  const book = await buildBook(ctx)
  const held = await hold(ctx.db, 'select pg_advisory_xact_lock_shared(hashtextextended($1, 0))', [
    `workspace ${ctx.actor.workspaceId}`,
  ])
  const before = Array.from({ length: 5 }, () => outcomeOf(createBlock(ctx, { bookId: book.id })))
  const trashing = trashWorkspace(ctx, confirmed)
  const after = Array.from({ length: 5 }, () => outcomeOf(createBlock(ctx, { bookId: book.id })))
  await untilWaiting(ctx.db, 1, trashing)
  await held.release()
  succeeded(await trashing)
  const outcomes = await Promise.all([...before, ...after])
  const refused = outcomes.filter((outcome) => outcome instanceof WorkspaceRequired)
  expect(await written(ctx)).toBe(outcomes.length - refused.length)
})
