import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { Failure, InvalidInput, NotFound } from '../../../src/domain/failure.ts'
import type { MediaOwnerType, MediaRole, Slot } from '../../../src/domain/slots.ts'
import { type Ctx, newId } from '../../../src/usecases/context.ts'
import { moveMedia } from '../../../src/usecases/media/move-media.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { uploadMedia } from '../../../src/usecases/media/upload-media.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildPicture,
  buildShelf,
  coverOf,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { photograph, photographFile } from '../../support/media/pictures.ts'
import { filesBelow, idsOf, listOf, rowsOfWorkspace, stateOf } from '../../support/state.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

const slots: [string, (ctx: Ctx) => Promise<Slot>][] = [
  ['the cover of a bookshelf', async (ctx) => coverOf('BOOKSHELF', (await buildShelf(ctx)).id)],
  ['the cover of a book', async (ctx) => coverOf('BOOK', (await buildBook(ctx)).id)],
  ['the pictures of a block', async (ctx) => imagesOf((await buildBlock(ctx)).id)],
]

test.each(slots)('a picture goes into %s, byte by byte', async (_case, slotIn) => {
  const ctx = await buildCtx(database.db)
  const slot = await slotIn(ctx)
  const bytes = await photographFile('upright-coffee.jpg')
  const { media, replaced } = await buildPicture(ctx, slot, { bytes, fileName: '咖啡.jpg' })
  expect(replaced).toBeNull()
  expect(media).toMatchObject({
    role: slot.role,
    fileName: '咖啡.jpg',
    category: 'upload',
    createdBy: 'owner',
    mimeType: 'image/jpeg',
    extension: 'jpg',
    sha256: sha256(bytes),
    sizeBytes: BigInt(bytes.length),
    orientation: 6,
    version: 1,
    deletionId: null,
  })
  const turned = await sharp(bytes).autoOrient().toBuffer({ resolveWithObject: true })
  expect(media).toMatchObject({ width: turned.info.width, height: turned.info.height })
  expect(media.placeholder).toMatch(/^[A-Za-z0-9+/]{20,}=*$/)
  expect(media.storageKey).toMatch(/^files\/\d+-jpg-\d{12}$/)
  expect(await readFile(join(ctx.storageRoot, media.storageKey))).toEqual(bytes)
  expect(await filesBelow(ctx.storageRoot)).toHaveLength(1)
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).jobs).toBe(1)
})

test.each(slots.slice(0, 2))('a new picture in %s puts the old one in the trash', async (_case, slotIn) => {
  const ctx = await buildCtx(database.db)
  const slot = await slotIn(ctx)
  const { media: old } = await buildPicture(ctx, slot)
  const { media, replaced } = await buildPicture(ctx, slot)
  const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const [deletion] = rows.deletions
  expect(rows.deletions).toHaveLength(1)
  expect(replaced).toEqual({ ...old, deletionId: deletion?.id })
  expect(deletion).toMatchObject({ kind: 'MEDIA', item_id: old.id, item_count: 1, deleted_by: 'owner' })
  expect(rows.media.filter((row) => row.deletion_id === null)).toMatchObject([{ id: media.id }])
  expect(await filesBelow(ctx.storageRoot)).toHaveLength(2)
})

test('pictures of a block come to the end of its list, and can be moved', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const ids: string[] = []
  for (let count = 0; count < 3; count += 1) ids.push((await buildPicture(ctx, imagesOf(block.id))).media.id)
  const list = async () => idsOf(await listOf(ctx, 'media', 'block_id', block.id))
  expect(await list()).toEqual(ids)
  const [a = '', b = '', c = ''] = ids
  const moved = succeeded(await moveMedia(ctx, { mediaId: c, afterId: a }))
  expect(moved).toMatchObject({ decision: 'REPLACE', media: { id: c, version: 2 } })
  expect(await list()).toEqual([a, c, b])
  expect(await moveMedia(ctx, { mediaId: c, beforeId: b })).toEqual({ ...moved, decision: 'NOOP' })
  succeeded(await moveMedia(ctx, { mediaId: a, place: 'LAST' }))
  expect(await list()).toEqual([c, b, a])
})

