import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import { takePoster } from '../../src/probes/poster.ts'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'
import { clipPath, makeClip } from '../support/media/clips.ts'
import { pngChunk } from '../support/media/pictures.ts'
import { probed, seen } from '../support/media/probed.ts'
import { programs } from '../support/programs.ts'

removeTemporaryFolders()

type Colour = readonly [number, number, number]

const plain = ([r, g, b]: Colour) =>
  sharp({ create: { width: 320, height: 200, channels: 3, background: { r, g, b } } })

function expectNear(found: readonly number[], expected: Colour, within = 6) {
  const far = expected.some((part, index) => Math.abs((found[index] ?? -99) - part) > within)
  expect(far, `${found.join()} is not about ${expected.join()}`).toBe(false)
}

const hex = (colour: string | null) =>
  [1, 3, 5].map((at) => Number.parseInt(colour?.slice(at, at + 2) ?? '', 16))

/** The thumbnail and the facts of a picture show the same colour. */
async function expectSeen(bytes: Buffer, expected: Colour, within?: number) {
  expectNear((await seen(bytes)).at(160, 100), expected, within)
  const facts = await probed(bytes)
  if (facts instanceof Failure) throw new Error(facts.message)
  expectNear(hex(facts.dominantColor), expected, within)
}

/** An AVIF of 10 bits whose colours are coded as given. */
async function avifOf([r, g, b]: Colour, primaries: string, transfer: string) {
  const colour = `0x${Buffer.from([r, g, b]).toString('hex')}`
  const matrix = primaries === 'bt2020' ? ['bt2020', 'bt2020nc'] : ['bt709', 'bt709']
  const path = await makeClip(join(await temporaryFolder(), 'colour.avif'), [
    ...['-f', 'lavfi', '-i', `color=${colour}:s=320x200`, '-frames:v', '1'],
    ...['-vf', `format=gbrp,scale=out_color_matrix=${matrix[0]}:out_range=tv`, '-pix_fmt', 'yuv444p10le'],
    ...['-color_primaries', primaries, '-color_trc', transfer, '-colorspace', String(matrix[1])],
    ...['-c:v', 'libaom-av1', '-still-picture', '1', '-cpu-used', '8', '-crf', '5'],
  ])
  return readFile(path)
}

/** A PNG whose colours are coded as given; with a profile, which those override. */
async function pngOf(colour: Colour, primaries: number, transfer: number) {
  const bytes = await plain(colour).toColourspace('rgb16').withIccProfile('p3').png().toBuffer()
  const codes = pngChunk('cICP', Buffer.from([primaries, transfer, 0, 1]))
  return Buffer.concat([bytes.subarray(0, 33), codes, bytes.subarray(33)])
}

// Red of 100 cd/m² in the primaries of BT.2020, and what is left of it in sRGB.
const hlgRed: Colour = [135, 45, 22]
const pqRed: Colour = [118, 69, 45]

const withFfmpeg = test.skipIf(programs.ffmpeg === null)

withFfmpeg.each<[string, () => Promise<Buffer>, Colour]>([
  ['an AVIF in HLG', () => avifOf(hlgRed, 'bt2020', 'arib-std-b67'), [184, 1, 1]],
  ['an AVIF in PQ', () => avifOf(pqRed, 'bt2020', 'smpte2084'), [185, 6, 2]],
  ['an AVIF in Display P3', () => avifOf([234, 51, 35], 'smpte432', 'iec61966-2-1'), [255, 0, 0]],
])('%s is shown in sRGB', async (_case, make, expected) => {
  await expectSeen(await make(), expected, 12)
})

withFfmpeg('an AVIF in HDR of another brand is shown in sRGB, too', async () => {
  const bytes = await avifOf(hlgRed, 'bt2020', 'arib-std-b67')
  bytes.write('miaf', 8, 'latin1')
  await expectSeen(bytes, [184, 1, 1], 12)
})

test('a PNG in HLG is shown in sRGB, whatever its profile says', async () => {
  const white = Math.round(0.75 * 255)
  await expectSeen(await pngOf([white, white, white], 9, 18), [225, 225, 225])
})

test.each<[string, () => Promise<Buffer>, Colour]>([
  [
    'a JPEG in Display P3',
    () => plain([200, 60, 40]).withIccProfile('p3').jpeg({ quality: 95 }).toBuffer(),
    [200, 60, 40],
  ],
  [
    'an AVIF with the profile of Display P3',
    () => plain([200, 60, 40]).withIccProfile('p3').avif({ effort: 0, quality: 90 }).toBuffer(),
    [200, 60, 40],
  ],
  // Print has no brighter red.
  [
    "a JPEG in a printer's colours",
    () => plain([200, 60, 40]).withIccProfile('cmyk').jpeg({ quality: 95 }).toBuffer(),
    [196, 55, 19],
  ],
  ['a PNG of 16 bits', () => plain([200, 60, 40]).toColourspace('rgb16').png().toBuffer(), [200, 60, 40]],
  ['a grey PNG of 16 bits', () => plain([90, 90, 90]).toColourspace('grey16').png().toBuffer(), [90, 90, 90]],
])('%s is shown in sRGB', async (_case, make, expected) => {
  const bytes = await make()
  const picture = await seen(bytes)
  const { data } = await picture.image().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
  expectNear([...data.subarray(0, 3)], expected, 12)
})

/** The colours at the middle of each of the bars of a poster. */
async function bars(path: string, count: number) {
  const mimeType = path.endsWith('.mov') ? 'video/quicktime' : 'video/mp4'
  const file = { path, mimeType, sizeBytes: (await readFile(path)).length }
  const poster = await takePoster(file, { ...programs, durationMs: null })
  if (poster instanceof Failure) throw new Error(poster.message)
  return Array.from({ length: count }, (_, index) => {
    const x = Math.floor(((index + 0.5) * poster.width) / count)
    const start = (Math.floor(poster.height / 2) * poster.width + x) * poster.channels
    return [...poster.pixels.subarray(start, start + 3)]
  })
}

withFfmpeg(
  'the poster of a video in HLG, as telephones record it, has the colours that were filmed',
  async () => {
    const [red = [], green = [], dark = [], white = []] = await bars(clipPath('hlg.mov'), 4)
    expectNear(red, [185, 0, 0], 12)
    expectNear(green, [0, 185, 0], 12)
    expectNear(dark, [56, 56, 56], 12)
    expectNear(white, [187, 187, 187], 12)
  },
)

withFfmpeg('the poster of a video in the colours of television stays as it is', async () => {
  const path = await makeClip(join(await temporaryFolder(), 'bars.mp4'), [
    ...['-f', 'lavfi', '-i', 'color=0xc83c28:s=1920x1080:r=5:d=1', '-vf', 'scale=out_color_matrix=bt709'],
    ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-pix_fmt', 'yuv420p'],
  ])
  const [only = []] = await bars(path, 1)
  expectNear(only, [200, 60, 40])
})
