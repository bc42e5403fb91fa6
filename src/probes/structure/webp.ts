import type { FileBytes } from './file-bytes.ts'

/** How the pixels of a WebP are kept. With an extended header, a picture can be lossless. */
export async function webpKind(file: FileBytes): Promise<'lossy' | 'lossless' | 'animated'> {
  const head = await file.read(12, 9)
  const chunk = head.toString('latin1', 0, 4)
  if (chunk === 'VP8 ') return 'lossy'
  return chunk === 'VP8X' && ((head[8] ?? 0) & 2) !== 0 ? 'animated' : 'lossless'
}
