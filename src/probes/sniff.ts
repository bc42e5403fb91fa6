import { fileTypeFromBuffer } from 'file-type'

/** The MIME type told from the first bytes of a file, or null. */
export async function sniffType(head: Uint8Array): Promise<string | null> {
  const found = await fileTypeFromBuffer(head)
  // An animated PNG is a PNG to everything that shows it.
  if (found?.mime === 'image/apng') return 'image/png'
  if (found && found.mime !== 'application/xml') return found.mime
  return looksLikeSvg(head) ? 'image/svg+xml' : (found?.mime ?? null)
}

/** SVG has no magic number: its root element comes after an optional prolog, comments and a document type. */
function looksLikeSvg(head: Uint8Array) {
  const text = new TextDecoder().decode(head).replace(/^\ufeff/, '')
  const prolog = /^(\s|<\?[^>]*\?>|<!--[\s\S]*?-->|<!DOCTYPE\s+svg[^>[]*(\[[^\]]*\])?\s*>)*/i
  return /^<([\w-]+:)?svg[\s>]/i.test(text.replace(prolog, ''))
}
