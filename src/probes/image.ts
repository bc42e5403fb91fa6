import { readFile } from 'node:fs/promises'
import sharp, { type Sharp } from 'sharp'
import { rgbaToThumbHash } from 'thumbhash'
import { dominantColor } from '../domain/dominant-color.ts'
import { TooManyPixels, UnreadableFile } from '../domain/media-types.ts'
import type { Recipe } from '../domain/thumbnails.ts'
import { inTurn } from './turns.ts'

// libvips' cache would answer for a file name whose bytes have changed. One thread per picture and as many pictures
// as cores at once give the most per second for the least memory.
sharp.cache(false)
sharp.concurrency(1)

/** Longest time one picture may take to decode, in seconds. */
const timeLimit = 20

/** A side of the picture a ThumbHash is made of, in pixels; its algorithm takes at most 100. */
const placeholderSide = 100

/** An SVG is read whole, since libvips would let a file name reach the files beside it. */
const maxSvgBytes = 10 * 1024 * 1024

export interface PictureFacts {
  /** As shown: the orientation applied. */
  readonly width: number
  readonly height: number
  readonly orientation: number | null
  /** A ThumbHash (https://evanw.github.io/thumbhash/) in base64. */
  readonly placeholder: string
  /** As `#rrggbb`; null when nothing of it is to be seen. */
  readonly dominantColor: string | null
}

interface PictureFile {
  readonly path: string
  readonly mimeType: string
  readonly sizeBytes: number
}

async function decoder({ path, mimeType, sizeBytes }: PictureFile, maxPixels: number): Promise<Sharp> {
  const svg = mimeType === 'image/svg+xml'
  if (svg && sizeBytes > maxSvgBytes) throw new Error('The SVG is too large to be rendered.')
  // 'error' refuses what is cut off or broken; 'warning' would refuse photographs of some cameras.
  return sharp(svg ? await readFile(path) : path, {
    failOn: 'error',
    limitInputPixels: maxPixels,
    sequentialRead: true,
  }).timeout({ seconds: timeLimit })
}

/** Decodes a picture to its last byte and tells what it is, or why it is not taken. */
export async function probePicture(
  file: PictureFile,
  maxPixels: number,
): Promise<PictureFacts | UnreadableFile | TooManyPixels> {
  try {
    const image = await decoder(file, maxPixels)
    const { width, height, orientation } = await image.metadata()
    const small = await inTurn(() =>
      image
        .autoOrient()
        .resize(placeholderSide, placeholderSide, { fit: 'inside', withoutEnlargement: true })
        .ensureAlpha()
        .toColourspace('srgb')
        .raw()
        .toBuffer({ resolveWithObject: true }),
    )
    const hash = rgbaToThumbHash(small.info.width, small.info.height, small.data)
    const turned = (orientation ?? 1) >= 5
    return {
      width: turned ? height : width,
      height: turned ? width : height,
      orientation: orientation ?? null,
      placeholder: Buffer.from(hash).toString('base64'),
      dominantColor: dominantColor(small.data),
    }
  } catch (error) {
    return refusal(error, maxPixels)
  }
}

/** sharp tells everything in the message of a plain Error; system errors carry a code and are passed on. */
function refusal(error: unknown, maxPixels: number) {
  if (!(error instanceof Error) || 'code' in error) throw error
  if (/pixel limit/i.test(error.message)) return new TooManyPixels(maxPixels)
  return new UnreadableFile(/timeout/i.test(error.message) ? 'slow' : 'damaged')
}

export interface RenderedPicture {
  readonly bytes: Uint8Array
  readonly width: number
  readonly height: number
}

/** The picture by a recipe: a WebP, upright, in sRGB, without metadata. */
export async function renderPicture(
  file: PictureFile,
  recipe: Recipe,
  maxPixels: number,
): Promise<RenderedPicture> {
  const image = await decoder(file, maxPixels)
  const { data, info } = await inTurn(() =>
    image
      .autoOrient()
      .resize(recipe.maxSide, recipe.maxSide, { fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .webp({ quality: recipe.quality })
      .toBuffer({ resolveWithObject: true }),
  )
  return { bytes: data, width: info.width, height: info.height }
}
