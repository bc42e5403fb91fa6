import { homophonePattern, type SoundPattern, soundPatterns } from './sound-patterns.ts'
import { joinedMark, joinedName, markWords, nameEnd, plainName, wordMark, wordsOf } from './tag-names.ts'
import { beginningTerms, canHaveTypos, entireTerm, gramTerms } from './tag-terms.ts'

/** The maximum length of a query, in characters. */
export const maxTagQuery = 200

/** The reasons for a match, best first. */
export type MatchReason = 'EXACT' | 'PREFIX' | 'WORD' | 'SUBSTRING' | 'PINYIN' | 'FUZZY'

/** The reasons that a text match can have, best first. */
const textReasons = ['EXACT', 'PREFIX', 'WORD', 'SUBSTRING'] as const satisfies readonly MatchReason[]
type TextReason = (typeof textReasons)[number]

/**
 * The reason of each stage of a search by text. Names that equal the query come first as they were typed, then ignoring
 * case, then ignoring what folding does, then with other signs inside their words.
 */
export const textStages: readonly TextReason[] = ['EXACT', 'EXACT', 'EXACT', ...textReasons]

/** Substrings that the marked names must contain, and the terms of such names. */
interface TextPlan {
  readonly entire: string
  readonly joinedEntire: string
  /** The name begins with the query, or does with its words joined. */
  readonly beginnings: readonly string[]
  /** Each word at the beginning of a word of the name. */
  readonly words: readonly string[]
  /** Each word anywhere in the name. */
  readonly anywhere: readonly string[]
  readonly terms: Readonly<Record<TextReason, readonly string[]>>
}

// More terms than this hardly reduce the candidates.
const maxTerms = 8

/** A limited number of the terms, spread over the text. */
function some(terms: readonly string[]): string[] {
  const unique = [...new Set(terms)]
  if (unique.length <= maxTerms) return unique
  return Array.from(
    { length: maxTerms },
    (_, at) => unique[Math.floor((at * unique.length) / maxTerms)] ?? '',
  )
}

const isMarked = (text: string) => text.startsWith(wordMark)

function planText(plain: string): TextPlan {
  const words = plain.split(' ')
  const marked = words.map(markWords)
  const beginning = markWords(plain)
  return {
    entire: nameEnd + beginning + nameEnd,
    joinedEntire: nameEnd + joinedMark + beginning + nameEnd,
    beginnings: [nameEnd + beginning, nameEnd + joinedMark + beginning],
    words: marked,
    anywhere: marked.map((word) => (isMarked(word) ? word.slice(1) : word)),
    terms: {
      EXACT: [entireTerm(plain)],
      PREFIX: some(beginningTerms('N', plain)),
      WORD: some(
        words.flatMap((word, at) =>
          isMarked(marked[at] ?? '') ? beginningTerms('W', word) : gramTerms(word),
        ),
      ),
      SUBSTRING: some(words.flatMap((word) => gramTerms(word))),
    },
  }
}

const twoWords = /^[\p{L}\p{M}\p{N}]+ [\p{L}\p{M}\p{N}]+$/u

/** The query as it is; and with its words joined if it is two words or has signs inside words: `todo` for `to-do`. */
export function planTexts(plain: string): TextPlan[] {
  const joined = twoWords.test(plain) ? plain.replace(' ', '') : joinedName(plain)
  return joined === undefined ? [planText(plain)] : [planText(plain), planText(joined)]
}

/** The reason why a name matches, if it does. */
export function textReason(plans: readonly TextPlan[], lines: string): TextReason | undefined {
  const has = (part: string) => lines.includes(part)
  if (plans.some(({ entire, joinedEntire }) => has(entire) || has(joinedEntire))) return 'EXACT'
  if (plans.some(({ beginnings }) => beginnings.some(has))) return 'PREFIX'
  const each = lines.split(nameEnd)
  const inOneLine = (parts: readonly string[]) =>
    each.some((line) => parts.every((part) => line.includes(part)))
  if (plans.some(({ words }) => inOneLine(words))) return 'WORD'
  return plans.some(({ anywhere }) => inOneLine(anywhere)) ? 'SUBSTRING' : undefined
}

/** The phonetic readings of a query. */
export const planSounds = soundPatterns

/** The readings of a Chinese query that may be written with other characters of the same sound. */
export function planHomophones(plain: string): SoundPattern[] {
  const pattern = homophonePattern(plain)
  return pattern ? [pattern] : []
}

