import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { transact } from '../../../src/db/client.ts'
import { lockQuota, setUsedBytes } from '../../../src/db/media/quota.ts'
import { lockOrphans, removeBlobs } from '../../../src/db/upkeep/garbage.ts'
import { Failure, NotFound } from '../../../src/domain/failure.ts'
import { collectableSince, graceMs } from '../../../src/domain/garbage-collection.ts'
import type { Slot } from '../../../src/domain/slots.ts'
import { type Ctx, newId } from '../../../src/usecases/context.ts'
import { checkMedia } from '../../../src/usecases/media/check-media.ts'
import { inboxSlot } from '../../../src/usecases/media/image-inbox.ts'
import { lockBytes, lockSlot } from '../../../src/usecases/media/lock-slot.ts'
import { placeUpload } from '../../../src/usecases/media/place-upload.ts'
import { uploadMedia } from '../../../src/usecases/media/upload-media.ts'
import type { Upload } from '../../../src/usecases/media/upload.ts'
import { updateWorkspace } from '../../../src/usecases/workspaces.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildPicture,
  coverOf,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { chainsOf } from '../../support/media/media-events.ts'
import { photograph } from '../../support/media/pictures.ts'
import { rowsOfWorkspace, stateOf } from '../../support/state.ts'
import { blobOf, buildOrphan } from '../../support/upkeep/collecting.ts'
import { untilWaiting } from '../../support/waiting.ts'

const database = useDatabase()
removeTemporaryFolders()

const uploadOf = (slot: Upload['slot'], bytes: Buffer, more: Partial<Upload> = {}): Upload => ({
  fileName: 'a.jpg',
  slot,
  stream: Readable.from([bytes]),
  ...more,
})

async function blobWith(ctx: Ctx, id: string) {
  const blob = await blobOf(ctx, id)
  if (!blob) throw new Error('The blob is not there.')
  return blob
}

test('bytes that a garbage collection took are a retry, which leaves nothing of its transaction', async () => {
  const ctx = await buildCtx(database.db)
  const { media } = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id))
  const known = { ...(await blobWith(ctx, media.blobId)), id: newId() }
  const before = [await stateOf(ctx), await chainsOf(ctx)]
  // Before it locks the bytes it claims the key and makes a bookshelf, a book and a block.
  const upload = uploadOf(inboxSlot, Buffer.alloc(0), { idempotencyKey: 'once' })
  expect(await placeUpload(ctx, upload, { known })).toEqual({ retry: 'BYTES_COLLECTED' })
  expect([await stateOf(ctx), await chainsOf(ctx)]).toEqual(before)
})

test('a failure of the database is no retry', async () => {
  const ctx = await buildCtx(database.db)
  const { media } = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id))
  const known = await blobWith(ctx, media.blobId)
  const slot = { ...inboxSlot, make: () => Promise.reject(new Error('The database is gone.')) }
  await expect(placeUpload(ctx, uploadOf(slot, Buffer.alloc(0)), { known })).rejects.toThrow('gone')
})

test('an upload whose bytes are collected before its lock starts over: one block, one medium, its key kept', async () => {
  const ctx = await buildCtx(database.db)
  const bytes = await photograph()
  const { blobId } = await buildOrphan(ctx, { bytes })
  ctx.clock.ms += graceMs
  const { workspaceId } = ctx.actor
  const send = () => uploadMedia(ctx, uploadOf(inboxSlot, bytes, { idempotencyKey: 'once' }))
  const { uploading } = await transact(ctx.db, async (tx) => {
    await lockOrphans(tx, workspaceId, collectableSince(ctx.now()), [blobId])
    const uploading = send()
    await untilWaiting(ctx.db, 1, uploading)
    await removeBlobs(tx, workspaceId, [blobId])
    return { uploading }
  })
  const { decision, media } = succeeded(await uploading)
  expect(decision).toBe('INSERT')
  expect(media.blobId).not.toBe(blobId)
  const { blocks, media: all } = await rowsOfWorkspace(ctx.db, workspaceId)
  expect([blocks.map(({ id }) => id), all.map(({ id }) => id)]).toEqual([[media.blockId], [media.id]])
  expect(succeeded(await send())).toMatchObject({ decision: 'NOOP', media: { id: media.id } })
  expect(await checkMedia(ctx)).toEqual([])
})

