import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { DeletionRow, MediaRow, TrashableKind } from '../../src/db/rows.ts'
import { InvalidInput } from '../../src/domain/failure.ts'
import { MediaInTrash } from '../../src/domain/media-decision.ts'
import type { Slot } from '../../src/domain/slots.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { checkMedia } from '../../src/usecases/media/check-media.ts'
import { replayEvents } from '../../src/usecases/media/replay-events.ts'
import { plain } from '../../src/usecases/media/resumable-uploads.ts'
import { uploadMediaBatch } from '../../src/usecases/media/upload-batch.ts'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import type { Upload } from '../../src/usecases/media/upload.ts'
import { previewRestore, restoreItem } from '../../src/usecases/trash/restore-item.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildPicture,
  coverOf,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { lastChain } from '../support/media/media-events.ts'
import { photograph } from '../support/media/pictures.ts'
import { idsOf, listOf, rowsOfWorkspace } from '../support/state.ts'
import { restore, trash } from '../support/trash/restoring.ts'
import { hold, interleave } from '../support/waiting.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const send = (ctx: Ctx, slot: Slot, bytes: Buffer, more: Partial<Upload> = {}) =>
  uploadMedia(ctx, { fileName: 'a.jpg', slot, stream: Readable.from([bytes]), ...more })

/** The offer that an upload of bytes that are only in the trash is answered with. */
async function offered(ctx: Ctx, slot: Slot, bytes: Buffer, more: Partial<Upload> = {}) {
  const offer = await send(ctx, slot, bytes, more)
  expect(offer).toBeInstanceOf(MediaInTrash)
  return offer as MediaInTrash<MediaRow, DeletionRow>
}

/** Does what the offer says. */
const accept = (ctx: Ctx, { restoreItem: { itemId, slot, whenTaken } }: MediaInTrash) =>
  restoreItem(ctx, { itemId, target: { slot }, whenTaken })

/** Counts, events and what is stored agree. */
async function expectClean(ctx: Ctx) {
  expect(await checkMedia(ctx)).toEqual([])
  expect((await replayEvents(ctx)).problems).toEqual([])
}

/** A block with two pictures in a book of its own, and the bytes of the first. */
async function buildPictures(ctx: Ctx) {
  const book = await buildBook(ctx)
  const block = await buildBlock(ctx, { bookId: book.id })
  const bytes = await photograph()
  const { media } = await buildPicture(ctx, imagesOf(block.id), { bytes })
  const { media: other } = await buildPicture(ctx, imagesOf(block.id))
  return { shelf: { id: book.bookshelfId }, book, block, bytes, media, other }
}

test.each<[TrashableKind, 'media' | 'block' | 'book' | 'shelf', number]>([
  ['MEDIA', 'media', 0],
  ['BLOCK', 'block', 2],
  ['BOOK', 'book', 3],
  ['BOOKSHELF', 'shelf', 4],
])('an offer names the call that restores the one picture, trashed with its %s', async (kind, name, left) => {
  const ctx = await buildCtx(database.db)
  const built = await buildPictures(ctx)
  const there = coverOf('BOOK', (await buildBook(ctx)).id)
  const deletion = await trash(ctx, kind, built[name])
  const offer = await offered(ctx, there, built.bytes)
  expect(offer).toMatchObject({ media: { id: built.media.id }, deletion: { id: deletion.id } })

  const restored = succeeded(await accept(ctx, offer))
  expect(restored).toMatchObject({ item: { id: built.media.id, bookId: there.ownerId, role: 'COVER' } })
  expect(restored.takenFrom?.itemCount ?? 0).toBe(left)
  expect(succeeded(await send(ctx, there, built.bytes))).toMatchObject({
    decision: 'DUPLICATE',
    media: { id: built.media.id },
  })
  await expectClean(ctx)
  if (left === 0) return
  succeeded(await restore(ctx, deletion.id))
  expect(idsOf(await listOf(ctx, 'media', 'block_id', built.block.id))).toEqual([built.other.id])
  await expectClean(ctx)
})

test('the call restores a picture over another cover, which goes to the trash', async () => {
  const ctx = await buildCtx(database.db)
  const slot = coverOf('BOOK', (await buildBook(ctx)).id)
  const bytes = await photograph()
  const { media: first } = await buildPicture(ctx, slot, { bytes })
  const { media: second } = await buildPicture(ctx, slot)
  const offer = await offered(ctx, slot, bytes)
  expect(await restoreItem(ctx, { itemId: first.id, target: { slot } })).toMatchObject({
    reason: 'SLOT_TAKEN',
    blockedBy: { id: second.id },
  })
  expect(succeeded(await accept(ctx, offer))).toMatchObject({
    item: { id: first.id, deletionId: null, version: first.version },
    replaced: { id: second.id },
  })
  expect(await lastChain(ctx)).toMatchObject({
    operation: 'RESTORE',
    decision: 'REPLACE',
    mediaIds: [first.id, second.id],
    changes: ['trash', 'restore'],
  })
  // And back again.
  const { deletionId } = await ctx.db.prisma.media.findFirstOrThrow({ where: { id: second.id } })
  succeeded(await restoreDeletion(ctx, { deletionId: deletionId ?? '', whenTaken: 'REPLACE' }))
  await expectClean(ctx)
})

