import { FileBytes } from './file-bytes.ts'
import { gifIsIncomplete } from './gif.ts'
import { isoIsIncomplete } from './iso.ts'
import { matroskaIsIncomplete } from './matroska.ts'
import { pngIsIncomplete } from './png.ts'

/** The formats whose end a decoder does not reach, or does not miss. It reads the others to their last byte. */
const incomplete: Readonly<Record<string, (file: FileBytes) => Promise<boolean>>> = {
  'image/gif': gifIsIncomplete,
  'image/png': pngIsIncomplete,
  'image/avif': isoIsIncomplete,
  'video/mp4': isoIsIncomplete,
  'audio/mp4': isoIsIncomplete,
  'video/quicktime': isoIsIncomplete,
  'video/webm': matroskaIsIncomplete,
}

/** Whether a file ends before its own structure says. Reads the file once at most and decodes nothing. */
export async function isIncomplete(path: string, mimeType: string): Promise<boolean> {
  const check = incomplete[mimeType]
  return check !== undefined && FileBytes.of(path, check)
}
