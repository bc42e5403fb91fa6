import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { AccessDenied } from '../../../src/domain/access.ts'
import type { Slot } from '../../../src/domain/slots.ts'
import { type Ctx, newId } from '../../../src/usecases/context.ts'
import { moveMedia } from '../../../src/usecases/media/move-media.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import type { Upload } from '../../../src/usecases/media/upload.ts'
import { uploadMedia } from '../../../src/usecases/media/upload-media.ts'
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
import { chainsOf, lastChain } from '../../support/media/media-events.ts'
import { photograph } from '../../support/media/pictures.ts'
import { filesBelow, rowsOfWorkspace } from '../../support/state.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const send = (ctx: Ctx, slot: Slot, bytes: Buffer, more: Partial<Upload> = {}) =>
  uploadMedia(ctx, { fileName: 'a.jpg', slot, stream: Readable.from([bytes]), ...more })

const steps = ['REQUEST', 'DECISION', 'DB', 'RESULT']

/** A chain of a decision that was made. */
const chain = (operation: string, decision: string, mediaIds: string[], changes: string[]) => ({
  steps,
  asked: null,
  operation,
  decision,
  answered: decision,
  reason: null,
  mediaIds,
  changes,
})

test('INSERT: new bytes in a list', async () => {
  const ctx = await buildCtx(database.db)
  const { decision, media, replaced } = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id))
  expect([decision, replaced]).toEqual(['INSERT', null])
  expect(await lastChain(ctx)).toEqual(chain('UPLOAD', 'INSERT', [media.id], ['put']))
})

test('REPLACE: new bytes for a cover', async () => {
  const ctx = await buildCtx(database.db)
  const slot = coverOf('BOOK', (await buildBook(ctx)).id)
  const { media: old } = await buildPicture(ctx, slot)
  const { decision, media, replaced } = await buildPicture(ctx, slot)
  expect([decision, replaced?.id]).toEqual(['REPLACE', old.id])
  expect(await lastChain(ctx)).toEqual(chain('UPLOAD', 'REPLACE', [media.id, old.id], ['trash', 'put']))
})

test.each<[string, (ctx: Ctx) => Promise<Slot>]>([
  ['a list', async (ctx) => imagesOf((await buildBlock(ctx)).id)],
  ['a cover', async (ctx) => coverOf('BOOK', (await buildBook(ctx)).id)],
])('DUPLICATE: the same bytes in %s are the medium that is there', async (_case, slotIn) => {
  const ctx = await buildCtx(database.db)
  const slot = await slotIn(ctx)
  const bytes = await photograph()
  const { media } = await buildPicture(ctx, slot, { bytes })
  const again = succeeded(await send(ctx, slot, bytes, { fileName: 'other.jpg' }))
  expect(again).toEqual({ decision: 'DUPLICATE', media, replaced: null })
  expect(await lastChain(ctx)).toEqual(chain('UPLOAD', 'DUPLICATE', [media.id], []))
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).media).toHaveLength(1)
  expect(await filesBelow(ctx.storageRoot)).toHaveLength(1)
})

test('a duplicate remembers its idempotency key', async () => {
  const ctx = await buildCtx(database.db)
  const slot = imagesOf((await buildBlock(ctx)).id)
  const bytes = await photograph()
  const { media } = await buildPicture(ctx, slot, { bytes })
  for (const decision of ['DUPLICATE', 'NOOP']) {
    const result = succeeded(await send(ctx, slot, bytes, { idempotencyKey: 'twice' }))
    expect([result.decision, result.media.id]).toEqual([decision, media.id])
  }
})

test('NOOP: a request that was done before, and a move to where it is', async () => {
  const ctx = await buildCtx(database.db)
  const slot = coverOf('BOOK', (await buildBook(ctx)).id)
  const { media: old } = await buildPicture(ctx, slot)
  const bytes = await photograph()
  const first = succeeded(await send(ctx, slot, bytes, { idempotencyKey: 'once' }))
  const again = succeeded(await send(ctx, slot, bytes, { idempotencyKey: 'once' }))
  expect(again).toMatchObject({ decision: 'NOOP', media: { id: first.media.id }, replaced: { id: old.id } })
  expect(await lastChain(ctx)).toEqual(chain('UPLOAD', 'NOOP', [first.media.id, old.id], []))

  const { media: picture } = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id))
  expect(await moveMedia(ctx, { mediaId: picture.id, place: 'LAST' })).toMatchObject({ decision: 'NOOP' })
  expect(await lastChain(ctx)).toEqual(chain('MOVE', 'NOOP', [picture.id], []))
})

