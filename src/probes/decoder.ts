import sharp, { type Sharp } from 'sharp'
import type { Colours } from '../domain/colours.ts'
import { TooManyPixels, UnreadableFile } from '../domain/media-types.ts'
import { decoderBytes, exceededLimit } from '../domain/picture-cost.ts'
import { largestSide } from '../domain/thumbnails.ts'
import { drawApart, type Drawing, type ToDraw } from './draw-apart.ts'
import { hasEndlessExif } from './exif.ts'
import { avifHeldBytes, shapeOf } from './shape.ts'
import { coloursOf } from './structure/colours.ts'
import { FileBytes } from './structure/file-bytes.ts'
import { isIncomplete } from './structure/structure.ts'
import { drawSvg } from './svg.ts'
import { oneAtATime } from './turns.ts'

// The cache of libvips would return old bytes for a file name whose content has changed. One thread per picture, and as
// many pictures at once as there are cores, give the highest throughput for the least memory.
sharp.cache(false)
sharp.concurrency(1)

/** A picture that takes more memory than this is decoded in another process. */
const inProcessBytes = 100 * 1024 ** 2

export interface PictureFile {
  readonly path: string
  readonly mimeType: string
  readonly sizeBytes: number
}

export interface PictureLimits {
  readonly imagePixels: number
  /** The memory that decoding a picture may take. */
  readonly decoderBytes: number
  /** How long decoding may take. */
  readonly programMs: number
}

/** A picture to decode, and its display size. */
export interface Decoder {
  readonly image: Sharp
  readonly size: { readonly width: number; readonly height: number }
  readonly orientation: number | null
  /** How to convert its pixels to sRGB, if sharp does not. */
  readonly colours: Colours | null
}

type Picture = Pick<PictureFile, 'path'> & Pick<Decoder, 'colours'>

/** Opens a picture, or says which limit it exceeds. Throws the errors of sharp. */
export async function openPicture(
  file: PictureFile,
  limits: PictureLimits,
): Promise<Decoder | UnreadableFile | TooManyPixels> {
  const { path, mimeType } = file
  if (mimeType === 'image/svg+xml') return openDrawing(await drawSvg(path, limits), null)
  if (await hasEndlessExif(path)) return new UnreadableFile('metadata')
  if (await isIncomplete(path, mimeType)) return new UnreadableFile('incomplete')
  const picture = { path, colours: await coloursOf(path, mimeType) }
  if (mimeType === 'image/avif' && !(await hasKnownBrand(path))) return openUnknownBrand(picture, limits)
  const shape = await shapeOf(path, mimeType)
  const exceeded = exceededLimit(shape, limits)
  if (exceeded) return new TooManyPixels(exceeded)
  return decoderBytes(shape) > inProcessBytes ? openApart(picture, limits) : openHere(picture, limits)
}

async function openHere({ path, colours }: Picture, { programMs }: PictureLimits): Promise<Decoder> {
  // 'error' refuses incomplete or damaged files; 'warning' would refuse photographs of some cameras.
  const image = sharp(path, {
    failOn: 'error',
    limitInputPixels: false,
    sequentialRead: true,
    ignoreIcc: colours !== null,
  })
  const { orientation, autoOrient: size } = await image.metadata()
  const seconds = Math.ceil(programMs / 1000)
  return { image: image.autoOrient().timeout({ seconds }), size, orientation: orientation ?? null, colours }
}

/** Another process gives its memory back, and can be stopped. */
async function openApart(
  { path, colours, ...by }: Picture & Pick<ToDraw, 'brand' | 'maxPixels'>,
  limits: PictureLimits,
) {
  const { programMs: milliseconds, decoderBytes: bytes } = limits
  const whole = { path, ...by, side: largestSide, vectors: false, coded: colours !== null }
  const drawing = await oneAtATime(() => drawApart(whole, { milliseconds, decoderBytes: bytes }))
  return openDrawing(drawing, colours)
}

function openDrawing({ png, orientation, ...size }: Drawing, colours: Colours | null): Decoder {
  return { image: sharp(png), size, orientation, colours }
}

/** Whether sharp recognises an AVIF, by its major brand. */
const hasKnownBrand = (path: string) =>
  FileBytes.of(path, async (file) => /^(avif|mif1)$/.test((await file.read(8, 4)).toString('latin1')))

/** Decodes an AVIF by the brand that all of them share. */
async function openUnknownBrand(picture: Picture, limits: PictureLimits): Promise<Decoder | TooManyPixels> {
  const byMemory = Math.floor(limits.decoderBytes / avifHeldBytes)
  const maxPixels = Math.min(limits.imagePixels, byMemory)
  try {
    return await openApart({ ...picture, brand: 'avif', maxPixels }, limits)
  } catch (error) {
    if (!(error instanceof Error && /pixel limit/.test(error.message))) throw error
    return new TooManyPixels({
      limit: maxPixels,
      cause: byMemory < limits.imagePixels ? 'memory' : 'pixels',
    })
  }
}
