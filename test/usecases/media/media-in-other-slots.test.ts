import { expect, test } from 'vitest'
import { AccessDenied } from '../../../src/domain/access.ts'
import { MediaInTrash } from '../../../src/domain/media-decision.ts'
import type { Slot } from '../../../src/domain/slots.ts'
import { type Ctx, newId } from '../../../src/usecases/context.ts'
import { attachMedia } from '../../../src/usecases/media/attach-media.ts'
import { checkMedia } from '../../../src/usecases/media/check-media.ts'
import { moveMedia } from '../../../src/usecases/media/move-media.ts'
import { updateMedia } from '../../../src/usecases/media/update-media.ts'
import { replayEvents } from '../../../src/usecases/media/replay-events.ts'
import { restoreItem } from '../../../src/usecases/trash/restore-item.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { updateWorkspace } from '../../../src/usecases/workspaces.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildMarker,
  buildPicture,
  coverOf,
  imagesOf,
  markerImagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { lastChain } from '../../support/media/media-events.ts'
import { filesBelow, rowsOfWorkspace } from '../../support/state.ts'

const database = useDatabase()
removeTemporaryFolders()

const dayMs = 24 * 60 * 60 * 1000

/** A book with a block that has a picture. */
async function buildIllustrated() {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const block = await buildBlock(ctx, { bookId: book.id })
  const { media } = await buildPicture(ctx, imagesOf(block.id), { fileName: '咖啡.jpg' })
  return { ctx, book, block, media, cover: coverOf('BOOK', book.id) }
}

const usedBytes = async ({ db, actor }: Ctx) =>
  (await db.prisma.workspace.findUniqueOrThrow({ where: { id: actor.workspaceId } })).usedBytes

const mediaIn = async ({ db, actor }: Ctx, { ownerId, role }: Slot) =>
  (
    await db.prisma.media.findMany({
      where: { workspaceId: actor.workspaceId, ownerId, role, deletionId: null },
      orderBy: { position: 'asc' },
    })
  ).map(({ id }) => id)

/** Rows, counts, quota and events agree. */
async function expectExact(ctx: Ctx) {
  expect(await checkMedia(ctx)).toEqual([])
  expect((await replayEvents(ctx)).problems).toEqual([])
}

const trashMedium = async (ctx: Ctx, id: string) => succeeded(await trashItem(ctx, { kind: 'MEDIA', id }))

test('a picture of a block becomes the cover of its book without an upload', async () => {
  const { ctx, media: uploaded, cover } = await buildIllustrated()
  const description = { altText: 'A cup', caption: 'In the morning', category: 'drinks' }
  const focalPoint = { x: 0.25, y: 1 }
  const { media } = succeeded(await updateMedia(ctx, { mediaId: uploaded.id, ...description, focalPoint }))
  // A full workspace: the file needs no room.
  succeeded(await updateWorkspace(ctx, { quotaBytes: media.sizeBytes }))
  const attached = succeeded(await attachMedia(ctx, { mediaId: media.id, slot: cover }))
  expect(attached).toMatchObject({ decision: 'INSERT', replaced: null })
  const { storageKey, sha256, fileName, createdBy } = media
  expect(attached.media).toMatchObject({ storageKey, sha256, fileName, createdBy, version: 1 })
  expect(attached.media).toMatchObject({ ...description, focalX: 0.25, focalY: 1 })
  expect(attached.media.id).not.toBe(media.id)
  expect(await lastChain(ctx)).toMatchObject({
    operation: 'ATTACH',
    decision: 'INSERT',
    mediaIds: [attached.media.id, media.id],
    changes: ['put'],
  })
  expect(await usedBytes(ctx)).toBe(media.sizeBytes)
  expect(await filesBelow(ctx.storageRoot)).toHaveLength(1)
  await expectExact(ctx)
})

test('a cover that is there goes to the trash, and the same picture is there once', async () => {
  const { ctx, media, cover } = await buildIllustrated()
  const { media: old } = await buildPicture(ctx, cover)
  const attached = succeeded(await attachMedia(ctx, { mediaId: media.id, slot: cover }))
  expect(attached).toMatchObject({ decision: 'REPLACE', replaced: { id: old.id } })
  const again = succeeded(await attachMedia(ctx, { mediaId: media.id, slot: cover }))
  expect(again).toMatchObject({ decision: 'DUPLICATE', media: { id: attached.media.id }, replaced: null })
  // Into its own slot as well.
  expect(await attachMedia(ctx, { mediaId: attached.media.id, slot: cover })).toMatchObject({
    decision: 'DUPLICATE',
    media: { id: attached.media.id },
  })
  expect(await mediaIn(ctx, cover)).toEqual([attached.media.id])
  await expectExact(ctx)
})

