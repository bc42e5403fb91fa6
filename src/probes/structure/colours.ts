import { type Colours, needsConversion } from '../../domain/colours.ts'
import { FileBytes } from './file-bytes.ts'
import { type Box, boxesOf } from './iso.ts'
import { chunksOf } from './png.ts'

/** The boxes on the way to the properties of an AVIF, and how much of each precedes the boxes in it. */
const containers = new Map([
  ['meta', 4],
  ['iprp', 0],
  ['ipco', 0],
])

async function findColours(file: FileBytes, start: number, end: number): Promise<Box | undefined> {
  for await (const box of boxesOf(file, start, end)) {
    const skipped = containers.get(box.type)
    const inside =
      skipped === undefined ? undefined : await findColours(file, box.at + skipped, Math.min(box.end, end))
    if (inside) return inside
    const kind = box.type === 'colr' ? (await file.read(box.at, 4)).toString('latin1') : ''
    if (kind === 'nclx') return box
  }
  return undefined
}

async function avifColours(file: FileBytes): Promise<Colours | null> {
  const box = await findColours(file, 0, file.size)
  const codes = box ? await file.read(box.at + 4, 4) : Buffer.alloc(0)
  return codes.length < 4 ? null : { primaries: codes.readUInt16BE(0), transfer: codes.readUInt16BE(2) }
}

async function pngColours(file: FileBytes): Promise<Colours | null> {
  for await (const { type, at } of chunksOf(file)) {
    if (type === 'IDAT') return null
    if (type !== 'cICP') continue
    const [primaries = 0, transfer = 0] = await file.read(at, 2)
    return { primaries, transfer }
  }
  return null
}

/**
 * The colours of a picture that has them as code points, which the decoder ignores. Null if they need no conversion, or
 * if it follows from a profile.
 */
export async function coloursOf(path: string, mimeType: string): Promise<Colours | null> {
  const read = { 'image/avif': avifColours, 'image/png': pngColours }[mimeType]
  const colours = read ? await FileBytes.of(path, read) : null
  return colours !== null && needsConversion(colours) ? colours : null
}
