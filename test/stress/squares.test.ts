import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import type { FocalPoint } from '../../src/domain/media-description.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { attachMedia } from '../../src/usecases/media/attach-media.ts'
import { openMedia } from '../../src/usecases/media/open-media.ts'
import { renderThumbnails } from '../../src/usecases/media/render-thumbnails.ts'
import { updateMedia } from '../../src/usecases/media/update-media.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { verifyStorage } from '../../src/usecases/upkeep/verify-storage.ts'
import { buildBook, coverOf, removeTemporaryFolders, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { buildCountedPicture } from '../support/media/counted-picture.ts'
import { photographFile } from '../support/media/pictures.ts'
import { filesBelow, rowsOfWorkspace } from '../support/state.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const avif = 'image/avif'
const buildCounted = (bytes?: Buffer) => buildCountedPicture(database.db, bytes)
const fill = (width: number, height: number, background: string) =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer()

/** Four quarters: by default red and green above blue and white. */
async function quarters(width: number, height: number, colours = ['#f00', '#0f0', '#00f', '#fff']) {
  const [first = '', second = '', third = '', fourth = ''] = colours
  const [w, h] = [width / 2, height / 2]
  const input = async (left: number, top: number, colour: string) => ({
    input: await fill(w, h, colour),
    left,
    top,
  })
  return sharp(await fill(width, height, first))
    .composite([await input(w, 0, second), await input(0, h, third), await input(w, h, fourth)])
    .png()
    .toBuffer()
}

/** The picture that a client sees, and the colour of a pixel of it: r, g, b or w. */
async function seen(bytes: Buffer) {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const colourAt = (x: number, y: number) => {
    const start = (y * info.width + x) * 3
    const bits = [...data.subarray(start, start + 3)].map((value) => Number(value > 127)).join('')
    return { '100': 'r', '010': 'g', '001': 'b', '111': 'w' }[bits]
  }
  const { width, height } = info
  // Colours of neighbours mix at the edges.
  const inset = Math.min(3, Math.floor(width / 2))
  const [near, right, bottom] = [inset, width - 1 - inset, height - 1 - inset]
  const corners = [
    colourAt(near, near),
    colourAt(right, near),
    colourAt(near, bottom),
    colourAt(right, bottom),
  ]
  return { size: [width, height], corners: corners.join('') }
}

const focus = async (ctx: Ctx, mediaId: string, focalPoint: FocalPoint | null) =>
  succeeded(await updateMedia(ctx, { mediaId, focalPoint }))

const squareKeys = async (ctx: Ctx) =>
  (await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).thumbnails
    .map((row) => `${String(row['recipe'])}-${String(row['format'])}`)
    .filter((key) => key.startsWith('square'))
    .sort()

const both = (...keys: string[]) => keys.flatMap((key) => [`${key}-avif`, `${key}-webp`])

test('a square lies around the focal point, moved so that it is within the picture', async () => {
  const { ctx, media, read } = await buildCounted(await quarters(800, 400))
  expect(await seen(await read('square'))).toEqual({ size: [320, 320], corners: 'rgbw' })
  for (const [x, y, corners] of [
    [0, 0, 'rrbb'],
    [0.2, 0.5, 'rrbb'],
    [0.45, 1, 'rgbw'],
    [0.75, 0.5, 'ggww'],
    [1, 1, 'ggww'],
  ] as const) {
    await focus(ctx, media.id, { x, y })
    expect(await seen(await read('square'))).toEqual({ size: [320, 320], corners })
  }
})

test('of a tall picture the square is the part with the focal point', async () => {
  const { ctx, media, read } = await buildCounted(await quarters(400, 1500))
  for (const [y, corners] of [
    [0.05, 'rgrg'],
    [0.5, 'rgbw'],
    [0.9, 'bwbw'],
  ] as const) {
    // prettier-ignore
    await focus(ctx, media.id, { x: 0.3, y })
    expect(await seen(await read('square'))).toEqual({ size: [320, 320], corners })
  }
})

test.each([
  [100, 50, 50, undefined, ['rrbb', 'ggww']],
  [500, 200, 200, undefined, ['rrbb', 'ggww']],
  [10_000, 10, 1, ['#f00', '#0f0', '#f00', '#0f0'], ['rrrr', 'gggg']],
  [10, 10_000, 1, ['#f00', '#f00', '#0f0', '#0f0'], ['rrrr', 'gggg']],
])(
  'the square of a picture of %i by %i has %i pixels a side',
  async (width, height, side, colours, expected) => {
    const { ctx, media, read } = await buildCounted(await quarters(width, height, colours))
    for (const [at, corners] of expected.entries()) {
      await focus(ctx, media.id, { x: 0.15 + 0.7 * at, y: 0.15 + 0.7 * at })
      expect(await seen(await read('square'))).toEqual({ size: [side, side], corners })
    }
  },
)

test('the orientation of a photograph is applied before its square is cut', async () => {
  const bytes = await photographFile('upright-coffee.jpg')
  const { ctx, media, read } = await buildCounted(bytes)
  expect(media).toMatchObject({ orientation: 6 })
  await focus(ctx, media.id, { x: 1, y: 0.5 })
  const { data: upright, info } = await sharp(bytes).autoOrient().toBuffer({ resolveWithObject: true })
  expect(info.width).toBeGreaterThan(info.height)
  const raw = (picture: Buffer) =>
    sharp(picture).resize(32, 32, { fit: 'fill' }).removeAlpha().raw().toBuffer()
  const cut = { left: info.width - info.height, top: 0, width: info.height, height: info.height }
  const [expected, square] = await Promise.all([
    raw(await sharp(upright).extract(cut).png().toBuffer()),
    raw(await read('square')),
  ])
  const difference = expected.reduce((sum, value, at) => sum + Math.abs(value - (square[at] ?? 0)), 0)
  expect(difference / expected.length).toBeLessThan(6)
})

test('the square of a drawing is drawn to size', async () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="20" height="20" fill="#f00"/>' +
    '<rect x="20" width="20" height="20" fill="#0f0"/></svg>'
  const { ctx, media, read } = await buildCounted(Buffer.from(svg))
  expect(await seen(await read('square'))).toEqual({ size: [320, 320], corners: 'rgrg' })
  await focus(ctx, media.id, { x: 1, y: 0.5 })
  expect(await seen(await read('square'))).toEqual({ size: [320, 320], corners: 'gggg' })
})

