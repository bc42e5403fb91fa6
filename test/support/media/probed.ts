import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { limitsOf } from '../../../src/app.ts'
import { readConfig } from '../../../src/config.ts'
import { Failure } from '../../../src/domain/failure.ts'
import { decodePicture, probePicture } from '../../../src/probes/image.ts'
import { sniffType } from '../../../src/probes/sniff.ts'
import { temporaryFolder } from '../builders.ts'

export const defaultLimits = limitsOf(readConfig({}))

/** Writes a picture to a file of its own. Its type is told from its bytes. */
export async function pictureFile(bytes: Buffer) {
  const path = join(await temporaryFolder(), 'picture')
  await writeFile(path, bytes)
  return { path, mimeType: (await sniffType(bytes)) ?? 'unknown', sizeBytes: bytes.length }
}

/** The facts of a picture, or why it is refused. */
export const probed = async (bytes: Buffer, limits = defaultLimits) =>
  probePicture(await pictureFile(bytes), limits)

/** What a picture looks like: its pixels in sRGB, at the size of the largest recipe. */
export async function seen(bytes: Buffer, limits = defaultLimits) {
  const decoded = await decodePicture(await pictureFile(bytes), limits)
  if (decoded instanceof Failure) throw new Error(decoded.message)
  const { pixels, width, height, channels } = decoded
  const raw = { width, height, channels }
  const at = (x: number, y: number) => {
    const start = (y * width + x) * channels
    return [...pixels.subarray(start, start + Math.min(3, channels))]
  }
  return { ...raw, at, image: () => sharp(pixels, { raw }) }
}
