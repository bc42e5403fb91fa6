import { InvalidInput } from './failure.ts'
import { foldText } from './folding.ts'

// A text is indexed as tokens: words, and runs of characters of scripts that put no spaces between words. An index term is
// the beginning of a word, or one or two neighbouring characters of a run, so that unfinished words and single
// characters are found as fast as whole words. Terms only say where to look: what is found is decided by comparing
// the query's patterns with the normalised text.

/** Scripts without spaces between words; also Korean, whose endings grow onto its words. */
const unspaced =
  '(?=[\\p{L}\\p{N}\\p{M}])[\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Hangul}\\p{scx=Thai}\\p{scx=Lao}\\p{scx=Khmer}\\p{scx=Myanmar}]'
/** A token of a folded text; a flag is two regional indicators. */
export const tokenPattern = new RegExp(
  `(?:${unspaced})+|(?:(?!${unspaced})[\\p{L}\\p{N}\\p{M}])+|\\p{Extended_Pictographic}|\\p{Regional_Indicator}{2}`,
  'gu',
)
const unspacedStart = new RegExp(`^${unspaced}`, 'u')

/** Only words can be unfinished; runs and emoji match within. */
const isWord = (token: string) =>
  !unspacedStart.test(token) && !/^[\p{Extended_Pictographic}\p{Regional_Indicator}]/u.test(token)

const tokensOf = (text: string): string[] => foldText(text).match(tokenPattern) ?? []

/** Tokens between single spaces, one at each end too, so that a pattern can ask for the borders of words. */
const joined = (tokens: readonly string[]) => (tokens.length === 0 ? '' : ` ${tokens.join(' ')} `)

/** How long the indexed beginnings of words are, in UTF-16 units. A query's word is looked up by the longest that fits. */
const beginnings = [2, 3, 4, 6, 9] as const

/** 24 bits of FNV-1a. Stored in every index: it must not change. */
function hash(term: string): number {
  let value = 0x811c9dc5
  for (let unit = 0; unit < term.length; unit += 1) {
    value = Math.imul(value ^ term.charCodeAt(unit), 0x01000193)
  }
  return (value ^ (value >>> 24)) & 0xffffff
}

const inTitle = 't'
const anywhere = 'a'
const wholeTitle = 'w'

function addTerms(terms: Set<number>, prefix: string, tokens: readonly string[]) {
  for (const token of tokens) {
    if (isWord(token)) {
      if (token.length === 1) terms.add(hash(prefix + token))
      for (const length of beginnings) {
        if (length <= token.length) terms.add(hash(prefix + token.slice(0, length)))
      }
    } else {
      let before = ''
      for (const character of token) {
        terms.add(hash(prefix + character))
        if (before) terms.add(hash(prefix + before + character))
        before = character
      }
    }
  }
}

/** What can be found. */
export type SearchableType = 'BOOKSHELF' | 'BOOK' | 'BLOCK' | 'TAG'

/** The texts of something that can be found. Blocks have no title: theirs is empty. */
export interface SearchTexts {
  readonly title: string
  readonly body: string
}

/** How a document is stored: its normalised text, the title on a line of its own, and the terms that lead to it. */
export interface SearchDocument {
  readonly text: string
  readonly terms: readonly number[]
}

export function searchDocument({ title, body }: SearchTexts): SearchDocument {
  const [inTheTitle, inTheBody] = [tokensOf(title), tokensOf(body)]
  const terms = new Set<number>()
  if (inTheTitle.length > 0) {
    terms.add(hash(wholeTitle + joined(inTheTitle)))
    addTerms(terms, inTitle, inTheTitle)
    addTerms(terms, anywhere, inTheTitle)
  }
  addTerms(terms, anywhere, inTheBody)
  const titleLine = title === '' ? '' : `${joined(inTheTitle)}\n`
  return { text: titleLine + joined(inTheBody), terms: [...terms].sort((one, other) => one - other) }
}

/** A query as the index understands it. */
export interface SearchQuery {
  /** What the normalised text must contain: a word, or words that follow each other. */
  readonly patterns: readonly string[]
  /** All tokens in a row: the title that equals the query, and what such a title begins with. */
  readonly title: string
  readonly titleStart: string
  /** Terms that all matches have, that all matches by title have, and that an equal title has. */
  readonly terms: readonly number[]
  readonly titleTerms: readonly number[]
  readonly wholeTitleTerm: number
}

/** Longest query, in characters (UTF-16 code units). */
export const maxQueryLength = 200

const word = (token: string, prefix: string) => {
  const length = beginnings.findLast((indexed) => indexed <= token.length) ?? token.length
  return hash(prefix + token.slice(0, length))
}

function queryTerms(tokens: readonly string[], prefix: string): number[] {
  const terms = new Set<number>()
  for (const token of tokens) {
    if (isWord(token)) {
      terms.add(word(token, prefix))
      continue
    }
    const characters = Array.from(token)
    if (characters.length === 1) terms.add(hash(prefix + token))
    characters.slice(1).forEach((character, index) => {
      terms.add(hash(prefix + (characters[index] ?? '') + character))
    })
  }
  return [...terms]
}

/** A row of tokens as the normalised text contains it. An unfinished last word matches words that begin with it. */
function patternOf(tokens: readonly string[], finished: boolean): string {
  const last = tokens.at(-1) ?? ''
  // A single letter would match a large part of all words.
  const closed = isWord(last) && (finished || last.length === 1)
  return `${isWord(tokens[0] ?? '') ? ' ' : ''}${tokens.join(' ')}${closed ? ' ' : ''}`
}

const unitPattern = /["“”„«»「」『』＂]([^"“”„«»「」『』＂]*)["“”„«»「」『』＂]|[^\s"“”„«»「」『』＂]+/gu

/** Reads what a user typed, or says what is wrong with it. */
export function parseQuery(query: string): SearchQuery | InvalidInput {
  const refuse = (message: string) => new InvalidInput([{ path: 'query', message }])
  if (query.length > maxQueryLength) {
    return refuse(`Give at most ${maxQueryLength} characters; you gave ${query.length}.`)
  }
  const patterns = new Set<string>()
  const all: string[] = []
  let lastFinished = false
  for (const [whole, quoted] of query.matchAll(unitPattern)) {
    const tokens = tokensOf(quoted ?? whole)
    if (tokens.length === 0) continue
    lastFinished = quoted !== undefined
    patterns.add(patternOf(tokens, lastFinished))
    all.push(...tokens)
  }
  if (all.length === 0) return refuse('Give at least one word, number, character or emoji.')
  const title = joined(all)
  return {
    patterns: [...patterns],
    title,
    titleStart: ` ${patternOf(all, lastFinished).trimStart()}`,
    terms: queryTerms(all, anywhere),
    titleTerms: queryTerms(all, inTitle),
    wholeTitleTerm: hash(wholeTitle + title),
  }
}
