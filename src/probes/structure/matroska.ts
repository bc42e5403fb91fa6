import type { FileBytes } from './file-bytes.ts'

/** A number of 1 to 8 bytes whose first bit that is set tells how many. Null if it states that it is unknown. */
async function sizeAt(file: FileBytes, at: number): Promise<{ length: number; size: number | null }> {
  const first = (await file.byte(at)) ?? 0
  const length = Math.clz32(first) - 23
  const bytes = await file.read(at, length)
  let size = first & (0xff >> length)
  let unknown = size === 0xff >> length
  for (const byte of bytes.subarray(1)) {
    size = size * 256 + byte
    unknown &&= byte === 0xff
  }
  return { length, size: unknown ? null : size }
}

/** Whether a WebM ends before its segment does. A recording whose size was never filled in states none. */
export async function matroskaIsIncomplete(file: FileBytes): Promise<boolean> {
  // Both IDs, of the header and of the segment, have four bytes.
  const header = await sizeAt(file, 4)
  const segment = 4 + header.length + (header.size ?? 0)
  if ((await file.read(segment, 4)).toString('hex') !== '18538067') return false
  const { length, size } = await sizeAt(file, segment + 4)
  return size !== null && segment + 4 + length + size > file.size
}
