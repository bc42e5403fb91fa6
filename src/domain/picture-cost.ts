/** How a decoder has to go about a picture. */
export interface PictureShape {
  /** Its size as stored, before applying the orientation. */
  readonly width: number
  readonly height: number
  /** The bytes of a pixel in the decoded picture. */
  readonly pixelBytes: number
  /**
   * `shrunk`: decoded at a fraction of its size. `rows`: decoded row after row. A number: held as a whole, with so many
   * bytes a pixel.
   */
  readonly held: 'shrunk' | 'rows' | number
}

/** A picture that is reduced row by row needs about as many rows, of those that the decoder puts out. */
const rowsAtOnce = 2_000

/** What the buffers between the steps add to the rows. */
const bufferedTwice = 1.35

/** The memory for decoding a picture, in bytes, as measured. */
export function decoderBytes({ width, height, pixelBytes, held }: PictureShape): number {
  if (held === 'shrunk') return 0
  if (held === 'rows') return width * Math.min(height, rowsAtOnce) * pixelBytes * bufferedTwice
  return width * height * held
}

/** The bytes of a pixel up to which the limit in pixels is also one of the time that rows take. */
const commonPixelBytes = 4

/** Why a picture is refused, and the limit in pixels that follows for a picture of its kind. */
export interface Exceeded {
  readonly limit: number
  readonly cause: 'pixels' | 'memory'
}

/** The limit that a picture exceeds: that of the pixels, or that of the memory of decoders. */
export function exceededLimit(
  shape: PictureShape,
  limits: { readonly imagePixels: number; readonly decoderBytes: number },
): Exceeded | null {
  const pixels = shape.width * shape.height
  const wide = shape.held === 'rows' ? Math.max(1, shape.pixelBytes / commonPixelBytes) : 1
  const byPixels = Math.floor(limits.imagePixels / wide)
  const byMemory = Math.floor((pixels * limits.decoderBytes) / decoderBytes(shape))
  if (pixels > byPixels && byPixels <= byMemory) return { limit: byPixels, cause: 'pixels' }
  return pixels > byMemory ? { limit: byMemory, cause: 'memory' } : null
}
