import { textLimits } from './text.ts'

/**
 * Removed from every name: path separators, control characters, line and paragraph separators, and characters that
 * change the direction of writing.
 */
const removed = /[/\\\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

const visible = /[^\s\p{Default_Ignorable_Code_Point}]/u

/**
 * The name for display and download: any Unicode, at most 255 characters, with its extension. Path separators and
 * control characters are removed. The name is never part of a path.
 */
export function displayFileName(given: string | undefined): string {
  const name = (given ?? '').toWellFormed().replace(removed, '').trim()
  if (!visible.test(name) || name === '.' || name === '..') return 'file'
  const characters = Array.from(name)
  if (characters.length <= textLimits.fileName) return name
  const extension = /\.[^.]{1,20}$/u.exec(name)?.[0] ?? ''
  return characters.slice(0, textLimits.fileName - Array.from(extension).length).join('') + extension
}

const escapes: Readonly<Record<string, string>> = { '%22': '"', '%0A': '\n', '%0D': '\r' }

/**
 * The name of a file in a form. Browsers write a quotation mark, LF and CR as `%22`, `%0A` and `%0D`, and leave other
 * characters, even `%`, as they are. So a name that the user typed with `%22` looks the same and becomes a quotation
 * mark.
 */
export const formFileName = (written: string): string =>
  written.replace(/%(?:22|0A|0D)/g, (escape) => escapes[escape] ?? escape)

/** The common extensions of the types that have several. */
const spellings: Readonly<Record<string, readonly string[]>> = {
  'image/jpeg': ['jpg', 'jpeg', 'jpe', 'jfif'],
  'video/mp4': ['mp4', 'm4v'],
  'video/quicktime': ['mov', 'qt'],
}

/** The extension of a file name in lower case, if it is one of several for this type. */
export function extensionAsSent(fileName: string, mimeType: string): string | undefined {
  const extension = /\.([^.]+)$/.exec(fileName)?.[1]?.toLowerCase()
  return spellings[mimeType]?.find((known) => known === extension)
}
