import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { recipes, thumbnailSize } from '../../src/domain/thumbnails.ts'
import { renderThumbnails } from '../../src/usecases/media/render-thumbnails.ts'
import { removeTemporaryFolders } from '../support/builders.ts'
import { buildCountedPicture } from '../support/media/counted-picture.ts'
import { useDatabase } from '../support/database.ts'
import { photographFile } from '../support/media/pictures.ts'
import { filesBelow, rowsOfWorkspace } from '../support/state.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const buildCounted = (bytes?: Buffer) => buildCountedPicture(database.db, bytes)
type Counted = Awaited<ReturnType<typeof buildCounted>>

const thumbnailRows = async ({ ctx }: Counted) =>
  (await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).thumbnails
const blobRow = async ({ ctx }: Counted) => (await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).blobs[0]
const jobCount = async ({ ctx }: Counted) => (await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).jobs

const avif = 'image/avif,image/webp,*/*;q=0.8'

test('the job makes a WebP and then an AVIF of every recipe, each of the size that is told, and nothing twice', async () => {
  const large = await sharp(await photographFile('rocket.jpg'))
    .resize(1501, 997)
    .jpeg()
    .toBuffer()
  const counted = await buildCounted(large)
  const { ctx, media, written } = counted
  expect(await blobRow(counted)).toMatchObject({ processing_status: 'PENDING', processing_failure: null })
  expect(await renderThumbnails(ctx, { blobId: media.blobId })).toEqual({
    made: 10,
    removed: 0,
    failure: null,
  })
  expect(await blobRow(counted)).toMatchObject({ processing_status: 'READY', processing_failure: null })

  expect(written.slice(0, 5).every((key) => key.endsWith('-webp'))).toBe(true)
  expect(written.slice(5).every((key) => key.endsWith('-avif'))).toBe(true)
  const rows = await thumbnailRows(counted)
  expect(rows).toHaveLength(2 * recipes.length + 2)
  for (const row of rows) {
    const recipe = recipes.find(({ name, version }) => row['recipe'] === `${name}-${version}`)
    const original = { width: 1501, height: 997, mimeType: 'image/jpeg' }
    const size = recipe ? thumbnailSize(original, recipe.maxSide) : { width: 320, height: 320 }
    if (!recipe) expect(row['recipe']).toBe('square-1-10-10')
    const bytes = await readFile(join(ctx.storageRoot, String(row['storage_key'])))
    const format = row['format'] === 'avif' ? 'heif' : 'webp'
    expect(await sharp(bytes).metadata()).toMatchObject({ format, ...size })
    expect(row).toMatchObject({
      ...size,
      size_bytes: BigInt(bytes.length),
      mime_type: `image/${String(row['format'])}`,
    })
    expect(row['storage_key']).toBe(
      `thumbnails/${media.blobId}-${String(row['recipe'])}-${String(row['format'])}`,
    )
  }
  expect(await renderThumbnails(ctx, { blobId: media.blobId })).toEqual({
    made: 0,
    removed: 0,
    failure: null,
  })
  expect(written).toHaveLength(10)
  expect(await renderThumbnails(ctx, { blobId: media.blobId, all: true })).toMatchObject({ made: 10 })
})

test('an AVIF goes to who asks for it, once there is one; a WebP to everybody else', async () => {
  const { ctx, media, open } = await buildCounted()
  const before = await open('thumbnail', false, avif)
  expect(before).toMatchObject({ mimeType: 'image/webp', etag: `"${media.sha256}-thumbnail-3-webp"` })
  await renderThumbnails(ctx, { blobId: media.blobId })
  const after = await open('thumbnail', false, avif)
  expect(after).toMatchObject({ mimeType: 'image/avif', etag: `"${media.sha256}-thumbnail-3-avif"` })
  expect(after?.sizeBytes).toBeLessThan(before?.sizeBytes ?? 0)
  for (const accept of [undefined, '*/*', 'image/webp'])
    expect(await open('thumbnail', false, accept)).toMatchObject({ mimeType: 'image/webp' })
  expect(await open(undefined, false, avif)).toMatchObject({ mimeType: media.mimeType })
})

test('an AVIF whose file is lost gives way to the WebP, and the job is asked for it once', async () => {
  const counted = await buildCounted()
  const { ctx, media, open, written } = counted
  await renderThumbnails(ctx, { blobId: media.blobId })
  const jobs = await jobCount(counted)
  await rm(join(ctx.storageRoot, 'thumbnails'), { recursive: true })
  const opened = await Promise.all(Array.from({ length: 20 }, () => open('thumbnail', false, avif)))
  expect(new Set(opened.map((one) => one?.mimeType))).toEqual(new Set(['image/webp']))
  expect(written).toHaveLength(11)
  expect(await jobCount(counted)).toBe(jobs + 1)
  ctx.clock.ms += 61_000
  await open('thumbnail', false, avif)
  expect(await jobCount(counted)).toBe(jobs + 2)
  expect(await renderThumbnails(ctx, { blobId: media.blobId })).toMatchObject({ made: 9 })
  expect(await open('thumbnail', false, avif)).toMatchObject({ mimeType: 'image/avif' })
})

