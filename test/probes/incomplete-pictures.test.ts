import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { Failure } from '../../src/domain/failure.ts'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'
import { makeClip } from '../support/media/clips.ts'
import { photographFile } from '../support/media/pictures.ts'
import { probed } from '../support/media/probed.ts'
import { programs } from '../support/programs.ts'

removeTemporaryFolders()

const photo = async () => sharp(await photographFile('rocket.jpg')).resize(120, 80)

/** A film of 20 frames as a picture. */
async function animated(format: 'gif' | 'webp') {
  const frames = await Promise.all(
    Array.from({ length: 20 }, async (_, index) =>
      sharp(await photographFile('rocket.jpg'))
        .extract({ left: index * 5, top: index * 3, width: 120, height: 80 })
        .raw()
        .toBuffer(),
    ),
  )
  const raw = { width: 120, height: 1600, channels: 3, pageHeight: 80 } as const
  return sharp(Buffer.concat(frames), { raw }).toFormat(format).toBuffer()
}

async function byFfmpeg(name: string, args: readonly string[]) {
  const input = ['-f', 'lavfi', '-i', 'testsrc=d=1:r=10:s=120x80']
  return readFile(await makeClip(join(await temporaryFolder(), name), [...input, ...args]))
}

const formats: Readonly<Record<string, () => Promise<Buffer>>> = {
  JPEG: async () => (await photo()).jpeg().toBuffer(),
  'progressive JPEG': async () => (await photo()).jpeg({ progressive: true }).toBuffer(),
  PNG: async () => (await photo()).png().toBuffer(),
  'interlaced PNG': async () => (await photo()).png({ progressive: true }).toBuffer(),
  GIF: async () => (await photo()).gif().toBuffer(),
  WebP: async () => (await photo()).webp().toBuffer(),
  'lossless WebP': async () => (await photo()).webp({ lossless: true }).toBuffer(),
  AVIF: async () => (await photo()).avif({ effort: 0 }).toBuffer(),
  'AVIF with transparency': async () => (await photo()).ensureAlpha(0.5).avif({ effort: 0 }).toBuffer(),
  'animated GIF': () => animated('gif'),
  'animated WebP': () => animated('webp'),
}

const made: Readonly<Record<string, () => Promise<Buffer>>> = {
  'animated PNG': () => byFfmpeg('a.apng', ['-plays', '0', '-f', 'apng']),
  'animated AVIF': () => byFfmpeg('a.avif', ['-pix_fmt', 'yuv420p', '-c:v', 'libaom-av1', '-cpu-used', '8']),
}

async function refusesParts(bytes: Buffer) {
  expect(await probed(bytes)).toMatchObject({ width: 120, height: 80 })
  // What follows the end does not matter.
  expect(await probed(Buffer.concat([bytes, Buffer.from('123456789012')]))).not.toBeInstanceOf(Failure)
  const lengths = [0.1, 0.2, 0.5, 0.9, 0.99].map((share) => Math.floor(bytes.length * share))
  for (const length of [...lengths, bytes.length - 1]) {
    const refusal = await probed(bytes.subarray(0, length))
    expect(refusal, `${length} of ${bytes.length} bytes`).toBeInstanceOf(Failure)
    expect((refusal as Failure & { message: string }).message).toMatch(/incomplete|ends before/)
  }
}

test.each(Object.keys(formats))('a %s that lacks anything of its end is refused', async (format) => {
  await refusesParts((await formats[format]?.()) ?? Buffer.alloc(0))
})

test.skipIf(programs.ffmpeg === null).each(Object.keys(made))(
  'an %s that lacks anything of its end is refused',
  async (format) => {
    await refusesParts((await made[format]?.()) ?? Buffer.alloc(0))
  },
)

test.each(['gif', 'png'] as const)('a %s without its last bytes is called incomplete', async (format) => {
  const bytes = format === 'gif' ? await animated('gif') : await (await photo()).png().toBuffer()
  expect(await probed(bytes.subarray(0, -1))).toMatchObject({ unreadableReason: 'INCOMPLETE' })
  expect(await probed(bytes.subarray(0, -12))).toMatchObject({ unreadableReason: 'INCOMPLETE' })
})

test('an SVG without its end is refused, wherever it ends', async () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="6" height="4"><g><rect/></g></svg>')
  for (let length = 20; length < svg.length; length += 5)
    expect(await probed(svg.subarray(0, length)), String(length)).toMatchObject({
      unreadableReason: 'DAMAGED',
    })
})

test('a GIF with zeros between its blocks is whole', async () => {
  const bytes = await animated('gif')
  const padded = Buffer.concat([bytes.subarray(0, -1), Buffer.alloc(5), bytes.subarray(-1)])
  expect(await probed(padded)).toMatchObject({ width: 120 })
})

test('a GIF of a million pieces is judged within the time of a request', async () => {
  const bytes = await animated('gif')
  const comment = Buffer.concat([Buffer.from([0x21, 0xfe]), Buffer.alloc(20_000_000, 1), Buffer.from([0])])
  const long = Buffer.concat([bytes.subarray(0, -1), comment, bytes.subarray(-1)])
  expect(await probed(long)).toMatchObject({ width: 120 })
  expect(await probed(long.subarray(0, -1))).toMatchObject({ unreadableReason: 'INCOMPLETE' })
})
