import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { UnreadableFile } from '../../src/domain/media-types.ts'
import { openMedia } from '../../src/usecases/media/open-media.ts'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import {
  buildBlock,
  buildCtx,
  buildPicture,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
  temporaryFolder,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photographFile } from '../support/media/pictures.ts'
import { filesBelow } from '../support/state.ts'

const database = useDatabase()
removeTemporaryFolders()

async function send(ctx: Awaited<ReturnType<typeof buildCtx>>, bytes: Buffer) {
  const slot = imagesOf((await buildBlock(ctx)).id)
  return uploadMedia(ctx, { slot, fileName: 'picture', stream: Readable.from([bytes]) })
}

/** The bytes of the preview of a picture, which is what people see of it. */
async function previewOf(ctx: Awaited<ReturnType<typeof buildCtx>>, bytes: Buffer) {
  const { media } = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id), { bytes })
  const opened = succeeded(await openMedia(ctx, { id: media.id, variant: 'preview', trashed: false }))
  if (!opened) throw new Error('There is no preview.')
  return readFile(join(ctx.storageRoot, opened.key))
}

const photo = () => photographFile('rocket.jpg').then((bytes) => sharp(bytes).resize(64))
const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#336699' } })

test.each<[string, () => Promise<Buffer>]>([
  ['one pixel', () => plain(1, 1).png().toBuffer()],
  ['one row of pixels', () => plain(30_000, 1).png().toBuffer()],
  ['one column of pixels', () => plain(1, 30_000).png().toBuffer()],
  ['shades of grey', async () => (await photo()).greyscale().jpeg().toBuffer()],
  ["a printer's colours", async () => (await photo()).toColourspace('cmyk').jpeg().toBuffer()],
  ['16 bits a colour', async () => (await photo()).toColourspace('rgb16').png().toBuffer()],
  ['a palette', async () => (await photo()).png({ palette: true }).toBuffer()],
  ['nothing to see', () => plain(10, 10).ensureAlpha(0).webp().toBuffer()],
  ['a progressive JPEG', async () => (await photo()).jpeg({ progressive: true }).toBuffer()],
  ['a lossless WebP', async () => (await photo()).webp({ lossless: true }).toBuffer()],
  [
    'several frames',
    async () => {
      const frame = await plain(20, 60).raw().toBuffer()
      return sharp(frame, { raw: { width: 20, height: 60, channels: 3, pageHeight: 20 } })
        .gif()
        .toBuffer()
    },
  ],
])('a picture with %s is taken, and seen', async (_case, make) => {
  const ctx = await buildCtx(database.db)
  const preview = await sharp(await previewOf(ctx, await make())).metadata()
  expect(preview.format).toBe('webp')
  expect(Math.max(preview.width, preview.height)).toBeLessThanOrEqual(1280)
})

