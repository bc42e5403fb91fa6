import type { FileBytes } from './file-bytes.ts'

/** Whether a marker begins a frame: all of C0 to CF do, except those of tables. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

/**
 * Whether a decoder has to hold all coefficients of a JPEG, because its first scan does not have all components. Those
 * of progressive ones are spread over many scans, too.
 */
export async function jpegHasManyScans(file: FileBytes): Promise<boolean> {
  let components = 0
  for (let at = 2; ;) {
    const head = await file.read(at, 10)
    const marker = head[1] ?? 0
    if (head.length < 10 || head[0] !== 0xff) return false
    if (marker === 0xff) {
      at += 1
      continue
    }
    if (isFrame(marker)) {
      if (marker === 0xc2 || marker === 0xca) return true
      components = head[9] ?? 0
    }
    if (marker === 0xda) return (head[4] ?? 0) < components
    at += 2 + head.readUInt16BE(2)
  }
}