test('a repeated request has the first result, whatever became of the source', async () => {
  const { ctx, media, cover } = await buildIllustrated()
  await buildPicture(ctx, cover)
  const request = { mediaId: media.id, slot: cover, idempotencyKey: 'once' }
  const first = succeeded(await attachMedia(ctx, request))
  await trashMedium(ctx, media.id)
  const again = succeeded(await attachMedia(ctx, request))
  expect(again).toMatchObject({ decision: 'NOOP', media: { id: first.media.id }, replaced: first.replaced })
  const other = { ...request, mediaId: newId() }
  expect(await attachMedia(ctx, other)).toMatchObject({ __typename: 'IdempotencyKeyReused' })
  await expectExact(ctx)
})

test('a file goes to its place in a list, also when that renumbers the list', async () => {
  const { ctx, block, media } = await buildIllustrated()
  const slot: Slot = { ownerType: 'BLOCK', ownerId: block.id, role: 'ATTACHMENT' }
  const [first, second] = [(await buildPicture(ctx, slot)).media, (await buildPicture(ctx, slot)).media]
  const long = `a0${'0'.repeat(48)}`
  await ctx.db.prisma.media.updateMany({ where: { id: first.id }, data: { position: `${long}1` } })
  await ctx.db.prisma.media.updateMany({ where: { id: second.id }, data: { position: `${long}2` } })
  const { media: put } = succeeded(await attachMedia(ctx, { mediaId: media.id, slot, beforeId: second.id }))
  expect(await mediaIn(ctx, slot)).toEqual([first.id, put.id, second.id])
  expect(await lastChain(ctx)).toMatchObject({ changes: ['renumber', 'put'] })
  await expectExact(ctx)
})

test('what a slot does not take is refused, leaves its chain and nothing else', async () => {
  const { ctx, book, block, media, cover } = await buildIllustrated()
  const few = { ...ctx, limits: { ...ctx.limits, filesPerOwner: 1 } }
  const attachments: Slot = { ownerType: 'BLOCK', ownerId: block.id, role: 'ATTACHMENT' }
  const stranger = await buildCtx(database.db)
  const { media: foreign } = await buildPicture(stranger, imagesOf((await buildBlock(stranger)).id))
  const marker = await buildMarker(ctx)
  const videos: Slot = { ...imagesOf(block.id), role: 'VIDEO' }
  const refused: [string, Ctx, Parameters<typeof attachMedia>[1]][] = [
    ['NotFound', ctx, { mediaId: newId(), slot: cover }],
    ['NotFound', ctx, { mediaId: 'picture', slot: cover }],
    ['NotFound', ctx, { mediaId: foreign.id, slot: cover }],
    ['NotFound', ctx, { mediaId: media.id, slot: coverOf('BOOK', newId()) }],
    ['NotFound', stranger, { mediaId: foreign.id, slot: cover }],
    ['NotFound', ctx, { mediaId: media.id, slot: attachments, afterId: media.id }],
    ['UnsupportedFileType', ctx, { mediaId: media.id, slot: videos }],
    ['InvalidInput', ctx, { mediaId: media.id, slot: { ...cover, role: 'IMAGE' } }],
    ['InvalidInput', ctx, { mediaId: media.id, slot: cover, afterId: media.id }],
    ['InvalidInput', ctx, { mediaId: media.id, slot: cover, idempotencyKey: ' ' }],
    ['TooManyFiles', few, { mediaId: media.id, slot: attachments }],
    ['VersionConflict', ctx, { mediaId: media.id, slot: cover, expectedVersion: 7 }],
  ]
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  for (const [reason, asking, input] of refused) {
    expect(await attachMedia(asking, input)).toMatchObject({ __typename: reason })
    expect(await lastChain(asking)).toMatchObject({ operation: 'ATTACH', decision: 'REJECT', reason })
  }
  const viewer: Ctx = { ...ctx, actor: { ...ctx.actor, role: 'VIEWER' } }
  await expect(attachMedia(viewer, { mediaId: media.id, slot: cover })).rejects.toThrow(AccessDenied)
  expect(await lastChain(ctx)).toMatchObject({ decision: 'REJECT', reason: 'AccessDenied' })
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
  // The counterparts that work.
  for (const slot of [attachments, markerImagesOf(marker.id), coverOf('BOOKSHELF', book.bookshelfId)])
    expect(await attachMedia(ctx, { mediaId: media.id, slot })).toMatchObject({ decision: 'INSERT' })
})