test('REJECT: whatever is refused leaves its chain and nothing else', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const slot = imagesOf(block.id)
  const { media } = await buildPicture(ctx, slot)
  const bytes = await photograph()
  await send(ctx, slot, bytes, { idempotencyKey: 'taken' })
  const refused: [string, () => Promise<unknown>][] = [
    ['UnsupportedFileType', () => send(ctx, slot, Buffer.from('no picture'))],
    ['UnreadableFile', () => send(ctx, slot, bytes.subarray(0, 2000))],
    ['UnreadableFile', () => send(ctx, slot, Buffer.alloc(0))],
    ['InvalidInput', () => send(ctx, coverOf('BOOK', block.id), bytes, { idempotencyKey: ' ' })],
    ['NotFound', () => send(ctx, imagesOf(newId()), bytes)],
    ['NotFound', () => send(ctx, imagesOf('block'), bytes)],
    ['IdempotencyKeyReused', async () => send(ctx, slot, await photograph(), { idempotencyKey: 'taken' })],
    ['FileTooLarge', () => send({ ...ctx, limits: { ...ctx.limits, imageBytes: 1000 } }, slot, bytes)],
    ['TooManyPixels', async () => send(tiny(ctx), slot, await photograph())],
    ['NotFound', () => moveMedia(ctx, { mediaId: newId(), place: 'LAST' })],
    ['VersionConflict', () => moveMedia(ctx, { mediaId: media.id, place: 'LAST', expectedVersion: 9 })],
    ['InvalidInput', () => moveMedia(ctx, { mediaId: media.id })],
    ['NotFound', () => trashItem(ctx, { kind: 'MEDIA', id: newId() })],
  ]
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  for (const [reason, work] of refused) {
    const count = (await chainsOf(ctx)).length
    expect(await work()).toMatchObject({ __typename: reason })
    expect((await chainsOf(ctx)).length).toBe(count + 1)
    expect(await lastChain(ctx)).toMatchObject({
      steps,
      decision: 'REJECT',
      answered: 'REJECT',
      reason,
      changes: [],
    })
  }
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

const tiny = (ctx: Ctx): Ctx => ({ ...ctx, limits: { ...ctx.limits, imagePixels: 10 } })

test('a picture among attachments is read up to the limit of pictures, not that of videos', async () => {
  const ctx = await buildCtx(database.db)
  const limits = { ...ctx.limits, imageBytes: 100_000, videoBytes: 10_000_000 }
  const { id: ownerId } = await buildBlock(ctx)
  const picture = await photograph()
  let read = 0
  function* endless() {
    for (const chunk of [picture, ...Array.from({ length: 100 }, () => Buffer.alloc(50_000))]) {
      read += chunk.length
      yield chunk
    }
  }
  const result = await uploadMedia(
    { ...ctx, limits },
    {
      slot: { ownerType: 'BLOCK', ownerId, role: 'ATTACHMENT' },
      fileName: 'a.jpg',
      stream: Readable.from(endless(), { highWaterMark: 1 }),
    },
  )
  expect(result).toMatchObject({ __typename: 'FileTooLarge', limitBytes: 100_000n })
  expect(read).toBeLessThan(1_000_000)
})

test('who may not write, and a fault of the server, leave their chains too', async () => {
  const ctx = await buildCtx(database.db)
  const slot = imagesOf((await buildBlock(ctx)).id)
  const bytes = await photograph()
  const viewer: Ctx = { ...ctx, actor: { ...ctx.actor, role: 'VIEWER' } }
  await expect(send(viewer, slot, bytes)).rejects.toBeInstanceOf(AccessDenied)
  expect(await lastChain(ctx)).toMatchObject({ steps, decision: 'REJECT', reason: 'AccessDenied' })

  const { media } = await buildPicture(ctx, coverOf('BOOK', (await buildBook(ctx)).id))
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'MEDIA', id: media.id }))
  const refused = { steps, decision: 'REJECT', reason: 'AccessDenied', mediaIds: [media.id] }
  const attempts = {
    TRASH: () => trashItem(viewer, { kind: 'MEDIA', id: media.id }),
    RESTORE: () => restoreDeletion(viewer, { deletionId: deletion.id }),
    MOVE: () => moveMedia(viewer, { mediaId: media.id, place: 'LAST' }),
  }
  for (const [operation, attempt] of Object.entries(attempts)) {
    await expect(attempt()).rejects.toBeInstanceOf(AccessDenied)
    expect(await lastChain(ctx)).toMatchObject({ operation, ...refused })
  }
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const files = await filesBelow(ctx.storageRoot)

  const broken: Ctx = {
    ...ctx,
    storage: { ...ctx.storage, keep: () => Promise.reject(new Error('No disk.')) },
  }
  await expect(send(broken, slot, bytes)).rejects.toThrow('No disk.')
  expect(await lastChain(ctx)).toMatchObject({ steps, decision: 'REJECT', reason: 'InternalError' })
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
  expect(await filesBelow(ctx.storageRoot)).toEqual(files)
})

