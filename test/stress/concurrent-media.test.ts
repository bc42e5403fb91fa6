import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import { QuotaExceeded } from '../../src/domain/quota.ts'
import type { Slot } from '../../src/domain/slots.ts'
import { storedKey } from '../../src/domain/storage-key.ts'
import { TooManyFiles } from '../../src/domain/upload-limits.ts'
import { checkMedia } from '../../src/usecases/media/check-media.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { forgetReservations, reserveRoom } from '../../src/usecases/media/quota.ts'
import { replayEvents } from '../../src/usecases/media/replay-events.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import type { Upload } from '../../src/usecases/media/upload.ts'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import { updateWorkspace } from '../../src/usecases/workspaces.ts'
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
import { chainsOf } from '../support/media/media-events.ts'
import { photograph } from '../support/media/pictures.ts'
import { filesBelow, rowsOfWorkspace } from '../support/state.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const clients = 50

const send = (ctx: Ctx, slot: Slot, bytes: Buffer, more: Partial<Upload> = {}) =>
  uploadMedia(ctx, { fileName: 'a.jpg', slot, stream: Readable.from([bytes]), ...more })

/** Pictures of the same size in bytes, each another one: what comes after the end of a JPEG belongs to the file. */
async function pictures(count: number) {
  const picture = await photograph()
  return Array.from({ length: count }, () => Buffer.concat([picture, randomBytes(64)]))
}

/** Nothing is lost, nothing is left over: rows, files, counts and events agree. */
async function expectExact(ctx: Awaited<ReturnType<typeof buildCtx>>, files: number) {
  expect(await checkMedia(ctx)).toEqual([])
  expect((await replayEvents(ctx)).problems).toEqual([])
  const { media, blobs } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect([media.length, blobs.length]).toEqual([files, files])
  expect(await filesBelow(ctx.storageRoot)).toHaveLength(files)
  const { workspaceId } = ctx.actor
  expect(await ctx.db.prisma.uploadReservation.count({ where: { workspaceId } })).toBe(0)
}

const only = <T>(results: readonly T[]) => results.filter((result) => !(result instanceof Failure))

test('50 clients into one cover: one is live, each replaced the one before, nothing is lost', async () => {
  const ctx = await buildCtx(database.db)
  const slot = coverOf('BOOK', (await buildBook(ctx)).id)
  const results = await Promise.all((await pictures(clients)).map((bytes) => send(ctx, slot, bytes)))
  const decisions = results.map((result) => succeeded(result).decision)
  expect(decisions.filter((decision) => decision === 'INSERT')).toHaveLength(1)
  expect(decisions.filter((decision) => decision === 'REPLACE')).toHaveLength(clients - 1)
  const { media } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(media.filter((row) => row.deletion_id === null)).toHaveLength(1)
  await expectExact(ctx, clients)
})

test('50 clients into a list of 48: two get in, the others are told the limit', async () => {
  const ctx = await buildCtx(database.db)
  const slot = imagesOf((await buildBlock(ctx)).id)
  const [before, coming] = [await pictures(48), await pictures(clients)]
  for (const bytes of before) succeeded(await send(ctx, slot, bytes))
  const results = await Promise.all(coming.map((bytes) => send(ctx, slot, bytes)))
  expect(only(results)).toHaveLength(2)
  for (const result of results) {
    if (result instanceof Failure) expect(result).toEqual(new TooManyFiles(50))
  }
  await expectExact(ctx, 50)
})

test('the files of all slots of an owner count together, and a restored one too', async () => {
  const ctx = await buildCtx(database.db)
  const few = { ...ctx, limits: { ...ctx.limits, filesPerOwner: 2 } }
  const { id: ownerId } = await buildBlock(ctx)
  const attachments: Slot = { ownerType: 'BLOCK', ownerId, role: 'ATTACHMENT' }
  const { media } = await buildPicture(few, imagesOf(ownerId))
  await buildPicture(few, attachments)
  const [bytes] = await pictures(1)
  if (!bytes) throw new Error('There is no picture.')
  expect(await send(few, attachments, bytes)).toBeInstanceOf(TooManyFiles)
  const { deletion } = succeeded(await trashItem(few, { kind: 'MEDIA', id: media.id }))
  succeeded(await send(few, attachments, bytes))
  const restored = await restoreDeletion(few, { deletionId: deletion.id })
  expect(restored).toMatchObject({ reason: 'OWNER_FULL', blockedBy: { id: ownerId } })
})

