import { textLimits } from './text.ts'

/**
 * The name for display and download: any Unicode, at most 255 characters, with its extension. Path separators and
 * control characters are removed. The name is never part of a path.
 */
export function displayFileName(given: string | undefined): string {
  const name = (given ?? '')
    .toWellFormed()
    .replace(/[/\\\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '')
    .trim()
  if (name === '' || name === '.' || name === '..') return 'file'
  const characters = Array.from(name)
  if (characters.length <= textLimits.fileName) return name
  const extension = /\.[^.]{1,20}$/u.exec(name)?.[0] ?? ''
  return characters.slice(0, textLimits.fileName - Array.from(extension).length).join('') + extension
}
