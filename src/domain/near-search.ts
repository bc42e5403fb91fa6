import { Failure } from './failure.ts'
import { isWord, parseQuery, type SearchQuery, soundTerm, titleEnd, titleTermsOf } from './library-search.ts'
import { soundOf, tokensOf } from './pinyin.ts'
import { homophonePattern, type SoundPattern, soundPatterns } from './sound-patterns.ts'
import { joinedQuery, plainName } from './tag-names.ts'
import { canHaveTypos } from './tag-terms.ts'
import { combinations, type MeantOf, typoChoices } from './typos.ts'

// Titles also match a query that nearly is one of them: in pinyin, with typos, or with its words joined. Expressions
// are in a syntax that PostgreSQL and JavaScript share.

/** How a title can nearly match, by rank; each is less than the rank of any match of the words themselves. */
export const nearRanks = {
  joined: 9,
  usualSound: 8,
  sound: 7,
  fewestTypos: 6,
  typos: 5,
  homophones: 4,
} as const

/** The lowest rank of a match of the words themselves. */
export const textRank = 10

/** The search for titles that nearly match a query. */
export interface NearPlan {
  /** The query with its words joined, if it has such. It is looked for in all texts. */
  readonly joined: SearchQuery | null
  /** Sets of terms; each match by sound or typos has all terms of one of the sets. */
  readonly sets: readonly (readonly number[])[]
  /** Expressions of the sound of titles, and of the line of titles; null if nothing can match so. */
  readonly usualSound: string | null
  readonly sound: string | null
  readonly homophones: string | null
  readonly fewestTypos: string | null
  readonly typos: string | null
  /** The words that may be meant, as the normalised text has them. */
  readonly meant: readonly string[]
}

/** The words of a query that may be misspelt. */
export const typedWords = ({ near }: SearchQuery) => (near?.tokens ?? []).filter(canHaveTypos)

const anyOf = (expressions: readonly string[]) => (expressions.length === 0 ? null : expressions.join('|'))

const marked = (word: string) => (isWord(word) ? ` ${word}` : word)

/** Titles that have one choice for each word, all in the same title. */
function expressionOf(choices: readonly (readonly string[])[]): string {
  const inTitle = `[^${titleEnd}]*`
  const has = choices.map((words) => `(?=${inTitle}(?:${words.map(marked).join('|')}))`)
  return `(?:^|${titleEnd})${has.join('')}`
}

function joinedOf(plain: string): SearchQuery | null {
  const text = joinedQuery(plain)
  const query = text === undefined ? null : parseQuery(text)
  return query instanceof Failure ? null : query
}

/** The plan for a query, or null if no title can nearly match it. `meantOf` gives the words that one can mean. */
export function planNear({ near }: SearchQuery, meantOf: MeantOf): NearPlan | null {
  if (!near) return null
  const { plain, tokens } = near
  const sounds = soundPatterns(plain)
  const homophones: SoundPattern[] = [homophonePattern(plain) ?? []].flat()
  const [fewest, any] = [true, false].map((fewest) => typoChoices(tokens, meantOf, fewest))
  const joined = joinedOf(plain)
  const sets = [
    ...[...sounds, ...homophones].map(({ terms }) => terms.map(soundTerm)),
    ...(any ? combinations(any).map(titleTermsOf) : []),
  ]
  if (sets.length === 0 && !joined) return null
  return {
    joined,
    sets,
    usualSound: anyOf(sounds.map(({ usual }) => usual)),
    sound: anyOf(sounds.map(({ expression }) => expression)),
    homophones: anyOf(homophones.map(({ expression }) => expression)),
    fewestTypos: fewest ? expressionOf(fewest) : null,
    typos: any ? expressionOf(any) : null,
    meant: (any ?? []).flat().map(marked),
  }
}

/** The words to highlight in a text that nearly matches. Nothing is highlighted for a sound. */
export function nearPatterns({ joined, meant }: NearPlan, rank: number): readonly string[] {
  if (rank === nearRanks.joined) return joined?.patterns ?? []
  return rank === nearRanks.fewestTypos || rank === nearRanks.typos ? meant : []
}

/** True if a title sounds like the query. */
export function soundsLike({ sound, homophones }: NearPlan, title: string): boolean {
  const expression = anyOf([sound ?? [], homophones ?? []].flat())
  return expression !== null && new RegExp(expression).test(soundOf([tokensOf(plainName(title))]))
}
