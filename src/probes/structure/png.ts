import type { PictureShape } from '../../domain/picture-cost.ts'
import type { FileBytes } from './file-bytes.ts'

export interface Chunk {
  readonly type: string
  /** Where its data begins. */
  readonly at: number
  readonly length: number
}

/** The chunks of a PNG, up to the last one or to the end of the file. */
export async function* chunksOf(file: FileBytes): AsyncGenerator<Chunk> {
  for (let at = 8; at + 8 <= file.size;) {
    const head = await file.read(at, 8)
    const [length, type] = [head.readUInt32BE(0), head.toString('latin1', 4)]
    yield { type, at: at + 8, length }
    if (type === 'IEND') return
    at += 12 + length
  }
}

/** Whether a PNG ends before its last chunk. The frames of an animation follow the picture that a decoder reads. */
export async function pngIsIncomplete(file: FileBytes): Promise<boolean> {
  let last: Chunk | undefined
  for await (const chunk of chunksOf(file)) last = chunk
  return last === undefined || last.type !== 'IEND' || last.at + last.length + 4 > file.size
}

/** The channels of the types of colour; a palette may have transparent entries. */
const channels = [1, 0, 3, 4, 2, 0, 4]

/** Whether a PNG may have to be turned, for which a decoder holds the whole picture. */
async function hasExif(file: FileBytes) {
  for await (const { type } of chunksOf(file)) if (type === 'eXIf') return true
  return false
}

/** How a PNG has to be decoded, also if it is larger than any decoder accepts. */
export async function pngShape(file: FileBytes): Promise<PictureShape> {
  // A file without this head is incomplete, and was refused.
  const head = await file.read(16, 13)
  const pixelBytes = (channels[head[9] ?? 0] ?? 4) * (head[8] === 16 ? 2 : 1)
  const held = head[12] === 0 && !(await hasExif(file)) ? 'rows' : pixelBytes * 1.1
  return { width: head.readUInt32BE(0), height: head.readUInt32BE(4), pixelBytes, held }
}
