import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { expect, test } from 'vitest'
import { recipes } from '../../../src/domain/thumbnails.ts'
import { openMedia } from '../../../src/usecases/media/open-media.ts'
import { renderThumbnails } from '../../../src/usecases/media/render-thumbnails.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { newId } from '../../../src/usecases/context.ts'
import { buildCtx, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { buildCountedPicture } from '../../support/media/counted-picture.ts'
import { useDatabase } from '../../support/database.ts'
import { photographFile } from '../../support/media/pictures.ts'
import { filesBelow, rowsOfWorkspace } from '../../support/state.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const buildCounted = (bytes?: Buffer) => buildCountedPicture(database.db, bytes)

test.each([
  ['small', 150, 100],
  ['thumbnail', 320, 213],
  ['medium', 640, 427],
  ['preview', 1280, 853],
])('a %s is a WebP of at most %i pixels a side', async (variant, width, height) => {
  const bytes = await sharp(await photographFile('rocket.jpg'))
    .resize(1800, 1200)
    .jpeg()
    .toBuffer()
  const { open, read } = await buildCounted(bytes)
  const opened = await open(variant)
  const picture = await read(variant)
  expect(opened).toMatchObject({ mimeType: 'image/webp', sizeBytes: picture.length })
  expect(await sharp(picture).metadata()).toMatchObject({ format: 'webp', width, height })
})

test('a small picture is not made larger', async () => {
  const bytes = await sharp(await photographFile('rocket.jpg'))
    .resize(100, 50)
    .png()
    .toBuffer()
  const { read } = await buildCounted(bytes)
  expect(await sharp(await read('preview')).metadata()).toMatchObject({ width: 100, height: 50 })
})

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'a thumbnail of a picture with the orientation %i is upright',
  async (orientation) => {
    // Red above blue, as a viewer shows it: what is stored is turned so that the orientation turns it back.
    const half = (background: string) => ({
      create: { width: 80, height: 20, channels: 3 as const, background },
    })
    const upright = await sharp(half('#ff0000'))
      .extend({ bottom: 20, background: '#0000ff' })
      .png()
      .toBuffer()
    // sharp mirrors before it turns.
    const turns: Record<number, (picture: Sharp) => Sharp> = {
      1: (picture) => picture,
      2: (picture) => picture.flop(),
      3: (picture) => picture.rotate(180),
      4: (picture) => picture.flip(),
      5: (picture) => picture.flop().rotate(270),
      6: (picture) => picture.rotate(270),
      7: (picture) => picture.flop().rotate(90),
      8: (picture) => picture.rotate(90),
    }
    const turned = await (turns[orientation] ?? ((picture) => picture))(sharp(upright)).png().toBuffer()
    const bytes = await sharp(turned).withMetadata({ orientation }).jpeg({ quality: 100 }).toBuffer()
    const { media, read } = await buildCounted(bytes)
    expect(media).toMatchObject({ width: 80, height: 40, orientation })
    const { data, info } = await sharp(await read('thumbnail'))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect([info.width, info.height]).toEqual([80, 40])
    const pixel = (x: number, y: number) => [...data.subarray((y * 80 + x) * 3, (y * 80 + x) * 3 + 3)]
    const [red = 0, , redsBlue = 0] = pixel(40, 5)
    const [bluesRed = 0, , blue = 0] = pixel(40, 35)
    expect(red - redsBlue).toBeGreaterThan(150)
    expect(blue - bluesRed).toBeGreaterThan(150)
  },
)

test('what a camera wrote into a picture is not in what is made of it, and is in the original', async () => {
  const bytes = await sharp(await photographFile('rocket.jpg'))
    .withExif({ IFD0: { Artist: 'Somebody', Copyright: 'Secret street 1' } })
    .jpeg()
    .toBuffer()
  const { ctx, media, read } = await buildCounted(bytes)
  for (const name of ['square', ...recipes.map((recipe) => recipe.name)]) {
    const picture = await read(name)
    const { exif, xmp, iptc } = await sharp(picture).metadata()
    expect([exif, xmp, iptc]).toEqual([undefined, undefined, undefined])
    expect(picture.includes('Secret street')).toBe(false)
  }
  const original = await readFile(join(ctx.storageRoot, media.storageKey))
  expect(original.includes('Secret street')).toBe(true)
})

test('however many ask for a thumbnail at once, it is made once', async () => {
  const { ctx, written, open } = await buildCounted()
  const opened = await Promise.all(Array.from({ length: 50 }, () => open('thumbnail')))
  expect(written).toHaveLength(1)
  expect(new Set(opened.map((one) => one?.key))).toEqual(new Set(written))
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).thumbnails).toHaveLength(1)
  await open('thumbnail')
  expect(written).toHaveLength(1)
})

test('the job of a picture that is gone does nothing', async () => {
  const ctx = await buildCtx(database.db)
  await renderThumbnails(ctx, { blobId: newId() })
  expect(await filesBelow(ctx.storageRoot)).toEqual([])
})

test('emptying or deleting the folder of thumbnails is harmless: they are made again', async () => {
  const { ctx, read, written } = await buildCounted()
  const before = await read('thumbnail')
  await rm(join(ctx.storageRoot, 'thumbnails'), { recursive: true })
  expect(await read('thumbnail')).toEqual(before)
  await rm(join(ctx.storageRoot, 'thumbnails'), { recursive: true })
  await mkdir(join(ctx.storageRoot, 'thumbnails'))
  expect(await read('thumbnail')).toEqual(before)
  expect(written).toHaveLength(3)
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).thumbnails).toHaveLength(1)
})

test('a thumbnail that could not be made is tried again by the next who asks', async () => {
  const { ctx, media, open } = await buildCounted()
  const path = join(ctx.storageRoot, media.storageKey)
  await rename(path, `${path}-elsewhere`)
  await expect(open('thumbnail')).rejects.toThrow()
  await rename(`${path}-elsewhere`, path)
  expect(await open('thumbnail')).toBeDefined()
})

test('an original is opened by its medium, with its hash as its tag', async () => {
  const bytes = await photographFile('cat.png')
  const { media, open } = await buildCounted(bytes)
  const hash = createHash('sha256').update(bytes).digest('hex')
  expect(await open(undefined)).toMatchObject({
    key: media.storageKey,
    mimeType: 'image/png',
    sizeBytes: bytes.length,
    etag: `"${hash}"`,
  })
  expect(await open('thumbnail')).toMatchObject({ etag: `"${hash}-thumbnail-3-webp"` })
})

test('a size that is no recipe is not made', async () => {
  const { ctx, written, open } = await buildCounted()
  for (const variant of ['', '9999x9999', 'thumbnail-1', 'square-1', 'square-1-10-07', '../files']) {
    expect(await open(variant)).toBeUndefined()
  }
  expect(written).toEqual([])
  expect(await openMedia(ctx, { id: 'picture', variant: undefined, trashed: false })).toBeUndefined()
  expect(await openMedia(ctx, { id: newId(), variant: undefined, trashed: false })).toBeUndefined()
})

test('a picture in the trash is opened as such only, and a live one as such only', async () => {
  const { ctx, media, open } = await buildCounted()
  expect(await open(undefined, true)).toBeUndefined()
  succeeded(await trashItem(ctx, { kind: 'MEDIA', id: media.id }))
  expect(await open(undefined)).toBeUndefined()
  expect(await open('thumbnail')).toBeUndefined()
  expect(await open(undefined, true)).toMatchObject({ key: media.storageKey })
  expect(await open('thumbnail', true)).toMatchObject({ mimeType: 'image/webp' })
})
