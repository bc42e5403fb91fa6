import { documentNames, documentTypes } from './document-types.ts'
import { isStorable, notStorable, textLimits, tooLong } from './text.ts'

/**
 * Removed from every name: path separators, control characters, line and paragraph separators, and characters that
 * change the direction of writing.
 */
const removed = /[/\\\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

const visible = /[^\s\p{Default_Ignorable_Code_Point}]/u

const cleanName = (given: string) => given.toWellFormed().replace(removed, '').trim()
const isBlank = (name: string) => !visible.test(name) || name === '.' || name === '..'

/**
 * The name for display and download: any Unicode, at most 255 characters, with its extension. Path separators and
 * control characters are removed. The name is never part of a path.
 */
export function displayFileName(given: string | undefined): string {
  const name = cleanName(given ?? '')
  if (isBlank(name)) return 'file'
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
  [documentTypes.txt]: ['txt', 'md', 'markdown', 'csv', 'json'],
  [documentTypes.md]: ['md', 'markdown'],
  [documentTypes.m4a]: ['m4a', 'm4b', 'mp4'],
  [documentTypes.ogg]: ['ogg', 'oga', 'opus'],
  [documentTypes.wav]: ['wav', 'wave'],
}

/** Files of these types contain anything, so they may have any extension that stands for no other type. */
const general: ReadonlySet<string> = new Set([documentTypes.txt, documentTypes.json, documentTypes.zip])
const standsForType: ReadonlySet<string> = new Set([
  ...Object.values(spellings).flat(),
  ...documentNames,
  ...['png', 'webp', 'avif', 'gif', 'svg', 'webm'],
])

/** The extension of a file name in lower case, if it is one of several for this type. */
export function extensionAsSent(fileName: string, mimeType: string): string | undefined {
  const extension = /\.([^.]+)$/.exec(fileName)?.[1]?.toLowerCase()
  return spellings[mimeType]?.find((known) => known === extension)
}

/** What looks like an extension: a word of at most five letters and digits. `v1.2` and `Mr. Smith` have none. */
const extensionPattern = /\.(?=[^.]*[a-z])([a-z0-9]{1,5})$/i

/**
 * The name that a client gives to a stored file, or what is wrong with it. A name without an extension gets the right
 * one; one that belongs to another type is refused, since programs and people go by it.
 */
export function newFileName(
  given: string,
  { mimeType, extension }: { readonly mimeType: string; readonly extension: string },
): { readonly name: string } | { readonly problem: string } {
  if (!isStorable(given)) return { problem: notStorable }
  const cleaned = cleanName(given)
  if (isBlank(cleaned)) return { problem: 'Give at least one visible character.' }
  const known = spellings[mimeType] ?? [extension]
  const found = extensionPattern.exec(cleaned)?.[1]
  const fits = (end: string) => known.includes(end) || (general.has(mimeType) && !standsForType.has(end))
  if (found !== undefined && !fits(found.toLowerCase())) {
    const right = known.map((one) => `.${one}`).join(' or ')
    return { problem: `This file is ${mimeType}: end its name in ${right}, or leave the extension out.` }
  }
  const name = found === undefined ? `${cleaned}.${extension}` : cleaned
  const problem = tooLong(name, textLimits.fileName)
  return problem === undefined ? { name } : { problem }
}
