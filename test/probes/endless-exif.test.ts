import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { limitsOf } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { UnreadableFile } from '../../src/domain/media-types.ts'
import { hasEndlessExif } from '../../src/probes/exif.ts'
import { probePicture } from '../../src/probes/image.ts'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'

removeTemporaryFolders()

const pointers = [0x8769, 0x8825, 0xa005]

/** EXIF data of fields that all point to its beginning. */
function endless(count: number, byteOrder: 'II' | 'MM') {
  const data = Buffer.alloc(10 + count * 12)
  const short = (value: number, at: number) =>
    byteOrder === 'II' ? data.writeUInt16LE(value, at) : data.writeUInt16BE(value, at)
  const long = (value: number, at: number) =>
    byteOrder === 'II' ? data.writeUInt32LE(value, at) : data.writeUInt32BE(value, at)
  data.write(byteOrder)
  short(42, 2)
  long(8, 4)
  short(count, 8)
  for (let index = 0; index < count; index += 1) {
    const at = 10 + index * 12
    short(pointers[index % 3] ?? 0, at)
    short(4, at + 2)
    long(1, at + 4)
    long(8, at + 8)
  }
  return data
}

const picture = () => sharp({ create: { width: 8, height: 8, channels: 3, background: '#336699' } })

async function jpegWith(exif: Buffer) {
  const jpeg = await picture().jpeg().toBuffer()
  const head = Buffer.from([0xff, 0xe1, 0, 0])
  head.writeUInt16BE(exif.length + 8, 2)
  return Buffer.concat([jpeg.subarray(0, 2), head, Buffer.from('Exif\0\0'), exif, jpeg.subarray(2)])
}

test.each(['II', 'MM'] as const)(
  'EXIF data that points back to itself is refused at once, in the byte order %s',
  async (byteOrder) => {
    const path = join(await temporaryFolder(), 'picture')
    const bytes = await jpegWith(endless(5_000, byteOrder))
    await writeFile(path, bytes)
    const file = { path, mimeType: 'image/jpeg', sizeBytes: bytes.length }
    expect(await probePicture(file, limitsOf(readConfig({})))).toBeInstanceOf(UnreadableFile)
  },
  5_000,
)

test('it is found behind a megabyte of something else', async () => {
  const path = join(await temporaryFolder(), 'picture')
  for (const before of [2 ** 20 - 2, 2 ** 20, 3 * 2 ** 20 - 7]) {
    await writeFile(path, Buffer.concat([Buffer.alloc(before), endless(300, 'MM')]))
    expect(await hasEndlessExif(path)).toBe(true)
  }
})

test('what cameras write is read', async () => {
  const folder = 'test/fixtures'
  for (const name of (await readdir(folder)).filter((name) => /\.(jpg|png|webp)$/.test(name)))
    expect(await hasEndlessExif(join(folder, name))).toBe(false)
  const path = join(await temporaryFolder(), 'picture')
  const exif = { IFD0: { Make: 'Camera' }, IFD2: { ExposureTime: '1/60' }, IFD3: { GPSVersionID: '2 3 0 0' } }
  for (const format of ['jpeg', 'webp', 'avif', 'png'] as const) {
    await writeFile(path, await picture().withExif(exif).toFormat(format).toBuffer())
    expect(await hasEndlessExif(path)).toBe(false)
  }
})
