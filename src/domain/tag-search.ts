import { homophonePattern, type SoundPattern, soundPatterns } from './sound-patterns.ts'
import { joinedMark, joinedQuery, markWords, nameEnd, plainName, wordMark, wordsOf } from './tag-names.ts'
import { beginningTerms, canHaveTypos, entireTerm, gramTerms } from './tag-terms.ts'
import { combinations, type MeantOf, typoChoices } from './typos.ts'

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

/** The query as it is, and with its words joined. */
export function planTexts(plain: string): TextPlan[] {
  const joined = joinedQuery(plain)
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

/** The search for a misspelt query. */
interface TypoPlan {
  /** For each word of the query, the marked beginnings of words that it can mean; any of them may match. */
  readonly words: readonly (readonly string[])[]
  readonly terms: readonly (readonly string[])[]
}

export function planTypos(plain: string, meantOf: MeantOf, fewest: boolean): TypoPlan | undefined {
  const choices = typoChoices(wordsOf(plain), meantOf, fewest)
  if (!choices) return undefined
  const terms = combinations(choices).map((words) => some(words.flatMap((word) => beginningTerms('W', word))))
  return { words: choices.map((choice) => choice.map(markWords)), terms }
}

/** The search for a word that may be two joined ones: 'nodejs' for 'Node.js'. */
interface SplitPlan {
  /** The beginnings of both words, marked. */
  readonly pairs: readonly (readonly [string, string])[]
  readonly terms: readonly (readonly string[])[]
}

const longestSplit = 24

/** Each part has at least `shortest` letters. A part of one letter begins very many words, which takes time. */
export function planSplits(plain: string, shortest: number): SplitPlan | undefined {
  const letters = Array.from(plain)
  if (wordsOf(plain)[0] !== plain || !canHaveTypos(plain) || letters.length > longestSplit) return undefined
  const pairs = letters.slice(2 * shortest - 1).map((_, at): [string, string] => {
    const first = letters.slice(0, at + shortest).join('')
    return [first, plain.slice(first.length)]
  })
  return {
    pairs: pairs.map(([first, second]) => [markWords(first), markWords(second)]),
    terms: pairs.map((words) => some(words.flatMap((word) => beginningTerms('W', word)))),
  }
}

/** True if the name is stored as this marked name. */
export const namedBy = (name: string, marked: string) => markWords(plainName(name)) === marked
