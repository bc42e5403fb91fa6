import { foldText } from './folding.ts'

// Names are kept for the search as folded lines in which every word has a mark before it. The marks depend on two
// neighbouring characters only, so a query that is marked the same way is a plain part of the names it matches: whole
// lines, beginnings of lines, beginnings of words or anything else, told apart by what stands before and behind.

/** Stands before each word of a marked text. */
export const wordMark = '\x01'
/** Stands before and behind each name. */
export const nameEnd = '\n'

const wordCharacter = /[\p{L}\p{N}\p{M}]/u
const han = /\p{Script=Han}/u

export const isHan = (character: string) => character >= '\u2e80' && han.test(character)

/** 0 for what is no part of a word; neighbours of different numbers are not of one word. */
function wordKind(character: string): number {
  if (character < '\x80') return /[0-9a-z]/.test(character) ? 1 : 0
  if (isHan(character)) return 2
  return wordCharacter.test(character) ? 1 : 0
}

/** The name as it is compared: folded, with single spaces. */
export const plainName = (name: string) =>
  foldText(name)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()

/** The characters of a plain name or query, each with whether a word begins there. */
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

/** The marked names of such a text. */
export const namesIn = (lines: string): string[] => lines.split(nameEnd).slice(1, -1)
