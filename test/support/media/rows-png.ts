import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createDeflate } from 'node:zlib'
import { pngChunk, pngHeader } from './pictures.ts'

/** Writes a black PNG of any size, without holding it. */
export async function rowsPng(path: string, width: number, height: number): Promise<void> {
  const block = Buffer.alloc(1024 * 1024)
  function* rows() {
    for (let left = (width * 3 + 1) * height; left > 0; left -= block.length) yield block.subarray(0, left)
  }
  async function* chunks(packed: AsyncIterable<Buffer>) {
    yield pngHeader(width, height, 8, 2)
    for await (const data of packed) yield pngChunk('IDAT', data)
    yield pngChunk('IEND', Buffer.alloc(0))
  }
  await pipeline(Readable.from(rows()), createDeflate({ level: 1 }), chunks, createWriteStream(path))
}