test('a cover and what is not there do not move', async () => {
  const ctx = await buildCtx(database.db)
  const { media: cover } = await buildPicture(ctx, coverOf('BOOK', (await buildBook(ctx)).id))
  const [here, there] = [await buildBlock(ctx), await buildBlock(ctx)]
  const { media: one } = await buildPicture(ctx, imagesOf(here.id))
  const { media: other } = await buildPicture(ctx, imagesOf(there.id))
  const { media: gone } = await buildPicture(ctx, imagesOf(here.id))
  succeeded(await trashItem(ctx, { kind: 'MEDIA', id: gone.id }))
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(await moveMedia(ctx, { mediaId: cover.id, place: 'LAST' })).toBeInstanceOf(InvalidInput)
  expect(await moveMedia(ctx, { mediaId: newId(), place: 'LAST' })).toBeInstanceOf(NotFound)
  expect(await moveMedia(ctx, { mediaId: 'picture', place: 'LAST' })).toBeInstanceOf(NotFound)
  expect(await moveMedia(ctx, { mediaId: gone.id, place: 'LAST' })).toMatchObject({
    __typename: 'NotFound',
    id: gone.id,
  })
  expect(await moveMedia(ctx, { mediaId: one.id, afterId: other.id })).toMatchObject({ id: other.id })
  expect(await moveMedia(ctx, { mediaId: one.id, afterId: gone.id })).toMatchObject({ id: gone.id })
  succeeded(await trashItem(ctx, { kind: 'BLOCK', id: there.id }))
  expect(await moveMedia(ctx, { mediaId: other.id, place: 'LAST' })).toMatchObject({
    entity: 'Media',
    id: other.id,
  })
  const after = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const untouched = ({ media }: typeof before) => media.filter(({ id }) => id !== other.id)
  expect(untouched(after)).toEqual(untouched(before))
})

test('the same bytes in two places are stored once and shown under two names', async () => {
  const ctx = await buildCtx(database.db)
  const [here, there] = [await buildBlock(ctx), await buildBlock(ctx)]
  const bytes = await photograph()
  const { media: one } = await buildPicture(ctx, imagesOf(here.id), { bytes, fileName: 'one.jpg' })
  const { media: two } = await buildPicture(ctx, imagesOf(there.id), { bytes, fileName: 'two.jpg' })
  expect(two).toMatchObject({ blobId: one.blobId, storageKey: one.storageKey, fileName: 'two.jpg' })
  expect(two.id).not.toBe(one.id)
  expect(await filesBelow(ctx.storageRoot)).toHaveLength(1)
})

test('the same bytes that come into 10 places at once are stored once', async () => {
  const ctx = await buildCtx(database.db)
  const { id: bookId } = await buildBook(ctx)
  const blocks = await Promise.all(Array.from({ length: 10 }, () => buildBlock(ctx, { bookId })))
  const bytes = await photograph()
  const results = await Promise.all(blocks.map(({ id }) => buildPicture(ctx, imagesOf(id), { bytes })))
  expect(new Set(results.map(({ media }) => media.storageKey)).size).toBe(1)
  expect(new Set(results.map(({ media }) => media.id)).size).toBe(10)
  expect(await filesBelow(ctx.storageRoot)).toHaveLength(1)
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).blobs).toHaveLength(1)
})

test('the same bytes in two workspaces are stored twice: nobody learns what the other has', async () => {
  const [mine, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
  const bytes = await photograph()
  const { media: one } = await buildPicture(mine, coverOf('BOOK', (await buildBook(mine)).id), { bytes })
  const { media: other } = await buildPicture(theirs, coverOf('BOOK', (await buildBook(theirs)).id), {
    bytes,
  })
  expect(other.sha256).toBe(one.sha256)
  expect(other.storageKey).not.toBe(one.storageKey)
})

test('of 20 covers that come at once one is live, and all others are in the trash with their bytes', async () => {
  const ctx = await buildCtx(database.db)
  const slot = coverOf('BOOK', (await buildBook(ctx)).id)
  const pictures = await Promise.all(Array.from({ length: 20 }, () => photograph()))
  const results = await Promise.all(pictures.map((bytes) => buildPicture(ctx, slot, { bytes })))
  const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(new Set(idsOf(rows.media))).toEqual(new Set(results.map(({ media }) => media.id)))
  expect(rows.media.filter((row) => row.deletion_id === null)).toHaveLength(1)
  expect(rows.deletions).toHaveLength(19)
  expect(new Set(rows.deletions.map((row) => row['item_id'])).size).toBe(19)
  // Each replaced the one before it: one chain from the first to the live one.
  expect(new Set(results.map(({ replaced }) => replaced?.id ?? null)).size).toBe(20)
  const stored = await Promise.all(
    results.map(async ({ media }) => sha256(await readFile(join(ctx.storageRoot, media.storageKey)))),
  )
  expect(new Set(stored)).toEqual(new Set(pictures.map(sha256)))
  expect(await filesBelow(ctx.storageRoot)).toHaveLength(20)
})

test('pictures that come into one block at once all get a place of their own', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const results = await Promise.all(Array.from({ length: 10 }, () => buildPicture(ctx, imagesOf(block.id))))
  const list = await listOf(ctx, 'media', 'block_id', block.id)
  expect(new Set(idsOf(list))).toEqual(new Set(results.map(({ media }) => media.id)))
  expect(new Set(list.map(({ position }) => position)).size).toBe(10)
})

