import sharp, { type Sharp } from 'sharp'
import { rgbaToThumbHash } from 'thumbhash'
import { dominantColor } from '../domain/dominant-color.ts'
import { TooManyPixels, UnreadableFile } from '../domain/media-types.ts'
import { fitInside, largestSide, type PictureFormat, type Recipe } from '../domain/thumbnails.ts'
import { hasEndlessExif } from './exif.ts'
import { programMs } from './programs.ts'
import { drawSvg } from './svg.ts'
import { inTurn } from './turns.ts'

// The cache of libvips would return old bytes for a file name whose content has changed. One thread per picture, and as
// many pictures at once as there are cores, give the highest throughput for the least memory.
sharp.cache(false)
sharp.concurrency(1)

/** The maximum time for decoding a picture, in seconds. */
const timeLimit = 20

/** The side of the picture from which a ThumbHash is made, in pixels; the algorithm accepts at most 100. */
const placeholderSide = 100

/** The server reads an SVG into memory. */
const maxSvgBytes = 10 * 1024 * 1024

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

interface PictureFile {
  readonly path: string
  readonly mimeType: string
  readonly sizeBytes: number
}

/** A picture to decode, and its display size. */
interface Decoder {
  readonly image: Sharp
  readonly size: { readonly width: number; readonly height: number }
  readonly orientation: number | null
}

async function decoder(
  { path, mimeType, sizeBytes }: PictureFile,
  maxPixels: number,
  svgMs: number,
): Promise<Decoder> {
  if (mimeType === 'image/svg+xml') {
    if (sizeBytes > maxSvgBytes) throw new Error('The SVG is too large to render.')
    const { png, ...size } = await drawSvg(path, largestSide, maxPixels, svgMs)
    return { image: sharp(png), size, orientation: null }
  }
  if (await hasEndlessExif(path)) throw new Error('Its EXIF data has no end.')
  // 'error' refuses incomplete or damaged files; 'warning' would refuse photographs of some cameras.
  const image = sharp(path, { failOn: 'error', limitInputPixels: maxPixels, sequentialRead: true })
  const { orientation, autoOrient: size } = await image.metadata()
  return { image: image.timeout({ seconds: timeLimit }), size, orientation: orientation ?? null }
}

/** Decodes a picture to its last byte and describes it, or says why it is refused. Rendering an SVG may take `svgMs`. */
export async function probePicture(
  file: PictureFile,
  maxPixels: number,
  svgMs = programMs,
): Promise<PictureFacts | UnreadableFile | TooManyPixels> {
  try {
    const { image, size, orientation } = await decoder(file, maxPixels, svgMs)
    const { data, info } = await inTurn(() => smallOf(image.autoOrient()))
    return { ...size, orientation, ...previewsOf(data, info) }
  } catch (error) {
    return refusal(error, maxPixels)
  }
}

const smallOf = (image: Sharp) =>
  image
    .resize(placeholderSide, placeholderSide, { fit: 'inside', withoutEnlargement: true })
    .ensureAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })

/** The previews that represent a picture until it has loaded. */
function previewsOf(rgba: Buffer, { width, height }: { width: number; height: number }) {
  const hash = rgbaToThumbHash(width, height, rgba)
  return { placeholder: Buffer.from(hash).toString('base64'), dominantColor: dominantColor(rgba) }
}

/** sharp reports every problem as the message of a plain Error. System errors have a code and are passed on. */
function refusal(error: unknown, maxPixels: number) {
  if (!(error instanceof Error) || 'code' in error) throw error
  if (/pixel limit/i.test(error.message)) return new TooManyPixels(maxPixels)
  return new UnreadableFile(/timeout/i.test(error.message) ? 'slow' : 'damaged')
}

/** A picture in memory: upright, in sRGB, without metadata, no larger than the largest recipe. */
export interface DecodedPicture {
  readonly pixels: Buffer
  readonly width: number
  readonly height: number
  readonly channels: 1 | 2 | 3 | 4
  /** The display size of the original. */
  readonly original: { readonly width: number; readonly height: number }
}

/** Decodes a picture once for all recipes, or says why that is impossible. */
export async function decodePicture(
  file: PictureFile,
  maxPixels: number,
  svgMs = programMs,
): Promise<DecodedPicture | UnreadableFile | TooManyPixels> {
  try {
    return await decoded(await decoder(file, maxPixels, svgMs))
  } catch (error) {
    return refusal(error, maxPixels)
  }
}

/** Decodes the frame of a video, which is a PNG. */
export async function decodeFrame(png: Buffer): Promise<DecodedPicture> {
  const image = sharp(png)
  const { autoOrient } = await image.metadata()
  return decoded({ image, size: autoOrient })
}

async function decoded({ image, size: original }: Pick<Decoder, 'image' | 'size'>): Promise<DecodedPicture> {
  const size = fitInside(original, largestSide)
  const { data, info } = await inTurn(() =>
    image
      .autoOrient()
      .resize(size.width, size.height, { fit: 'fill' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true }),
  )
  return { pixels: data, ...size, channels: info.channels, original }
}

const rawOf = ({ pixels, width, height, channels }: DecodedPicture) =>
  sharp(pixels, { raw: { width, height, channels } })

/** The placeholder and the dominant colour of a picture. */
export async function previewPicture(picture: DecodedPicture) {
  const { data, info } = await inTurn(() => smallOf(rawOf(picture)))
  return previewsOf(data, info)
}

/** The effort for AVIF, 0 to 9. The default, 4, takes four times as long for a file that is one per cent smaller. */
export const avifEffort = 3

interface RenderedPicture {
  readonly bytes: Uint8Array
  readonly width: number
  readonly height: number
}

/** Encodes a picture by a recipe. */
export async function encodePicture(
  picture: DecodedPicture,
  { maxSide, quality }: Recipe,
  format: PictureFormat,
): Promise<RenderedPicture> {
  const size = fitInside(picture.original, maxSide)
  const resized = rawOf(picture).resize(size.width, size.height, { fit: 'fill' })
  const encoded =
    format === 'webp'
      ? resized.webp({ quality: quality.webp })
      : resized.avif({ quality: quality.avif, effort: avifEffort })
  return { bytes: await inTurn(() => encoded.toBuffer()), ...size }
}