test('trash and restore of a medium, and of a book with its media, are events', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const { media: cover } = await buildPicture(ctx, coverOf('BOOK', book.id))
  const block = await buildBlock(ctx, { bookId: book.id })
  const { media: picture } = await buildPicture(ctx, imagesOf(block.id))

  const { deletion } = succeeded(await trashItem(ctx, { kind: 'MEDIA', id: picture.id }))
  expect(await lastChain(ctx)).toEqual(chain('TRASH', 'REPLACE', [picture.id], ['trash']))
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect(await lastChain(ctx)).toEqual(chain('RESTORE', 'INSERT', [picture.id], ['restore']))
  const count = (await chainsOf(ctx)).length
  expect(await restoreDeletion(ctx, { deletionId: deletion.id })).toMatchObject({ __typename: 'NotInTrash' })
  expect(await lastChain(ctx)).toMatchObject({
    operation: 'RESTORE',
    decision: 'REJECT',
    reason: 'NotInTrash',
  })
  expect((await chainsOf(ctx)).length).toBe(count + 1)

  const whole = succeeded(await trashItem(ctx, { kind: 'BOOK', id: book.id }))
  const both = [cover.id, picture.id].sort()
  const trashed = await lastChain(ctx)
  expect({ ...trashed, mediaIds: [...(trashed.mediaIds ?? [])].sort() }).toEqual(
    chain('TRASH', 'REPLACE', both, ['trash']),
  )
  expect((await chainsOf(ctx)).at(-1)?.[0]?.owner_id).toBe(book.id)
  succeeded(await restoreDeletion(ctx, { deletionId: whole.deletion.id }))
  const restored = await lastChain(ctx)
  expect({ ...restored, mediaIds: [...(restored.mediaIds ?? [])].sort() }).toEqual(
    chain('RESTORE', 'INSERT', both, ['restore']),
  )
})

test('the events of a request have its id, and nobody changes or removes them', async () => {
  const ctx = await buildCtx(database.db)
  await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id))
  const [events = []] = await chainsOf(ctx)
  expect(events.map(({ request_id }) => request_id)).toEqual(Array(4).fill(ctx.requestId))
  for (const text of [
    `update media_events set reason = 'x'`,
    'delete from media_events',
    'truncate media_events',
  ]) {
    await expect(database.db.pool.query(text)).rejects.toThrow('only ever added')
  }
})

test('bytes whose only medium is in the trash are offered to be restored, to where they are wanted', async () => {
  const ctx = await buildCtx(database.db)
  const [here, there] = [await buildBlock(ctx), await buildBlock(ctx)]
  const bytes = await photograph()
  const { media } = await buildPicture(ctx, imagesOf(here.id), { bytes })
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'MEDIA', id: media.id }))

  const offer = await send(ctx, imagesOf(there.id), bytes)
  expect(offer).toMatchObject({
    __typename: 'MediaInTrash',
    media: { id: media.id },
    deletion: { id: deletion.id },
  })
  expect(await lastChain(ctx)).toMatchObject({ decision: 'REJECT', reason: 'MediaInTrash' })
  const target = { slot: imagesOf(there.id) }
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id, target }))
  const again = succeeded(await send(ctx, imagesOf(there.id), bytes))
  expect(again).toMatchObject({ decision: 'DUPLICATE', media: { id: media.id, blockId: there.id } })
})

test('bytes in the trash can be uploaded again, and are when they are live elsewhere or cannot be restored', async () => {
  const ctx = await buildCtx(database.db)
  const [here, there] = [await buildBlock(ctx), await buildBlock(ctx)]
  const bytes = await photograph()
  const { media } = await buildPicture(ctx, imagesOf(here.id), { bytes })
  succeeded(await trashItem(ctx, { kind: 'MEDIA', id: media.id }))
  const again = succeeded(await send(ctx, imagesOf(here.id), bytes, { whenInTrash: 'UPLOAD_AGAIN' }))
  expect(again).toMatchObject({ decision: 'INSERT', media: { blobId: media.blobId } })
  expect(again.media.id).not.toBe(media.id)
  expect(await send(ctx, imagesOf(there.id), bytes)).toMatchObject({ decision: 'INSERT' })
  expect(await filesBelow(ctx.storageRoot)).toHaveLength(1)

  const other = await buildCtx(database.db)
  const block = await buildBlock(other)
  const { media: old } = await buildPicture(other, imagesOf(block.id), { bytes })
  succeeded(await trashItem(other, { kind: 'MEDIA', id: old.id }))
  other.clock.ms += 30 * 24 * 60 * 60 * 1000
  expect(await send(other, imagesOf(block.id), bytes)).toMatchObject({ decision: 'INSERT' })
})

test('what is in the trash of another workspace is not offered: nobody learns that it is there', async () => {
  const [mine, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
  const bytes = await photograph()
  const { media } = await buildPicture(theirs, imagesOf((await buildBlock(theirs)).id), { bytes })
  succeeded(await trashItem(theirs, { kind: 'MEDIA', id: media.id }))
  expect(await send(mine, imagesOf((await buildBlock(mine)).id), bytes)).toMatchObject({ decision: 'INSERT' })
})
