/** The encoding of an XML text that is not ASCII-compatible, told from its byte order mark or its first character. */
export function wideEncoding([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return 'utf-16be'
  return undefined
}

/** An XML text without its byte order mark. Enough to recognise it, whatever its encoding. */
export const textOf = (bytes: Uint8Array): string =>
  new TextDecoder(wideEncoding(bytes) ?? 'utf-8').decode(bytes)