test('50 clients with one idempotency key and one file: it is stored once, and all get it', async () => {
  const ctx = await buildCtx(database.db)
  const slot = imagesOf((await buildBlock(ctx)).id)
  const [bytes] = await pictures(1)
  if (!bytes) throw new Error('There is no picture.')
  const results = await Promise.all(
    Array.from({ length: clients }, () => send(ctx, slot, bytes, { idempotencyKey: 'one' })),
  )
  const all = results.map(succeeded)
  expect(new Set(all.map(({ media }) => media.id)).size).toBe(1)
  expect(all.filter(({ decision }) => decision === 'INSERT')).toHaveLength(1)
  expect(all.filter(({ decision }) => decision === 'NOOP')).toHaveLength(clients - 1)
  await expectExact(ctx, 1)
})

test('50 clients with one idempotency key and a file each: one is stored, the others are told', async () => {
  const ctx = await buildCtx(database.db)
  const slot = imagesOf((await buildBlock(ctx)).id)
  const results = await Promise.all(
    (await pictures(clients)).map((bytes) => send(ctx, slot, bytes, { idempotencyKey: 'one' })),
  )
  expect(only(results)).toHaveLength(1)
  for (const result of results) {
    if (result instanceof Failure) expect(result).toMatchObject({ __typename: 'IdempotencyKeyReused' })
  }
  await expectExact(ctx, 1)
})

test('50 clients for the last room of a quota: one gets it, to the byte', async () => {
  const ctx = await buildCtx(database.db)
  const { id: bookId } = await buildBook(ctx)
  const blocks = await Promise.all(Array.from({ length: clients }, () => buildBlock(ctx, { bookId })))
  const [first, ...coming] = await pictures(clients + 1)
  if (!first) throw new Error('There is no picture.')
  succeeded(await send(ctx, imagesOf(blocks[0]?.id ?? ''), first))
  const quotaBytes = BigInt(2 * first.length)
  succeeded(await updateWorkspace(ctx, { quotaBytes }))

  const results = await Promise.all(
    coming.map((bytes, index) => send(ctx, imagesOf(blocks[index]?.id ?? ''), bytes)),
  )
  expect(only(results)).toHaveLength(1)
  for (const result of results) {
    if (result instanceof Failure) {
      expect(result).toBeInstanceOf(QuotaExceeded)
      expect(result).toMatchObject({ limitBytes: quotaBytes, requestedBytes: BigInt(first.length) })
    }
  }
  const { usedBytes } = await ctx.db.prisma.workspace.findUniqueOrThrow({
    where: { id: ctx.actor.workspaceId },
  })
  expect(usedBytes).toBe(quotaBytes)
  await expectExact(ctx, 2)
})

test('20 clients that send the same new file to 20 places need its room once', async () => {
  const ctx = await buildCtx(database.db)
  const { id: bookId } = await buildBook(ctx)
  const blocks = await Promise.all(Array.from({ length: 20 }, () => buildBlock(ctx, { bookId })))
  const [bytes] = await pictures(1)
  if (!bytes) throw new Error('There is no picture.')
  succeeded(await updateWorkspace(ctx, { quotaBytes: BigInt(bytes.length) }))
  const results = await Promise.all(blocks.map(({ id }) => send(ctx, imagesOf(id), bytes)))
  // Who asks while the first one stores them has to be refused; nobody is who comes after.
  for (const result of results) if (result instanceof Failure) expect(result).toBeInstanceOf(QuotaExceeded)
  for (const { id } of blocks) succeeded(await send(ctx, imagesOf(id), bytes))
  expect(await checkMedia(ctx)).toEqual([])
})

