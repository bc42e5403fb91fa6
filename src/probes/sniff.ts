import { fileTypeFromBuffer } from 'file-type'
import { isoType } from './iso-brands.ts'
import { textOf } from './xml-text.ts'

/** The MIME type detected from the first bytes of a file, or null. */
export async function sniffType(head: Uint8Array): Promise<string | null> {
  const found = await fileTypeFromBuffer(head)
  // Everything that displays an animated PNG treats it as a PNG.
  if (found?.mime === 'image/apng') return 'image/png'
  if (found && found.mime !== 'application/xml') return isoType(head, found.mime)
  return looksLikeSvg(head) ? 'image/svg+xml' : (found?.mime ?? null)
}

/** SVG has no magic number: its root element follows an optional prolog, comments and a document type. */
function looksLikeSvg(head: Uint8Array) {
  const prolog = /^(\s|<\?[^>]*\?>|<!--[\s\S]*?-->|<!DOCTYPE\s+([\w-]+:)?svg[^>[]*(\[[^\]]*\])?\s*>)*/i
  return /^<([\w-]+:)?svg[\s>/]/i.test(textOf(head).replace(prolog, ''))
}
