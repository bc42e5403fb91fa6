import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { Failure } from '../../../src/domain/failure.ts'
import { uploadMedia } from '../../../src/usecases/media/upload-media.ts'
import { buildBook, buildCtx, buildPicture, coverOf, removeTemporaryFolders } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { noise, photographFile, pixelBomb } from '../../support/media/pictures.ts'
import { stateOf } from '../../support/state.ts'

const database = useDatabase()
removeTemporaryFolders()

/** A workspace whose book has a cover, so that a refusal can be seen to leave it there. */
async function buildCovered() {
  const ctx = await buildCtx(database.db)
  const slot = coverOf('BOOK', (await buildBook(ctx)).id)
  await buildPicture(ctx, slot)
  const before = await stateOf(ctx)
  const unchanged = async () => expect(await stateOf(ctx)).toEqual(before)
  const send = (bytes: Buffer | Readable, fileName = 'picture.jpg', limits = {}) =>
    uploadMedia(
      { ...ctx, limits: { ...ctx.limits, ...limits } },
      {
        slot,
        fileName,
        stream: Buffer.isBuffer(bytes) ? Readable.from([bytes]) : bytes,
        idempotencyKey: 'key',
      },
    )
  return { ctx, send, unchanged }
}

const formats = ['jpeg', 'png', 'webp', 'avif', 'gif'] as const

/** A photograph of 128 x 85 pixels in a format. */
const inFormat = async (format: (typeof formats)[number]) =>
  sharp(await photographFile('rocket.jpg'))
    .resize(128)
    .toFormat(format)
    .toBuffer()

test.each(formats)('a %s is told from its bytes, whatever its name says', async (format) => {
  const { send } = await buildCovered()
  expect(await send(await inFormat(format), 'report.pdf')).toMatchObject({
    media: {
      mimeType: `image/${format}`,
      extension: format === 'jpeg' ? 'jpg' : format,
      width: 128,
      height: 85,
    },
  })
})

test.each(formats)('a %s that is cut off is refused, wherever it is cut', async (format) => {
  const { send, unchanged } = await buildCovered()
  const bytes = await inFormat(format)
  for (const part of [0.3, 0.6, 0.9]) {
    const cut = bytes.subarray(0, Math.floor(bytes.length * part))
    expect(await send(cut), `${part} of it`).toMatchObject({ __typename: 'UnreadableFile' })
  }
  await unchanged()
})

test.each(formats)('a %s that ends after its first bytes is refused', async (format) => {
  const { send, unchanged } = await buildCovered()
  const bytes = await inFormat(format)
  for (const length of [1, 3, 12, 40]) expect(await send(bytes.subarray(0, length))).toBeInstanceOf(Failure)
  await unchanged()
})

test.each(['jpeg', 'png', 'webp'] as const)('a large %s that lacks its end is refused', async (format) => {
  const { send, unchanged } = await buildCovered()
  const bytes = await sharp(await noise(1500, 1000))
    .toFormat(format)
    .toBuffer()
  expect(await send(bytes.subarray(0, Math.floor(bytes.length * 0.97)))).toMatchObject({
    __typename: 'UnreadableFile',
  })
  await unchanged()
})

const text = (content: string) => Buffer.from(content)
const withMagic = (hex: string) => Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(2000, 7)])

test.each<[string, () => Buffer, string | null]>([
  ['text', () => text('This is no picture.'), 'text/plain'],
  ['HTML', () => text('<!DOCTYPE html><html><svg></svg></html>'), 'text/plain'],
  ['XML that is no SVG', () => text('<?xml version="1.0"?><feed><svg/></feed>'), 'text/plain'],
  ['nothing that is known', () => Buffer.alloc(2000, 7), null],
  ['a PDF', () => text('%PDF-1.7\n%âãÏÓ\n'), 'application/pdf'],
  ['a program', () => withMagic('7f454c46020101000000000000000000'), 'application/x-elf'],
  ['a ZIP', () => withMagic('504b0304140000000800'), 'application/zip'],
  ['a film', () => withMagic('000000186674797069736f6d00000000'), 'video/mp4'],
  ['a HEIC', () => withMagic('00000018667479706865696300000000'), 'image/heic'],
  ['a TIFF', () => withMagic('49492a0008000000'), 'image/tiff'],
  ['a BMP', () => withMagic('424d9a00000000000000'), 'image/bmp'],
])('%s with the name of a picture is refused as what it is', async (_case, bytes, detectedType) => {
  const { send, unchanged } = await buildCovered()
  expect(await send(bytes(), 'holiday.jpg')).toMatchObject({
    __typename: 'UnsupportedFileType',
    detectedType,
  })
  await unchanged()
})