test('bytes whose file was lost are stored again in a workspace that is full', async () => {
  const ctx = await buildCtx(database.db)
  const slot = imagesOf((await buildBlock(ctx)).id)
  const [bytes] = await pictures(1)
  if (!bytes) throw new Error('There is no picture.')
  const { media } = succeeded(await send(ctx, slot, bytes))
  succeeded(await updateWorkspace(ctx, { quotaBytes: BigInt(bytes.length) }))
  await ctx.storage.remove(storedKey(media.storageKey))
  const again = succeeded(await send(ctx, slot, bytes))
  expect(again).toMatchObject({ decision: 'DUPLICATE', media: { id: media.id } })
  expect(await ctx.storage.size(storedKey(again.media.storageKey))).toBe(bytes.length)
  expect(await checkMedia(ctx)).toEqual([])
})

test('bytes that are there already need no room, and an upload that breaks off gives its room back', async () => {
  const ctx = await buildCtx(database.db)
  const { id: bookId } = await buildBook(ctx)
  const [one, two] = [await buildBlock(ctx, { bookId }), await buildBlock(ctx, { bookId })]
  const [bytes, more] = await pictures(2)
  if (!bytes || !more) throw new Error('There are no pictures.')
  succeeded(await send(ctx, imagesOf(one.id), bytes))
  succeeded(await updateWorkspace(ctx, { quotaBytes: BigInt(2 * bytes.length) }))
  async function* breaking() {
    yield await Promise.resolve(more?.subarray(0, 1000))
    throw new Error('The client is gone.')
  }
  const slot = imagesOf(one.id)
  await expect(uploadMedia(ctx, { fileName: 'a', slot, stream: Readable.from(breaking()) })).rejects.toThrow(
    'interrupted',
  )
  const full = { ...ctx.storage, keep: () => Promise.reject(new Error('The disk is full.')) }
  await expect(send({ ...ctx, storage: full }, slot, more)).rejects.toThrow('full')
  expect(await ctx.db.prisma.uploadReservation.count({ where: { workspaceId: ctx.actor.workspaceId } })).toBe(
    0,
  )

  expect(await send(ctx, imagesOf(one.id), more)).toMatchObject({ decision: 'INSERT' })
  expect(await send(ctx, imagesOf(two.id), more)).toMatchObject({ decision: 'INSERT' })
  expect(await checkMedia(ctx)).toEqual([])
})

test('room that a killed server reserved is held for an hour, then given up and forgotten', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const [bytes] = await pictures(1)
  if (!bytes) throw new Error('There is no picture.')
  succeeded(await updateWorkspace(ctx, { quotaBytes: BigInt(bytes.length) }))
  expect(await reserveRoom(ctx, 1n)).toMatchObject({ id: expect.any(String) as string })
  expect(await send(ctx, imagesOf(block.id), bytes)).toMatchObject({ reservedBytes: 1n, usedBytes: 0n })
  ctx.clock.ms += 60 * 60 * 1000
  expect(await send(ctx, imagesOf(block.id), bytes)).toMatchObject({ decision: 'INSERT' })
  expect(await forgetReservations(ctx)).toBeGreaterThanOrEqual(1)
  expect(await ctx.db.prisma.uploadReservation.count({ where: { workspaceId: ctx.actor.workspaceId } })).toBe(
    0,
  )
})

test('a chain is whole also when many write at once', async () => {
  const ctx = await buildCtx(database.db)
  const slot = imagesOf((await buildBlock(ctx)).id)
  await Promise.all((await pictures(10)).map((bytes) => send(ctx, slot, bytes)))
  const chains = await chainsOf(ctx)
  expect(chains).toHaveLength(10)
  for (const chain of chains) {
    expect(chain.map(({ step }) => step)).toEqual(['REQUEST', 'DECISION', 'DB', 'RESULT'])
  }
})
