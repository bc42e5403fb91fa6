import type { FileBytes } from './file-bytes.ts'

const extension = 0x21
const frame = 0x2c

/** The size of a table of colours that the flags announce. */
const tableBytes = (flags: number) => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1))

/** Where the data that begins at `at`, in pieces of at most 255 bytes, ends. */
async function endOfData(file: FileBytes, at: number): Promise<number> {
  for (;;) {
    const bytes = await file.from(at)
    if (bytes.length === 0) return at
    let read = 0
    // Without waiting for each piece: there can be millions.
    while (read < bytes.length) {
      const size = bytes[read] ?? 0
      if (size === 0) return at + read + 1
      read += 1 + size
    }
    at += read
  }
}

/** Whether a GIF ends before its trailer. A decoder that wants the first frame never gets there. */
export async function gifIsIncomplete(file: FileBytes): Promise<boolean> {
  const flagsAt = async (at: number) => tableBytes((await file.byte(at)) ?? 0)
  for (let at = 13 + (await flagsAt(10)); ;) {
    const block = await file.byte(at)
    if (block === undefined) return true
    if (block === extension) at = await endOfData(file, at + 2)
    else if (block === frame) at = await endOfData(file, at + 11 + (await flagsAt(at + 9)))
    // Some programs write zeros between blocks.
    else if (block === 0) at += 1
    // The trailer, or something that is no block, at which every decoder stops.
    else return false
  }
}