/** The words of a query that may be misspelt. */
export const wordsWithTypos = (plain: string) => wordsOf(plain).filter(canHaveTypos)

/** The number of tolerated mistakes. */
const forgiven = (word: string) => (Array.from(word).length >= 6 ? 2 : 1)

/**
 * The number of letters to insert, delete, replace or swap to turn the typed word into another one, plus a half if only
 * the beginning of that word matches. Undefined if there are more mistakes than tolerated.
 */
export function mistakes(typed: string, word: string): number | undefined {
  const limit = forgiven(typed)
  const from = Array.from(typed)
  const whole = Array.from(word)
  const to = whole.slice(0, from.length + limit)
  if (to.length < from.length - limit) return undefined
  let rows: [number[], number[]] = [[], Array.from({ length: to.length + 1 }, (_, at) => at)]
  for (let row = 1; row <= from.length; row += 1) {
    const [beforeLast, last] = rows
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1])
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1)
      current.push(cost)
    }
    rows = [last, current]
  }
  const entire = to.length === whole.length ? (rows[1].at(-1) ?? limit + 1) : limit + 1
  const least = Math.min(...rows[1])
  if (entire <= limit) return entire
  return least <= limit ? least + 0.5 : undefined
}

/** A word that a misspelt one can mean. */
interface MeantWord {
  readonly word: string
  readonly mistakes: number
}

/** The words that a misspelt one can mean, fewest mistakes first. */
export function meantBy(typed: string, words: readonly string[]): MeantWord[] {
  const meant = words.flatMap((word) => {
    const count = mistakes(typed, word)
    return count === undefined ? [] : [{ word, mistakes: count }]
  })
  return meant.sort((a, b) => a.mistakes - b.mistakes || a.word.length - b.word.length)
}

/** The search for a misspelt query. */
interface TypoPlan {
  /** For each word of the query, the marked beginnings of words that it can mean; any of them may match. */
  readonly words: readonly (readonly string[])[]
  readonly terms: readonly (readonly string[])[]
}

const maxWords = 6
/**
 * How many meanings are tried per misspelt word, for one, two or more such words. Each combination is a separate
 * search.
 */
const maxMeant = [5, 2, 1]

/**
 * `meantOf` returns the possible meanings of a word of the query; `fewest` keeps only those with the fewest mistakes.
 */
export function planTypos(
  plain: string,
  meantOf: (word: string) => readonly MeantWord[],
  fewest: boolean,
): TypoPlan | undefined {
  const [words, typos] = [wordsOf(plain), wordsWithTypos(plain)]
  if (typos.length === 0 || words.length > maxWords) return undefined
  const most = maxMeant[typos.length - 1] ?? 1
  const choices = words.map((word) => {
    if (!typos.includes(word)) return [word]
    const meant = meantOf(word).slice(0, most)
    return meant.filter((one) => !fewest || one.mistakes === meant[0]?.mistakes).map((one) => one.word)
  })
  if (choices.some((some) => some.length === 0)) return undefined
  const sets = choices.reduce<string[][]>(
    (all, choice) => all.flatMap((terms) => choice.map((word) => [...terms, ...beginningTerms('W', word)])),
    [[]],
  )
  return { words: choices.map((choice) => choice.map(markWords)), terms: sets.map(some) }
}

/** The search for a word that may be two joined ones: 'nodejs' for 'Node.js'. */
interface SplitPlan {
  /** The beginnings of both words, marked. */
  readonly pairs: readonly (readonly [string, string])[]
  readonly terms: readonly (readonly string[])[]
}

const longestSplit = 24

export function planSplits(plain: string): SplitPlan | undefined {
  const letters = Array.from(plain)
  if (wordsOf(plain)[0] !== plain || !canHaveTypos(plain) || letters.length > longestSplit) return undefined
  const pairs = letters.slice(1).map((_, at): [string, string] => {
    const first = letters.slice(0, at + 1).join('')
    return [first, plain.slice(first.length)]
  })
  return {
    pairs: pairs.map(([first, second]) => [markWords(first), markWords(second)]),
    terms: pairs.map((words) => some(words.flatMap((word) => beginningTerms('W', word)))),
  }
}

/** True if the name is stored as this marked name. */
export const namedBy = (name: string, marked: string) => markWords(plainName(name)) === marked