test('what is made on request is byte for byte what the job makes', async () => {
  const { ctx, media, read } = await buildCounted()
  const onRequest = await read('small')
  await renderThumbnails(ctx, { blobId: media.blobId, all: true })
  expect((await read('small')).equals(onRequest)).toBe(true)
})

test('the job and those who ask meanwhile make a thumbnail once', async () => {
  const { ctx, media, open, written } = await buildCounted()
  const job = renderThumbnails(ctx, { blobId: media.blobId })
  while (written.length === 0) await Promise.race([job, new Promise((resolve) => setTimeout(resolve, 1))])
  await Promise.all([
    job,
    ...['square', ...recipes.map(({ name }) => name)].flatMap((name) => [open(name), open(name)]),
  ])
  expect(written).toHaveLength(10)
})

test('colours outside of sRGB are converted, and the profile is left out', async () => {
  const colour = { r: 200, g: 60, b: 40 }
  const bytes = await sharp({ create: { width: 400, height: 300, channels: 3, background: colour } })
    .withIccProfile('p3')
    .png()
    .toBuffer()
  // What is stored are other numbers for the same colour.
  const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer()
  expect(Math.abs((stored[0] ?? 0) - colour.r)).toBeGreaterThan(8)
  const { ctx, media, read } = await buildCounted(bytes)
  await renderThumbnails(ctx, { blobId: media.blobId })
  for (const accept of [undefined, avif]) {
    const picture = await read('thumbnail', accept)
    expect((await sharp(picture).metadata()).icc).toBeUndefined()
    const [red = 0, green = 0, blue = 0] = await sharp(picture).removeAlpha().raw().toBuffer()
    expect(
      Math.max(Math.abs(red - colour.r), Math.abs(green - colour.g), Math.abs(blue - colour.b)),
    ).toBeLessThan(5)
  }
  expect(media.dominantColor).toMatch(/^#c[78]3[bcd]2[789]$/)
})

test('where a picture was taken is in none that is made of it', async () => {
  const gps = {
    GPSLatitudeRef: 'N',
    GPSLatitude: '52/1 30/1 0/1',
    GPSLongitudeRef: 'E',
    GPSLongitude: '13/1 24/1 0/1',
  }
  const bytes = await sharp(await photographFile('rocket.jpg'))
    .withExif({ IFD3: gps })
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">secret place</x:xmpmeta>')
    .jpeg()
    .toBuffer()
  expect((await sharp(bytes).metadata()).exif?.length).toBeGreaterThan(50)
  const counted = await buildCounted(bytes)
  await renderThumbnails(counted.ctx, { blobId: counted.media.blobId })
  for (const row of await thumbnailRows(counted)) {
    const picture = await readFile(join(counted.ctx.storageRoot, String(row['storage_key'])))
    const { exif, xmp, iptc } = await sharp(picture).metadata()
    expect([exif, xmp, iptc]).toEqual([undefined, undefined, undefined])
    expect(picture.includes('secret place')).toBe(false)
  }
})

test('a picture that cannot be made into others is FAILED with a reason, and READY when it can again', async () => {
  const counted = await buildCounted()
  const { ctx, media } = counted
  const path = join(ctx.storageRoot, media.storageKey)
  await rename(path, `${path}-elsewhere`)
  await expect(renderThumbnails(ctx, { blobId: media.blobId })).rejects.toThrow('missing')
  const fault = expect.stringContaining('server fault') as string
  expect(await blobRow(counted)).toMatchObject({ processing_status: 'FAILED', processing_failure: fault })

  await writeFile(path, (await readFile(`${path}-elsewhere`)).subarray(0, 3000))
  const { failure } = await renderThumbnails(ctx, { blobId: media.blobId })
  expect(failure).toContain('damaged')
  expect(await blobRow(counted)).toMatchObject({ processing_status: 'FAILED', processing_failure: failure })

  await rename(`${path}-elsewhere`, path)
  await renderThumbnails(ctx, { blobId: media.blobId })
  expect(await blobRow(counted)).toMatchObject({ processing_status: 'READY', processing_failure: null })
})

test('what recipes left that are no more goes with the next run of the job', async () => {
  const counted = await buildCounted()
  const { ctx, media, read } = counted
  await read('thumbnail')
  const [row] = await thumbnailRows(counted)
  const old = `thumbnails/${media.blobId}-thumbnail-1`
  await rename(join(ctx.storageRoot, String(row?.['storage_key'])), join(ctx.storageRoot, old))
  await ctx.db.pool.query(
    `update thumbnails set recipe = 'thumbnail-1', storage_key = $1 where workspace_id = $2`,
    [old, ctx.actor.workspaceId],
  )
  expect(await renderThumbnails(ctx, { blobId: media.blobId })).toEqual({
    made: 10,
    removed: 1,
    failure: null,
  })
  expect(await filesBelow(join(ctx.storageRoot, 'thumbnails'))).toHaveLength(10)
  expect(await thumbnailRows(counted)).toHaveLength(10)
})