test('the tag of a square names its focal point, and however many ask, it is made once', async () => {
  const { ctx, media, open, written } = await buildCounted()
  await focus(ctx, media.id, { x: 0.5, y: 0.35 })
  const opened = await Promise.all(Array.from({ length: 20 }, () => open('square')))
  expect(written).toEqual([`thumbnails/${media.blobId}-square-1-10-07-webp`])
  for (const one of opened) expect(one).toMatchObject({ etag: `"${media.sha256}-square-1-10-07-webp"` })
  await focus(ctx, media.id, null)
  expect(await open('square')).toMatchObject({ etag: `"${media.sha256}-square-1-10-10-webp"` })
  expect(await openMedia(ctx, { id: media.id, variant: 'square-1-10-07', trashed: false })).toBeUndefined()
})

test('the job makes a square for each focal point of a file, also in the trash, and removes others', async () => {
  const { ctx, media, open, read } = await buildCounted(await quarters(120, 80))
  const slot = coverOf('BOOK', (await buildBook(ctx)).id)
  await focus(ctx, media.id, { x: 0.1, y: 0.2 })
  const { media: cover } = succeeded(await attachMedia(ctx, { mediaId: media.id, slot }))
  expect(await renderThumbnails(ctx, { blobId: media.blobId })).toMatchObject({ made: 10, removed: 0 })
  expect(await squareKeys(ctx)).toEqual(both('square-1-02-04'))

  await focus(ctx, cover.id, { x: 0.9, y: 0.9 })
  const onRequest = await openMedia(ctx, { id: cover.id, variant: 'square', trashed: false })
  expect(onRequest).toMatchObject({ etag: expect.stringContaining('square-1-18-18-webp') as string })
  expect(await renderThumbnails(ctx, { blobId: media.blobId })).toMatchObject({ made: 1, removed: 0 })
  expect(await squareKeys(ctx)).toEqual(both('square-1-02-04', 'square-1-18-18'))
  expect(await open('square', false, avif)).toMatchObject({ mimeType: avif })

  succeeded(await trashItem(ctx, { kind: 'MEDIA', id: media.id }))
  expect(await renderThumbnails(ctx, { blobId: media.blobId })).toMatchObject({ made: 0, removed: 0 })
  expect(await open('square', true, avif)).toMatchObject({ mimeType: avif })

  await focus(ctx, cover.id, { x: 0.12, y: 0.18 })
  expect(await renderThumbnails(ctx, { blobId: media.blobId })).toMatchObject({ made: 0, removed: 2 })
  expect(await squareKeys(ctx)).toEqual(both('square-1-02-04'))
  const files = await filesBelow(join(ctx.storageRoot, 'thumbnails'))
  expect(files.filter((name) => name.includes('square'))).toHaveLength(2)
  await expect(read('square')).rejects.toThrow('There is no square.')
  const operator = { ...ctx, actor: { ...ctx.actor, workspaceId: defaultWorkspaceId } }
  expect(await verifyStorage(operator, { installation: true })).toMatchObject({ foreignCount: 0 })
})