test.each<[string, () => Buffer, string]>([
  ['an empty file', () => Buffer.alloc(0), 'UnreadableFile'],
  ['only the first bytes of a JPEG', () => withMagic('ffd8ffe000104a464946'), 'UnreadableFile'],
  ['only the first bytes of a GIF', () => withMagic('474946383961ffffffff'), 'UnreadableFile'],
  ['an SVG that is no XML', () => text('<svg xmlns="http://www.w3.org/2000/svg"><rect'), 'UnreadableFile'],
  ['a pixel bomb', () => pixelBomb(50_000, 50_000), 'TooManyPixels'],
  ['a picture just over the limit', () => pixelBomb(22_361, 22_361), 'TooManyPixels'],
  ['a long and thin bomb', () => pixelBomb(2_000_000, 400), 'TooManyPixels'],
  ['a picture longer than any decoder takes', () => pixelBomb(2_000_000_000, 1), 'TooManyPixels'],
])('%s is refused and leaves nothing', async (_case, bytes, typename) => {
  const { send, unchanged } = await buildCovered()
  const refusal = await send(bytes())
  expect(refusal).toMatchObject({ __typename: typename })
  expect((refusal as Failure).message).toMatch(/upload it again/)
  await unchanged()
})

test('a file may be as large as the limit, and not one byte larger', async () => {
  const { send, unchanged } = await buildCovered()
  const bytes = await inFormat('jpeg')
  expect(await send(bytes, 'a.jpg', { imageBytes: bytes.length - 1 })).toMatchObject({
    __typename: 'FileTooLarge',
    limitBytes: BigInt(bytes.length - 1),
  })
  await unchanged()
  expect(await send(bytes, 'a.jpg', { imageBytes: bytes.length })).not.toBeInstanceOf(Failure)
})

test('a picture may have as many pixels as the limit, and not one more', async () => {
  const { send, unchanged } = await buildCovered()
  const bytes = await inFormat('png')
  expect(await send(bytes, 'a.png', { imagePixels: 128 * 85 - 1 })).toMatchObject({
    __typename: 'TooManyPixels',
  })
  await unchanged()
  expect(await send(bytes, 'a.png', { imagePixels: 128 * 85 })).not.toBeInstanceOf(Failure)
})

test('a file over the limit is not read to its end', async () => {
  const { send, unchanged } = await buildCovered()
  const chunk = Buffer.alloc(64 * 1024, 7)
  let sent = 0
  function* endless() {
    for (;;) {
      sent += chunk.length
      yield chunk
    }
  }
  const stream = Readable.from(endless())
  expect(await send(stream, 'a.jpg', { imageBytes: 1024 * 1024 })).toMatchObject({
    __typename: 'FileTooLarge',
  })
  expect(sent).toBeLessThan(4 * 1024 * 1024)
  expect(stream.destroyed).toBe(true)
  await unchanged()
})

test('a file whose source breaks off is never taken for whole', async () => {
  const { send, unchanged } = await buildCovered()
  const bytes = await inFormat('jpeg')
  function* broken() {
    yield bytes
    throw new Error('The connection was lost.')
  }
  await expect(send(Readable.from(broken()))).rejects.toThrow('The upload was interrupted.')
  await unchanged()
})

test('a file whose source is destroyed without an error is never taken for whole', async () => {
  const { send, unchanged } = await buildCovered()
  const bytes = await inFormat('jpeg')
  let sent = false
  const stream = new Readable({
    read() {
      if (sent) this.destroy()
      else this.push(bytes)
      sent = true
    },
  })
  await expect(send(stream)).rejects.toThrow()
  await unchanged()
})

test('a source that failed before it was read is an error, not a crash', async () => {
  const { send, unchanged } = await buildCovered()
  const stream = new Readable({ read() {} })
  stream.on('error', () => {})
  stream.destroy(new Error('The connection was lost.'))
  await expect(send(stream)).rejects.toThrow()
  await unchanged()
})

test('a storage that cannot be written to is an error that leaves no row', async () => {
  const { ctx, send, unchanged } = await buildCovered()
  const blocked = join(ctx.storageRoot, 'incoming')
  const bytes = await inFormat('jpeg')
  await rm(blocked, { recursive: true })
  await writeFile(blocked, '')
  await expect(send(bytes)).rejects.toThrow()
  await rm(blocked)
  await unchanged()
  expect(await readdir(ctx.storageRoot)).not.toContain('incoming')
})

test('a key whose upload was refused can be used for the right file', async () => {
  const { send } = await buildCovered()
  expect(await send(text('no picture'))).toBeInstanceOf(Failure)
  expect(await send(await inFormat('webp'))).toMatchObject({ media: { mimeType: 'image/webp' } })
})
