import { foldText } from './folding.ts'

// For the search, names are stored as folded lines with a mark before every word. The marks depend only on two adjacent
// characters, so a query that is marked in the same way is a substring of the names it matches. The characters before
// and after tell whether it is a whole name, the beginning of a name, the beginning of a word, or something else.

/** Precedes each word of a marked text. */
export const wordMark = '\x01'
/** Precedes and follows each name. */
export const nameEnd = '\n'

const wordCharacter = /[\p{L}\p{N}\p{M}]/u
const han = /\p{Script=Han}/u

export const isHan = (character: string) => character >= '\u2e80' && han.test(character)

/** The kind of a character: 0 outside words. Adjacent characters of different kinds belong to different words. */
function wordKind(character: string): number {
  if (character < '\x80') return /[0-9a-z]/.test(character) ? 1 : 0
  if (isHan(character)) return 2
  return wordCharacter.test(character) ? 1 : 0
}

/** The name in comparable form: folded, with single spaces. */
export const plainName = (name: string) =>
  foldText(name)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()

/** The characters of a plain name or query, each with a flag for the beginning of a word. */
export function charactersOf(plain: string): { text: string; startsWord: boolean }[] {
  let before = 0
  return Array.from(plain, (text) => {
    const kind = wordKind(text)
    const startsWord = kind !== 0 && kind !== before
    before = kind
    return { text, startsWord }
  })
}

export const markWords = (plain: string) =>
  charactersOf(plain)
    .map(({ text, startsWord }) => (startsWord ? wordMark + text : text))
    .join('')

/** The words of a plain text: runs of characters of one kind. */
export const wordsOf = (plain: string): string[] =>
  markWords(plain)
    .split(wordMark)
    .slice(1)
    .map((word) => word.replace(/[^\p{L}\p{N}\p{M}]+$/u, ''))

/** All names of a tag as one text. */
export const linesOf = (plains: readonly string[]) =>
  nameEnd + plains.map((plain) => markWords(plain) + nameEnd).join('')

/** The marked names in such a text. */
export const namesIn = (lines: string): string[] => lines.split(nameEnd).slice(1, -1)