test('a media item in the trash is offered for its restore, or attached when the client insists', async () => {
  const { ctx, media, cover } = await buildIllustrated()
  const { deletion } = await trashMedium(ctx, media.id)
  const offer = await attachMedia(ctx, { mediaId: media.id, slot: cover })
  if (!(offer instanceof MediaInTrash)) throw new Error('It was not offered.')
  expect(offer).toMatchObject({ media: { id: media.id }, deletion: { id: deletion.id } })
  const { itemId, slot, whenTaken } = offer.restoreItem
  const again = succeeded(
    await attachMedia(ctx, { mediaId: media.id, slot: cover, whenInTrash: 'UPLOAD_AGAIN' }),
  )
  expect(again.decision).toBe('INSERT')
  await trashMedium(ctx, again.media.id)
  succeeded(await restoreItem(ctx, { itemId, target: { slot }, whenTaken }))
  expect(await mediaIn(ctx, cover)).toEqual([media.id])
  await expectExact(ctx)

  const { deletion: last } = await trashMedium(ctx, media.id)
  ctx.clock.ms += 31 * dayMs
  for (const whenInTrash of ['OFFER_RESTORE', 'UPLOAD_AGAIN'] as const)
    expect(await attachMedia(ctx, { mediaId: media.id, slot: cover, whenInTrash })).toMatchObject({
      __typename: 'RetentionExpired',
      purgeAfter: last.purgeAfter,
    })
})

test('a picture moves from a block to the cover, which it replaces, and back to another list', async () => {
  const { ctx, block, media, cover } = await buildIllustrated()
  const { media: old } = await buildPicture(ctx, cover)
  const moved = succeeded(await moveMedia(ctx, { mediaId: media.id, slot: cover }))
  expect(moved).toMatchObject({ decision: 'REPLACE', replaced: { id: old.id } })
  expect(moved.media).toMatchObject({ id: media.id, bookId: cover.ownerId, blockId: null, role: 'COVER' })
  expect(moved.media.version).toBe(media.version + 1)
  expect(await mediaIn(ctx, imagesOf(block.id))).toEqual([])
  expect(await lastChain(ctx)).toMatchObject({
    operation: 'MOVE',
    decision: 'REPLACE',
    mediaIds: [media.id, old.id],
    changes: ['trash', 'move'],
  })
  // It is there already.
  expect(await moveMedia(ctx, { mediaId: media.id, slot: cover })).toMatchObject({ decision: 'NOOP' })

  const slot: Slot = { ownerType: 'BLOCK', ownerId: block.id, role: 'ATTACHMENT' }
  const { media: attachment } = await buildPicture(ctx, slot)
  const back = succeeded(await moveMedia(ctx, { mediaId: media.id, slot, beforeId: attachment.id }))
  expect([back.decision, back.replaced]).toEqual(['INSERT', null])
  expect(await mediaIn(ctx, slot)).toEqual([media.id, attachment.id])
  // To another list of the same owner, which stays within the limit.
  const few = { ...ctx, limits: { ...ctx.limits, filesPerOwner: 2 } }
  expect(await moveMedia(few, { mediaId: media.id, slot: imagesOf(block.id) })).toMatchObject({
    decision: 'INSERT',
  })
  expect(await mediaIn(ctx, imagesOf(block.id))).toEqual([media.id])
  await expectExact(ctx)
})

test('a move that another slot does not take changes nothing', async () => {
  const { ctx, block, media, cover } = await buildIllustrated()
  const { media: same } = succeeded(await attachMedia(ctx, { mediaId: media.id, slot: cover }))
  const { id: fullId } = await buildBlock(ctx)
  await buildPicture(ctx, imagesOf(fullId))
  const few = { ...ctx, limits: { ...ctx.limits, filesPerOwner: 1 } }
  const stranger = await buildCtx(database.db)
  const videos: Slot = { ...imagesOf(block.id), role: 'VIDEO' }
  const refused: [object, Ctx, Parameters<typeof moveMedia>[1]][] = [
    [{ __typename: 'AlreadyInSlot', media: { id: same.id } }, ctx, { mediaId: media.id, slot: cover }],
    [{ __typename: 'TooManyFiles', limit: 1 }, few, { mediaId: media.id, slot: imagesOf(fullId) }],
    [{ __typename: 'UnsupportedFileType' }, ctx, { mediaId: media.id, slot: videos }],
    [{ __typename: 'InvalidInput' }, ctx, { mediaId: media.id, slot: cover, beforeId: same.id }],
    [{ __typename: 'InvalidInput' }, ctx, { mediaId: same.id }],
    [{ __typename: 'NotFound', id: fullId }, stranger, { mediaId: media.id, slot: imagesOf(fullId) }],
    [{ __typename: 'NotFound' }, ctx, { mediaId: media.id, slot: imagesOf(newId()) }],
    [{ __typename: 'VersionConflict' }, ctx, { mediaId: media.id, slot: cover, expectedVersion: 7 }],
  ]
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  for (const [failure, asking, input] of refused) {
    const result = await moveMedia(asking, input)
    if (asking === stranger) expect(result).toMatchObject({ __typename: 'NotFound', entity: 'Media' })
    else expect(result).toMatchObject(failure)
  }
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
  await trashItem(ctx, { kind: 'BLOCK', id: block.id })
  expect(await moveMedia(ctx, { mediaId: media.id, slot: imagesOf(fullId) })).toMatchObject({
    __typename: 'NotFound',
    entity: 'Media',
  })
})