test('a cover is replaced also when its owner has as many files as it may', async () => {
  const ctx = await buildCtx(database.db)
  const full = { ...ctx, limits: { ...ctx.limits, filesPerOwner: 1 } }
  const { bytes, block } = await buildPictures(ctx)
  await trash(ctx, 'BLOCK', block)
  const slot = coverOf('BOOK', (await buildBook(ctx)).id)
  await buildPicture(ctx, slot)
  succeeded(await accept(full, await offered(full, slot, bytes)))
  await expectClean(ctx)
})

test('a full owner is refused before the offer, and after it when others came first', async () => {
  const ctx = await buildCtx(database.db)
  const full = { ...ctx, limits: { ...ctx.limits, filesPerOwner: 1 } }
  const { bytes, media } = await buildPictures(ctx)
  await trash(ctx, 'MEDIA', media)
  const slot = imagesOf((await buildBlock(ctx)).id)
  const offer = await offered(full, slot, bytes)
  await buildPicture(ctx, slot)
  expect(await accept(full, offer)).toMatchObject({ reason: 'OWNER_FULL' })
  expect(await send(full, slot, bytes)).toMatchObject({ __typename: 'TooManyFiles' })
})

test('an offer leaves the idempotency key free: the same request finds what was restored', async () => {
  const ctx = await buildCtx(database.db)
  const { bytes, book, media } = await buildPictures(ctx)
  await trash(ctx, 'BOOK', book)
  const slot = imagesOf((await buildBlock(ctx)).id)
  const offer = await offered(ctx, slot, bytes, { idempotencyKey: 'once' })
  succeeded(await accept(ctx, offer))
  for (const decision of ['DUPLICATE', 'NOOP'])
    expect(await send(ctx, slot, bytes, { idempotencyKey: 'once' })).toMatchObject({
      decision,
      media: { id: media.id },
    })
})

test('a batch offers each file its own call', async () => {
  const ctx = await buildCtx(database.db)
  const { bytes, book } = await buildPictures(ctx)
  await trash(ctx, 'BOOK', book)
  const slots = [imagesOf((await buildBlock(ctx)).id), coverOf('BOOK', (await buildBook(ctx)).id)]
  const files = slots.map((slot) => ({
    slot,
    file: Promise.resolve({ fileName: 'a.jpg', stream: Readable.from([bytes]) }),
  }))
  const results = succeeded(await uploadMediaBatch(ctx, { files }))
  expect(results).toMatchObject(slots.map((slot) => ({ __typename: 'MediaInTrash', restoreItem: { slot } })))
})

test('the answer to a resumable upload contains the call as JSON', async () => {
  const ctx = await buildCtx(database.db)
  const { bytes, media } = await buildPictures(ctx)
  await trash(ctx, 'MEDIA', media)
  const slot = coverOf('BOOK', (await buildBook(ctx)).id)
  expect(plain(await offered(ctx, slot, bytes))).toMatchObject({
    media: { id: media.id },
    restoreItem: { itemId: media.id, slot, whenTaken: 'REPLACE' },
  })
})

test('a slot as the target takes the only media item out of a deletion', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const { media } = await buildPicture(ctx, coverOf('BOOK', book.id))
  const deletion = await trash(ctx, 'BOOK', book)
  const slot = coverOf('BOOK', (await buildBook(ctx)).id)
  const { item } = succeeded(await restore(ctx, deletion.id, { slot }))
  expect(item).toMatchObject({ id: media.id, bookId: slot.ownerId })
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).deletions).toMatchObject([
    { id: deletion.id, restored_at: null, item_count: 1 },
    { item_count: 1, item_id: media.id },
  ])
  expect(await restore(ctx, deletion.id, { slot })).toMatchObject({ issues: [{ path: 'target' }] })
  succeeded(await restore(ctx, deletion.id))
  await expectClean(ctx)
})

