/** The supported documents. Their names are those of the configuration, and the extensions in storage keys. */
export const documentTypes = {
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  json: 'application/json',
  zip: 'application/zip',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  odt: 'application/vnd.oasis.opendocument.text',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
  odp: 'application/vnd.oasis.opendocument.presentation',
  doc: 'application/msword',
  xls: 'application/vnd.ms-excel',
  ppt: 'application/vnd.ms-powerpoint',
  epub: 'application/epub+zip',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  ogg: 'audio/ogg',
  wav: 'audio/wav',
  flac: 'audio/flac',
} as const

export type DocumentName = keyof typeof documentTypes

export const documentNames = Object.keys(documentTypes) as readonly DocumentName[]

export const isDocumentName = (name: string): name is DocumentName => Object.hasOwn(documentTypes, name)

/**
 * Text that has no signature is recognised by the extension of its file name, the only case in which the name counts: bytes
 * cannot tell Markdown from a plain text.
 */
export function textTypeNamed(fileName: string | undefined): string {
  const extension = /\.([^.]+)$/.exec(fileName?.trim() ?? '')?.[1]?.toLowerCase()
  if (extension === 'md' || extension === 'markdown') return documentTypes.md
  return extension === 'csv' ? documentTypes.csv : documentTypes.txt
}

const encoded: ReadonlySet<string> = new Set([documentTypes.txt, documentTypes.md, documentTypes.csv])

/** Whether the content type of such a file names its encoding. JSON is always in UTF-8. */
export const hasCharset = (mimeType: string) => encoded.has(mimeType)

/** The encoding of a text by its first bytes: UTF-16 if it begins with a byte order mark, otherwise UTF-8. */
export function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
}

/** Whether browsers may show a file of this type in place. They save the others. */
export const isShownInPlace = (mimeType: string) => /^(image|video|audio)\//.test(mimeType)
