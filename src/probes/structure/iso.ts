import type { FileBytes } from './file-bytes.ts'

/** A box that a file, or another box, is made of. */
export interface Box {
  readonly type: string
  /** Where its content begins and ends. */
  readonly at: number
  readonly end: number
}

/** The boxes at the top of a file. Anything else there follows the last box and means nothing. */
const topLevel = new Set(
  'ftyp styp pdin meta moov moof mfra mdat idat sidx ssix prft emsg uuid free skip wide'.split(' '),
)

/** The boxes between two places. The end of the last one may be behind the end of the file. */
export async function* boxesOf(file: FileBytes, start: number, end: number): AsyncGenerator<Box> {
  for (let at = start; at + 8 <= end;) {
    const head = await file.read(at, 16)
    if (head.length < 8) return
    const type = head.toString('latin1', 4, 8)
    const [small, large] = [head.readUInt32BE(0), head.length === 16 ? Number(head.readBigUInt64BE(8)) : 0]
    const wide = small === 1
    // A size of 0 means that the box reaches to the end.
    const size = wide ? large : small === 0 ? end - at : small
    if (size < 8) return
    yield { type, at: at + (wide ? 16 : 8), end: at + size }
    at += size
  }
}

/** Whether a file made of ISO boxes ends before its last box does. */
export async function isoIsIncomplete(file: FileBytes): Promise<boolean> {
  for await (const { type, end } of boxesOf(file, 0, file.size)) {
    if (!topLevel.has(type)) return false
    if (end > file.size) return true
  }
  return false
}
