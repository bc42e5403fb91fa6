import sharp, { type Sharp } from 'sharp'
import { rgbaToThumbHash } from 'thumbhash'
import { type Colours, convertToSrgb } from '../domain/colours.ts'
import { dominantColor } from '../domain/dominant-color.ts'
import { Failure } from '../domain/failure.ts'
import type { TooManyPixels, UnreadableFile } from '../domain/media-types.ts'
import { cutOf } from '../domain/squares.ts'
import { largestSide, type PictureFormat, type Recipe, thumbnailSize } from '../domain/thumbnails.ts'
import { type Decoder, openPicture, type PictureFile, type PictureLimits } from './decoder.ts'
import { refusalOf } from './refusals.ts'
import { inTurn } from './turns.ts'

/** The side of the picture from which a ThumbHash is made, in pixels; the algorithm accepts at most 100. */
const placeholderSide = 100

interface PictureFacts {
  /** The display size, after applying the orientation. */
  readonly width: number
  readonly height: number
  readonly orientation: number | null
  /** A ThumbHash (https://evanw.github.io/thumbhash/) in base64. */
  readonly placeholder: string
  /** As `#rrggbb`; null when nothing is visible. */
  readonly dominantColor: string | null
}

/** Decodes a picture to its last byte and describes it, or says why it is refused. */
export async function probePicture(
  file: PictureFile,
  limits: PictureLimits,
): Promise<PictureFacts | UnreadableFile | TooManyPixels> {
  return decodedBy(file, limits, async ({ image, size, orientation, colours }) => {
    const { data, info } = await inTurn(() => smallOf(image, colours))
    return { ...size, orientation, ...previewsOf(data, info) }
  })
}

/** Opens a picture for `decode`. If one of them fails, the result says why the picture is refused. */
async function decodedBy<T>(
  file: PictureFile,
  limits: PictureLimits,
  decode: (decoder: Decoder) => Promise<T>,
): Promise<T | UnreadableFile | TooManyPixels> {
  try {
    const decoder = await openPicture(file, limits)
    return decoder instanceof Failure ? decoder : await decode(decoder)
  } catch (error) {
    return refusalOf(error, { seconds: limits.programMs / 1000 })
  }
}

const smallOf = (image: Sharp, colours: Colours | null) =>
  pixelsOf(
    image.resize(placeholderSide, placeholderSide, { fit: 'inside', withoutEnlargement: true }).ensureAlpha(),
    colours,
  )

/** The pixels in sRGB, with 8 bits. */
async function pixelsOf(image: Sharp, colours: Colours | null) {
  if (colours === null)
    return image.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  const coded = image.toColourspace('rgb16').raw({ depth: 'ushort' })
  const { data, info } = await coded.toBuffer({ resolveWithObject: true })
  // A copy begins where numbers of 16 bits may.
  const numbers = new Uint16Array(Uint8Array.from(data).buffer)
  return { data: Buffer.from(convertToSrgb(numbers, info.channels, colours).buffer), info }
}

/** The previews that represent a picture until it has loaded. */
function previewsOf(rgba: Buffer, { width, height }: { width: number; height: number }) {
  const hash = rgbaToThumbHash(width, height, rgba)
  return { placeholder: Buffer.from(hash).toString('base64'), dominantColor: dominantColor(rgba) }
}

/** The display size of an original, and its type. */
interface Original {
  readonly width: number
  readonly height: number
  readonly mimeType: string
}

/** A picture in memory: upright, in sRGB, without metadata, no larger than the largest recipe. */
export interface DecodedPicture {
  readonly pixels: Buffer
  readonly width: number
  readonly height: number
  readonly channels: 1 | 2 | 3 | 4
  readonly original: Original
}

/** Decodes a picture once for all recipes, or says why that is impossible. */
export async function decodePicture(
  file: PictureFile,
  limits: PictureLimits,
): Promise<DecodedPicture | UnreadableFile | TooManyPixels> {
  const { mimeType } = file
  return decodedBy(file, limits, ({ image, size, colours }) => decoded(image, { ...size, mimeType }, colours))
}

/** Decodes the frame of a video, which is a PNG with the colours of the video. */
export async function decodeFrame(png: Buffer, colours: Colours | null): Promise<DecodedPicture> {
  const image = sharp(png, { ignoreIcc: colours !== null })
  const { autoOrient } = await image.metadata()
  return decoded(image, { ...autoOrient, mimeType: 'image/png' }, colours)
}

async function decoded(image: Sharp, original: Original, colours: Colours | null): Promise<DecodedPicture> {
  const size = thumbnailSize(original, largestSide)
  const { data, info } = await inTurn(() =>
    pixelsOf(image.resize(size.width, size.height, { fit: 'fill' }), colours),
  )
  return { pixels: data, ...size, channels: info.channels, original }
}

const rawOf = ({ pixels, width, height, channels }: DecodedPicture) =>
  sharp(pixels, { raw: { width, height, channels } })

/** The placeholder and the dominant colour of a picture. */
export async function previewPicture(picture: DecodedPicture) {
  const { data, info } = await inTurn(() => smallOf(rawOf(picture), null))
  return previewsOf(data, info)
}

/** The effort for AVIF, 0 to 9. The default, 4, takes four times as long for a file that is one per cent smaller. */
export const avifEffort = 3

interface RenderedPicture {
  readonly bytes: Uint8Array
  readonly width: number
  readonly height: number
}

/** The pixels that a recipe shows, and the size to which it resizes them. */
function shownBy({ maxSide, focus }: Recipe, picture: DecodedPicture) {
  if (!focus) return { shown: rawOf(picture), size: thumbnailSize(picture.original, maxSide) }
  const cut = cutOf(picture, focus)
  const side = Math.min(maxSide, cut.width)
  return { shown: rawOf(picture).extract(cut), size: { width: side, height: side } }
}

/** Encodes a picture by a recipe. */
export async function encodePicture(
  picture: DecodedPicture,
  recipe: Recipe,
  format: PictureFormat,
): Promise<RenderedPicture> {
  const { quality } = recipe
  const { shown, size } = shownBy(recipe, picture)
  const resized = shown.resize(size.width, size.height, { fit: 'fill' })
  const encoded =
    format === 'webp'
      ? resized.webp({ quality: quality.webp })
      : resized.avif({ quality: quality.avif, effort: avifEffort })
  return { bytes: await inTurn(() => encoded.toBuffer()), ...size }
}