test('a square made again has the bytes that it had', async () => {
  const { ctx, media, read } = await buildCounted(await quarters(120, 80))
  await focus(ctx, media.id, { x: 0.8, y: 0.8 })
  const before = await read('square')
  await rm(join(ctx.storageRoot, 'thumbnails'), { recursive: true })
  await renderThumbnails(ctx, { blobId: media.blobId })
  expect((await read('square')).equals(before)).toBe(true)
})

test('only a change of the focal point enqueues the job, in the same transaction', async () => {
  const { ctx, media } = await buildCounted(await quarters(120, 80))
  const jobs = async () => (await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).jobs
  const before = await jobs()
  await focus(ctx, media.id, { x: 0.3, y: 0.3 })
  expect(await jobs()).toBe(before + 1)
  succeeded(await updateMedia(ctx, { mediaId: media.id, altText: 'A rocket' }))
  await focus(ctx, media.id, { x: 0.31, y: 0.3 })
  expect(await jobs()).toBe(before + 1)
  const queue = {
    ...ctx.queue,
    enqueue: async (...args: Parameters<typeof ctx.queue.enqueue>) => {
      await ctx.queue.enqueue(...args)
      throw new Error('The database is gone.')
    },
  }
  const failing = { ...ctx, queue } as Ctx
  await expect(focus(failing, media.id, { x: 0.9, y: 0.9 })).rejects.toThrow('gone')
  expect(await jobs()).toBe(before + 1)
  expect(await ctx.db.prisma.media.findFirst({ where: { id: media.id } })).toMatchObject({ focalX: 0.31 })
})

test('the AVIF of a square that is new to an old picture is made by the job, asked for once', async () => {
  const { ctx, media, open } = await buildCounted(await quarters(120, 80))
  await renderThumbnails(ctx, { blobId: media.blobId })
  await ctx.db.pool.query(`delete from thumbnails where blob_id = $1 and recipe like 'square%'`, [
    media.blobId,
  ])
  const jobs = async () => (await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).jobs
  const before = await jobs()
  for (let asked = 0; asked < 3; asked += 1)
    expect(await open('square', false, avif)).toMatchObject({ mimeType: 'image/webp' })
  expect(await jobs()).toBe(before + 1)
  await renderThumbnails(ctx, { blobId: media.blobId })
  expect(await open('square', false, avif)).toMatchObject({ mimeType: avif })
})
