import { foldText } from './folding.ts'

// For the search, names are stored as folded lines with a mark before every word. The marks depend only on two adjacent
// characters, so a query that is marked in the same way is a substring of the names it matches. The characters before
// and after tell whether it is a whole name, the beginning of a name, the beginning of a word, or something else.

/** Precedes each word of a marked text. */
export const wordMark = '\x01'
/** Precedes and follows each name. */
export const nameEnd = '\n'
/** Precedes, after the end of a name, the same name with its words joined: `todo` for `to-do`. */
export const joinedMark = '\x02'

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

const letter = '\\p{L}\\p{M}'
// Not between two digits: 1.5 is not 15.
const innerSign = new RegExp(
  `(?<=[${letter}])[\\p{Pd}\\p{Pc}.'’·/](?=[${letter}\\p{N}])|(?<=\\p{N})[\\p{Pd}\\p{Pc}.'’·/](?=[${letter}])`,
  'gu',
)

/** A plain text without the signs inside its words; undefined if there are none. */
export function joinedName(plain: string): string | undefined {
  const joined = plain.replace(innerSign, '')
  return joined === plain ? undefined : joined
}

const twoWords = /^[\p{L}\p{M}\p{N}]+ [\p{L}\p{M}\p{N}]+$/u

/** A plain query with its words joined, if it is two words or has signs inside words: `todo` for `to do` and `to-do`. */
export const joinedQuery = (plain: string) =>
  twoWords.test(plain) ? plain.replace(' ', '') : joinedName(plain)

/** All names of a tag as one text, each followed by the same name with its words joined, if that differs. */
export const linesOf = (plains: readonly string[]) =>
  nameEnd +
  plains
    .map((plain) => {
      const joined = joinedName(plain)
      return (
        markWords(plain) + nameEnd + (joined === undefined ? '' : joinedMark + markWords(joined) + nameEnd)
      )
    })
    .join('')

/** A name in such a text: as it was marked, and as one text that also has it with its words joined. */
interface MarkedName {
  readonly marked: string
  readonly lines: string
}

/** The names in such a text. */
export function namesIn(lines: string): MarkedName[] {
  const names: MarkedName[] = []
  for (const line of lines.split(nameEnd).slice(1, -1)) {
    const name = line.startsWith(joinedMark) ? names.pop() : undefined
    names.push({ marked: name?.marked ?? line, lines: (name?.lines ?? nameEnd) + line + nameEnd })
  }
  return names
}

/** The name as it was typed, except for its spaces. */
const typedName = (name: string) =>
  name
    .normalize('NFC')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()

/** Terms by which equal names differ: as it was typed, ignoring case, and ignoring everything that folding does. */
export function spellingTerms(name: string): [typed: string, lower: string, folded: string] {
  const typed = typedName(name)
  return [`T${typed}`, `L${typed.toLowerCase()}`, `F${plainName(name)}`]
}
