import sharp, { type Metadata } from 'sharp'
import type { PictureShape } from '../domain/picture-cost.ts'
import { FileBytes } from './structure/file-bytes.ts'
import { jpegHasManyScans } from './structure/jpeg.ts'
import { pngShape } from './structure/png.ts'
import { webpKind } from './structure/webp.ts'

/** The bytes a pixel of the decoder for AVIF: it holds the picture in several colour spaces. */
export const avifHeldBytes = 20

/** The bytes a pixel of decoders that hold the whole picture, as measured. */
const gifHeldBytes = 5.5
const webpHeldBytes = { lossy: 'shrunk', lossless: 4.5, animated: 12 } as const

/** A JPEG of many scans is held as coefficients of two bytes; those of colours are often halved in both directions. */
async function jpegHeld(file: FileBytes, { chromaSubsampling, channels }: Metadata) {
  if (!(await jpegHasManyScans(file))) return 'shrunk'
  return chromaSubsampling === '4:2:0' ? 3.3 : channels * 2.2
}

async function heldOf(file: FileBytes, mimeType: string, metadata: Metadata): Promise<PictureShape['held']> {
  if (mimeType === 'image/jpeg') return jpegHeld(file, metadata)
  if (mimeType === 'image/webp') return webpHeldBytes[await webpKind(file)]
  return mimeType === 'image/gif' ? gifHeldBytes : avifHeldBytes
}

/** What decoding a picture comes to. Reads its first bytes. */
export function shapeOf(path: string, mimeType: string): Promise<PictureShape> {
  return FileBytes.of(path, async (file) => {
    if (mimeType === 'image/png') return pngShape(file)
    const metadata = await sharp(path, { limitInputPixels: false }).metadata()
    const { width, height, channels } = metadata
    return { width, height, pixelBytes: channels, held: await heldOf(file, mimeType, metadata) }
  })
}
