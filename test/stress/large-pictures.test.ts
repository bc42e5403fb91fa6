import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'
import { pixelBomb } from '../support/media/pictures.ts'
import { defaultLimits, pictureFile, probed } from '../support/media/probed.ts'
import { rowsPng } from '../support/media/rows-png.ts'

removeTemporaryFolders()

const run = promisify(execFile)
const script = new URL('../support/media/measure-picture.ts', import.meta.url).pathname
const warm = new URL('../../src/cli/pictures/rocket.jpg', import.meta.url).pathname
const measured = z.object({
  milliseconds: z.number(),
  grownBytes: z.number(),
  facts: z.record(z.string(), z.unknown()),
  seen: z.record(z.string(), z.unknown()),
})

/** Reads a picture in a process of its own, as a server does. */
async function measure(path: string, mimeType: string) {
  const args = ['--import', 'tsx', script, path, mimeType, warm]
  return measured.parse(JSON.parse((await run(process.execPath, args)).stdout))
}

const allowedBytes = 400 * 1024 ** 2

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#336699' }, limitInputPixels: false })

/** As photographs of telephones are: a photograph would take minutes to make. */
const pictures: readonly (readonly [string, string, number, number, (path: string) => Promise<unknown>])[] = [
  [
    'a photograph of 200 megapixels',
    'image/jpeg',
    16_320,
    12_240,
    (path) => plain(16_320, 12_240).jpeg().toFile(path),
  ],
  ['a panorama', 'image/jpeg', 30_000, 4_000, (path) => plain(30_000, 4_000).jpeg().toFile(path)],
  [
    'a progressive photograph of 108 megapixels',
    'image/jpeg',
    ...([12_000, 9_000] as const),
    (path) => plain(12_000, 9_000).jpeg({ progressive: true }).toFile(path),
  ],
  ['a PNG of 484 megapixels', 'image/png', 22_000, 22_000, (path) => rowsPng(path, 22_000, 22_000)],
  [
    'a lossless WebP of 100 megapixels',
    'image/webp',
    10_000,
    10_000,
    (path) => plain(10_000, 10_000).webp({ lossless: true, effort: 0 }).toFile(path),
  ],
  [
    'an AVIF of 50 megapixels',
    'image/avif',
    8_660,
    5_774,
    (path) => plain(8_660, 5_774).avif({ effort: 0 }).toFile(path),
  ],
]

test.each(pictures)(
  '%s (%s, %i by %i) is taken, and the memory of the server grows by less than 400 MB',
  async (_case, mimeType, width, height, make) => {
    const path = join(await temporaryFolder(), 'picture')
    await make(path)
    const { grownBytes, facts, seen } = await measure(path, mimeType)
    expect(facts).toMatchObject({ width, height })
    expect(Math.max(Number(seen['width']), Number(seen['height']))).toBe(1280)
    expect(grownBytes).toBeLessThan(allowedBytes)
  },
  60_000,
)

test.each([
  ['of 2,500 megapixels', 50_000, 50_000, 500_000_000],
  ['that is one line of 2,000,000,000', 2_000_000_000, 1, 500_000_000],
])('a PNG %s is refused with its limit, and takes no memory', async (_case, width, height, limit) => {
  const { path, mimeType } = await pictureFile(pixelBomb(width, height))
  const { grownBytes, facts, seen } = await measure(path, mimeType)
  for (const refusal of [facts, seen]) expect(refusal).toMatchObject({ __typename: 'TooManyPixels', limit })
  expect(grownBytes).toBeLessThan(50 * 1024 ** 2)
})

test.each([
  ['an AVIF', () => plain(200, 100).avif({ effort: 0 }).toBuffer(), 19_999 * 20],
  ['a GIF', () => plain(200, 100).gif().toBuffer(), 19_999 * 5.5],
  ['an interlaced PNG', () => plain(200, 100).png({ progressive: true }).toBuffer(), 19_999 * 3.3],
  ['a progressive JPEG', () => plain(200, 100).jpeg({ progressive: true }).toBuffer(), 19_999 * 3.3],
  ['a lossless WebP', () => plain(200, 100).webp({ lossless: true }).toBuffer(), 19_999 * 4.5],
])('%s is limited by the memory that decoding it takes', async (_case, make, decoderBytes) => {
  const bytes = await make()
  expect(await probed(bytes, { ...defaultLimits, decoderBytes })).toMatchObject({
    __typename: 'TooManyPixels',
    limit: 19_999,
    message: expect.stringContaining('too much memory') as string,
  })
  expect(await probed(bytes, { ...defaultLimits, decoderBytes: decoderBytes * 1.01 })).toMatchObject({
    width: 200,
  })
})

test('a JPEG whose components come one after another is held as a whole, too', async () => {
  const jpeg = await plain(200, 100).jpeg({ chromaSubsampling: '4:4:4', optimiseScans: false }).toBuffer()
  const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]))
  // The first scan announces one component instead of three.
  const split = Buffer.concat([
    jpeg.subarray(0, scan),
    Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]),
    jpeg.subarray(scan + 14),
  ])
  const limits = { ...defaultLimits, decoderBytes: 20_000 }
  expect(await probed(split, limits)).toMatchObject({ __typename: 'TooManyPixels' })
  expect(await probed(jpeg, limits)).toMatchObject({ width: 200 })
})