test('a slot as the target does not choose among several media items', async () => {
  const ctx = await buildCtx(database.db)
  const { book, media } = await buildPictures(ctx)
  const { id: deletionId } = await trash(ctx, 'BOOK', book)
  const target = { slot: coverOf('BOOK', (await buildBook(ctx)).id) }
  const refusal = await restoreDeletion(ctx, { deletionId, target })
  expect(refusal).toBeInstanceOf(InvalidInput)
  expect(refusal).toMatchObject({ issues: [{ path: 'target.slot' }] })
  expect(await lastChain(ctx)).toMatchObject({ operation: 'RESTORE', reason: 'InvalidInput' })
  expect(await previewRestore(ctx, { deletionId, target })).toMatchObject({ problem: refusal })
  succeeded(await restoreItem(ctx, { itemId: media.id, target }))
})

/** A trashed picture beside a live one with the same bytes, in the same slot. */
async function buildTwins(ctx: Ctx, slot: Slot) {
  const bytes = await photograph()
  const { media: trashed } = await buildPicture(ctx, slot, { bytes })
  const deletion = await trash(ctx, 'MEDIA', trashed)
  const { media: live } = succeeded(await send(ctx, slot, bytes, { whenInTrash: 'UPLOAD_AGAIN' }))
  return { bytes, trashed, deletion, live }
}

test.each([
  ['list', async (ctx: Ctx) => imagesOf((await buildBlock(ctx)).id)],
  ['cover', async (ctx: Ctx) => coverOf('BOOK', (await buildBook(ctx)).id)],
])('a restore does not put the same bytes into a %s twice', async (_slot, build) => {
  const ctx = await buildCtx(database.db)
  const slot = await build(ctx)
  const { deletion, live, trashed } = await buildTwins(ctx, slot)
  for (const target of [undefined, { slot }]) {
    const conflict = { reason: 'DUPLICATE', blockedBy: { __typename: 'Media', id: live.id } }
    expect(await restore(ctx, deletion.id, target)).toMatchObject(conflict)
    expect(await restoreItem(ctx, { itemId: trashed.id, target, whenTaken: 'REPLACE' })).toMatchObject(
      conflict,
    )
  }
  succeeded(await restore(ctx, deletion.id, { slot: imagesOf((await buildBlock(ctx)).id) }))
  await expectClean(ctx)
})

test('the same bytes conflict also after their block came back from the trash, and from another slot', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const { deletion, live } = await buildTwins(ctx, imagesOf(block.id))
  const whole = await trash(ctx, 'BLOCK', block)
  expect(await restore(ctx, deletion.id)).toMatchObject({ reason: 'PARENT_TRASHED' })
  succeeded(await restore(ctx, whole.id))
  expect(await restore(ctx, deletion.id)).toMatchObject({ reason: 'DUPLICATE' })

  const elsewhere = imagesOf((await buildBlock(ctx)).id)
  succeeded(await restore(ctx, deletion.id, { slot: elsewhere }))
  const moved = await trash(ctx, 'MEDIA', live)
  expect(await restore(ctx, moved.id, { slot: elsewhere })).toMatchObject({ reason: 'DUPLICATE' })
  succeeded(await restore(ctx, moved.id))
  await expectClean(ctx)
})

/** Holds the rows of trashed media: a restore has looked at the slot when it comes to wait for one of them. */
const holdMedia = (ctx: Ctx, ...ids: string[]) =>
  hold(ctx.db, 'select 1 from media where id = any($1) for no key update', [ids])

test('of two with the same bytes that are restored to one list at once only one is in it', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const { deletion, live, trashed } = await buildTwins(ctx, imagesOf(block.id))
  const second = await trash(ctx, 'MEDIA', live)
  const results = await interleave(
    ctx.db,
    await holdMedia(ctx, trashed.id, live.id),
    () => restoreDeletion(ctx, { deletionId: deletion.id }),
    () => restoreDeletion(ctx, { deletionId: second.id }),
  )
  expect(results).toMatchObject([{ item: { id: trashed.id } }, { reason: 'DUPLICATE' }])
  expect(idsOf(await listOf(ctx, 'media', 'block_id', block.id))).toEqual([trashed.id])
  await expectClean(ctx)
})

test('an upload that meets a restore of the same bytes to its list is a duplicate', async () => {
  const ctx = await buildCtx(database.db)
  const { block, media, bytes } = await buildPictures(ctx)
  const { id: deletionId } = await trash(ctx, 'MEDIA', media)
  const [restored, uploaded] = await interleave(
    ctx.db,
    await holdMedia(ctx, media.id),
    () => restoreDeletion(ctx, { deletionId }),
    () => send(ctx, imagesOf(block.id), bytes, { whenInTrash: 'UPLOAD_AGAIN' }),
  )
  expect([restored, uploaded]).toMatchObject([
    { item: { id: media.id } },
    { decision: 'DUPLICATE', media: { id: media.id } },
  ])
  await expectClean(ctx)
})