test('an upload that gets no room since another has just stored the same bytes looks again and shares them', async () => {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  const { id: bookId } = await buildBook(ctx)
  const [here, there] = [await buildBlock(ctx, { bookId }), await buildBlock(ctx, { bookId })]
  const bytes = Buffer.concat([await photograph(), randomBytes(64)])
  const { media } = await buildPicture(ctx, imagesOf(here.id), { bytes })
  const blob = await blobWith(ctx, media.blobId)
  const where = { workspaceId_id: { workspaceId, id: media.id } }
  const row = await ctx.db.prisma.media.findUniqueOrThrow({ where, omit: { ownerId: true, listRole: true } })
  // As before that upload placed its bytes, which are in the storage.
  await ctx.db.prisma.media.deleteMany({ where: { workspaceId } })
  await ctx.db.prisma.blob.deleteMany({ where: { workspaceId } })
  succeeded(await updateWorkspace(ctx, { quotaBytes: blob.sizeBytes }))
  const { uploading } = await transact(ctx.db, async (tx) => {
    await lockQuota(tx, workspaceId, ctx.now())
    const uploading = uploadMedia(ctx, uploadOf(imagesOf(there.id), bytes))
    await untilWaiting(ctx.db, 1, uploading)
    await tx.blob.create({ data: blob })
    await tx.media.create({ data: row })
    await setUsedBytes(tx, workspaceId, blob.sizeBytes)
    return { uploading }
  })
  const placed = succeeded(await uploading)
  expect(placed).toMatchObject({ decision: 'INSERT', media: { blobId: blob.id, blockId: there.id } })
  expect(placed.media.storageKey).toBe(media.storageKey)
  expect(await checkMedia(ctx)).toEqual([])
})

/** Whether somebody else could lock a row just now. */
async function isLocked(table: 'books' | 'media' | 'blobs', id: string) {
  const text = `select 1 from ${table} where id = $1 for no key update skip locked`
  return (await database.db.pool.query(text, [id])).rowCount === 0
}

test('a locked slot has its owner and its cover locked; the bytes have a lock of their own', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const slot = coverOf('BOOK', book.id)
  const { media } = await buildPicture(ctx, slot)
  const known = await blobWith(ctx, media.blobId)
  const locked = () =>
    Promise.all([isLocked('books', book.id), isLocked('media', media.id), isLocked('blobs', known.id)])
  await transact(ctx.db, async (tx) => {
    const { occupant, policy } = succeeded(await lockSlot(ctx, tx, slot))
    expect([occupant?.id, policy.holds]).toEqual([media.id, 'one'])
    expect(await locked()).toEqual([true, true, false])
    expect(await lockBytes(ctx, tx, { known })).toEqual(known)
    expect(await locked()).toEqual([true, true, true])
  })
  expect(await locked()).toEqual([false, false, false])
})

test('a list has no occupant, and bytes that are stored already give the blob that has them', async () => {
  const ctx = await buildCtx(database.db)
  const slot = imagesOf((await buildBlock(ctx)).id)
  const { media } = await buildPicture(ctx, slot)
  const known = await blobWith(ctx, media.blobId)
  const fresh = {
    ...known,
    id: newId(),
    storageKey: `${known.storageKey}1`,
    refCount: 0,
    orphanedAt: ctx.now(),
  }
  await transact(ctx.db, async (tx) => {
    expect(await lockSlot(ctx, tx, slot)).toMatchObject({ slot, occupant: null, policy: { holds: 'list' } })
    expect(await lockBytes(ctx, tx, { fresh, reservationId: undefined })).toEqual(known)
    expect(await lockBytes(ctx, tx, { known: { ...known, id: newId() } })).toBeNull()
  })
})

test.each<[string, (ctx: Ctx) => Promise<Upload['slot']>, string]>([
  ['an owner that is not there', async () => imagesOf(newId()), 'NotFound'],
  ['an owner that is no id', async () => imagesOf('block'), 'NotFound'],
  [
    'a role that the owner does not have',
    async (ctx): Promise<Slot> => ({
      ownerType: 'BLOCK',
      ownerId: (await buildBlock(ctx)).id,
      role: 'COVER',
    }),
    'InvalidInput',
  ],
  [
    'an owner that cannot be made',
    async () => ({ ...inboxSlot, make: () => Promise.resolve(new NotFound('Book', newId())) }),
    'NotFound',
  ],
])('a slot is refused for %s', async (_case, slotIn, typename) => {
  const ctx = await buildCtx(database.db)
  const slot = await slotIn(ctx)
  const refused = await transact(ctx.db, (tx) => lockSlot(ctx, tx, slot))
  expect(refused).toBeInstanceOf(Failure)
  expect(refused).toMatchObject({ __typename: typename })
})