const svg = (inner: string, prolog = '') =>
  Buffer.from(
    `${prolog}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
      `xmlns:xi="http://www.w3.org/2001/XInclude" width="60" height="40">` +
      `<rect width="60" height="40" fill="white"/>${inner}</svg>`,
  )

test.each([
  ['nothing', ''],
  ['an XML declaration', '<?xml version="1.0" encoding="UTF-8"?>\n'],
  ['a byte order mark', '\ufeff<?xml version="1.0"?>'],
  ['a comment', '<!-- Made by hand > with <svg> -->\n\n'],
  [
    'a document type',
    '<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">',
  ],
  ['a document type with entities', '<!DOCTYPE svg [<!ENTITY ns "http://www.w3.org/2000/svg">]>'],
  ['a comment of 10,000 characters', `<!--${'x'.repeat(10_000)}-->`],
])('an SVG with %s before it is taken', async (_case, prolog) => {
  const ctx = await buildCtx(database.db)
  expect(await send(ctx, svg('<circle r="9"/>', prolog))).toMatchObject({
    media: { mimeType: 'image/svg+xml', extension: 'svg', width: 60, height: 40 },
  })
})

test.each<[string, (secret: string) => Buffer]>([
  ['an image by its path', (secret) => svg(`<image href="${secret}.png" width="60" height="40"/>`)],
  [
    'an image by its URL',
    (secret) => svg(`<image xlink:href="file://${secret}.png" width="60" height="40"/>`),
  ],
  ['an image beside it', () => svg('<image href="secret.png" width="60" height="40"/>')],
  ['an image above it', () => svg('<image href="../secret.png" width="60" height="40"/>')],
  [
    'an entity of a file',
    (secret) =>
      svg('<text y="30">&file;</text>', `<!DOCTYPE svg [<!ENTITY file SYSTEM "file://${secret}.txt">]>`),
  ],
  [
    'an inclusion of a file',
    (secret) => svg(`<text y="30"><xi:include href="${secret}.txt" parse="text"/></text>`),
  ],
  ['another SVG', (secret) => svg(`<use href="${secret}.svg#shape"/>`)],
  ['a style sheet', (secret) => svg(`<style>@import url("file://${secret}.css");</style>`)],
])('an SVG with %s shows nothing of it', async (_case, make) => {
  const secret = join(await temporaryFolder(), 'secret')
  const previews: Buffer[] = []
  for (const [colour, word] of [
    ['#ff0000', 'MMMM'],
    ['#000000', 'iiii'],
  ] as const) {
    const ctx = await buildCtx(database.db)
    const picture = await sharp({ create: { width: 60, height: 40, channels: 3, background: colour } })
      .png()
      .toBuffer()
    const folders = [ctx.storageRoot, join(ctx.storageRoot, 'incoming'), join(ctx.storageRoot, 'files')]
    for (const name of [secret, ...folders.map((folder) => join(folder, 'secret'))]) {
      await writeFile(`${name}.png`, picture)
      await writeFile(`${name}.txt`, word)
      await writeFile(`${name}.css`, `rect { fill: ${colour} }`)
      await writeFile(`${name}.svg`, svg(`<rect id="shape" width="60" height="40" fill="${colour}"/>`))
    }
    const bytes = make(secret)
    const result = await send(ctx, bytes)
    if (result instanceof UnreadableFile) return
    previews.push(await previewOf(ctx, bytes))
  }
  expect(previews[0]).toEqual(previews[1])
})

test('an SVG makes the server ask no other server', async () => {
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    asked.push(request.url)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const ctx = await buildCtx(database.db)
    const inner = `<image href="${url}/a.png" width="60" height="40"/><style>@import url("${url}/b.css");</style>`
    await send(ctx, svg(inner, `<!DOCTYPE svg [<!ENTITY far SYSTEM "${url}/c">]>`))
    await send(ctx, svg('', `<!DOCTYPE svg SYSTEM "${url}/d.dtd">`))
    expect(asked).toEqual([])
  } finally {
    server.close()
  }
})

test.each<[string, () => Buffer, programMs?: number]>([
  [
    'entities that would fill the memory',
    () => {
      const levels = Array.from({ length: 12 }, (_, index) => {
        const inner = index === 0 ? 'lol' : `&e${index - 1};`.repeat(10)
        return `<!ENTITY e${index} "${inner}">`
      })
      return svg('<text>&e11;</text>', `<!DOCTYPE svg [${levels.join('')}]>`)
    },
  ],
  [
    'the work of days',
    () => {
      const steps = '<feTurbulence numOctaves="99"/><feGaussianBlur stdDeviation="500"/>'.repeat(60_000)
      return svg(`<filter id="f">${steps}</filter><rect width="60" height="40" filter="url(#f)"/>`)
    },
    2_000,
  ],
  [
    'no size that could be drawn',
    () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"/>'),
  ],
])('an SVG with %s is refused and leaves no file', async (_case, make, programMs) => {
  const built = await buildCtx(database.db)
  const ctx = { ...built, limits: { ...built.limits, ...(programMs === undefined ? {} : { programMs }) } }
  expect(await send(ctx, make())).toBeInstanceOf(UnreadableFile)
  expect(await filesBelow(ctx.storageRoot)).toEqual([])
})

test('a packed SVG is refused as what it is', async () => {
  const ctx = await buildCtx(database.db)
  expect(await send(ctx, gzipSync(svg('')))).toMatchObject({
    __typename: 'UnsupportedFileType',
    detectedType: 'application/gzip',
  })
})
