import { readFile } from 'node:fs/promises'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'

const folder = new URL('../../../src/cli/pictures/', import.meta.url)

/** One of the demo's photographs, as it is. */
export const photographFile = (name: 'rocket.jpg' | 'cat.png' | 'coffee.webp' | 'upright-coffee.jpg') =>
  readFile(new URL(name, folder))

let shade = 0
let encoded: Promise<Buffer> | undefined

/** A photograph whose bytes no other call gives: it has a comment of its own. */
export async function photograph(): Promise<Buffer> {
  encoded ??= photographFile('rocket.jpg').then((bytes) =>
    sharp(bytes)
      .withExif({ IFD0: { ImageDescription: 'A rocket' } })
      .jpeg()
      .toBuffer(),
  )
  const picture = await encoded
  shade += 1
  const comment = Buffer.from(`${process.pid} ${shade} ${Math.random()}`)
  const segment = Buffer.from([0xff, 0xfe, 0, comment.length + 2])
  return Buffer.concat([picture.subarray(0, 2), segment, comment, picture.subarray(2)])
}

/** A PNG of noise, which no compression makes smaller: about three bytes a pixel. */
export function noise(width: number, height: number): Promise<Buffer> {
  return sharp({
    create: {
      width,
      height,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  })
    .png({ compressionLevel: 0 })
    .toBuffer()
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, checksum])
}

/** The beginning of a PNG that is not interlaced. */
export function pngHeader(width: number, height: number, depth: number, colourType: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([depth, colourType, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, pngChunk('IHDR', header)])
}

/** A small PNG file that says it is very large: decoding it would take all memory. */
export const pixelBomb = (width: number, height: number): Buffer =>
  Buffer.concat([
    pngHeader(width, height, 1, 0),
    pngChunk('IDAT', deflateSync(Buffer.alloc(1_000_000))),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
