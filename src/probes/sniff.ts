import { fileTypeFromBuffer } from 'file-type'
import { documentNames, documentTypes } from '../domain/document-types.ts'
import { UnreadableFile } from '../domain/media-types.ts'
import { oleType } from './documents/ole.ts'
import { hasSoundTracksOnly } from './documents/sound-only.ts'
import { beginsAsText, textType } from './documents/text.ts'
import { zipType } from './documents/zip.ts'
import { isoType } from './iso-brands.ts'
import { FileBytes } from './structure/file-bytes.ts'
import { textOf } from './xml-text.ts'

const startsWith = (head: Uint8Array, signature: string) =>
  Buffer.from(head.subarray(0, signature.length)).toString('latin1') === signature

/** The MIME type detected from the first bytes of a file, or null. `typeOf` knows more. */
export async function sniffType(head: Uint8Array): Promise<string | null> {
  if (startsWith(head, '%PDF-')) return documentTypes.pdf
  // An archive is never unpacked to see what it is.
  if (startsWith(head, 'PK\x03\x04') || startsWith(head, 'PK\x05\x06')) return documentTypes.zip
  if (looksLikeSvg(head)) return 'image/svg+xml'
  // Words at the beginning of a text may look like the signature of something else.
  if (beginsAsText(head)) return documentTypes.txt
  const found = (await fileTypeFromBuffer(head))?.mime
  if (found === undefined) return null
  // The tag of a recording may precede anything.
  if (startsWith(head, 'ID3') && !found.startsWith('audio/')) return null
  return isoType(head, commonName(found))
}

/** One name for each type that has several. */
function commonName(found: string): string {
  // Everything that displays an animated PNG treats it as a PNG.
  if (found === 'image/apng') return 'image/png'
  if (found === 'audio/x-m4a') return documentTypes.m4a
  return found.startsWith('audio/ogg') ? documentTypes.ogg : found
}

/** SVG has no magic number: its root element follows an optional prolog, comments and a document type. */
function looksLikeSvg(head: Uint8Array) {
  const prolog = /^(\s|<\?[^>]*\?>|<!--[\s\S]*?-->|<!DOCTYPE\s+([\w-]+:)?svg[^>[]*(\[[^\]]*\])?\s*>)*/i
  return /^<([\w-]+:)?svg[\s>/]/i.test(textOf(head).replace(prolog, ''))
}

/** The type of files made of sectors: office documents before 2007, and others. */
const sectors = 'application/x-cfb'

/** Whether a file whose first bytes are of this type can be a document. The type of the whole file may be another. */
export const isDocument = (sniffed: string | null) =>
  sniffed === sectors || documentNames.some((name) => documentTypes[name] === sniffed)

interface WholeFile {
  readonly path: string
  /** What its first bytes say. */
  readonly sniffed: string | null
  /** The name that the client gave it. Counts only among texts. */
  readonly fileName: string | undefined
}

/** The MIME type of a whole file, or null, or that it is an archive without its end. */
export async function typeOf({
  path,
  sniffed,
  fileName,
}: WholeFile): Promise<string | null | UnreadableFile> {
  if (sniffed === documentTypes.txt) return textType(path, fileName)
  if (sniffed === documentTypes.zip)
    return (await FileBytes.of(path, zipType)) ?? new UnreadableFile('archive')
  if (sniffed === sectors) return FileBytes.of(path, oleType)
  if (sniffed === 'video/mp4' && (await FileBytes.of(path, hasSoundTracksOnly))) return documentTypes.m4a
  return sniffed
}