test.each<[string, string, string]>([
  ['loses what belongs to paths', '../../etc/\0passwd', '....etcpasswd'],
  ['is cut to 255 characters with its extension', `${'书'.repeat(300)}.jpg`, `${'书'.repeat(251)}.jpg`],
])('the name of a file %s, and is not in the storage', async (_case, fileName, shown) => {
  const ctx = await buildCtx(database.db)
  const { media } = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id), { fileName })
  expect(media.fileName).toBe(shown)
  expect(media.storageKey).toMatch(/^files\/\d+-jpg-\d{12}$/)
})

test.each<[Exclude<MediaOwnerType, 'CHECKPOINT_MARKER'>, MediaRole, typeof InvalidInput | typeof NotFound]>([
  ['BLOCK', 'COVER', InvalidInput],
  ['BOOK', 'IMAGE', InvalidInput],
  ['BOOKSHELF', 'IMAGE', InvalidInput],
  ['BOOK', 'COVER', NotFound],
  ['BLOCK', 'IMAGE', NotFound],
])('a picture is refused before it is read: no %s %s there', async (ownerType, role, failure) => {
  const ctx = await buildCtx(database.db)
  const trashed = {
    BOOKSHELF: await buildShelf(ctx),
    BOOK: await buildBook(ctx),
    BLOCK: await buildBlock(ctx),
  }
  succeeded(await trashItem(ctx, { kind: ownerType, id: trashed[ownerType].id }))
  const before = await stateOf(ctx)
  for (const ownerId of [newId(), 'owner', trashed[ownerType].id]) {
    const stream = Readable.from(never())
    const refusal = await uploadMedia(ctx, { slot: { ownerType, ownerId, role }, fileName: 'a', stream })
    expect(refusal).toBeInstanceOf(failure)
    expect(stream.destroyed).toBe(true)
  }
  expect(await stateOf(ctx)).toEqual(before)
})

function* never(): Generator<Buffer> {
  yield Buffer.alloc(0)
  throw new Error('Nobody should read this.')
}

test('a picture whose owner is trashed while it is coming in is refused and leaves nothing', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const bytes = await photograph()
  async function* slowly() {
    yield bytes.subarray(0, 1000)
    succeeded(await trashItem(ctx, { kind: 'BLOCK', id: block.id }))
    yield bytes.subarray(1000)
  }
  const result = await uploadMedia(ctx, {
    slot: imagesOf(block.id),
    fileName: 'a.jpg',
    stream: Readable.from(slowly()),
  })
  expect(result).toBeInstanceOf(NotFound)
  const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect([rows.media, rows.blobs, rows.jobs]).toEqual([[], [], 0])
  expect(await filesBelow(ctx.storageRoot)).toEqual([])
})

test('uploads into a block that is trashed at once are in the trash with it or refused', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const pictures = await Promise.all(Array.from({ length: 8 }, () => photograph()))
  const upload = (bytes: Buffer) =>
    uploadMedia(ctx, { slot: imagesOf(block.id), fileName: 'a.jpg', stream: Readable.from([bytes]) })
  const early = await Promise.all(pictures.slice(0, 2).map(upload))
  const [trashed, ...late] = await Promise.all([
    trashItem(ctx, { kind: 'BLOCK', id: block.id }),
    ...pictures.slice(2).map(upload),
  ])
  const { deletion } = succeeded(trashed)
  const kept = [...early, ...late].filter((result) => !(result instanceof Failure))
  for (const result of late) if (result instanceof Failure) expect(result).toBeInstanceOf(NotFound)
  const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(rows.media).toHaveLength(kept.length)
  expect(rows.media.every((row) => row.deletion_id === deletion.id)).toBe(true)
  expect(deletion.itemCount).toBe(1 + kept.length)
  expect(await filesBelow(ctx.storageRoot)).toHaveLength(kept.length)
})
