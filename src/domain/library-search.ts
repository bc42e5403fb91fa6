import { InvalidInput } from './failure.ts'
import { foldText } from './folding.ts'
import { soundOf, soundTerms, tokensOf as soundTokensOf } from './pinyin.ts'
import { joinedName, plainName, spellingTerms } from './tag-names.ts'
import { tooLong } from './text.ts'

// A text is indexed as tokens: words, and runs of characters of scripts without spaces between words. An index term is
// the beginning of a word, or one or two adjacent characters of a run, so the search finds incomplete words and single
// characters as fast as whole words. Terms only say where to look; comparing the patterns of the query with the
// normalised text decides about a match.

/** Scripts without spaces between words. Korean is included, because its words grow endings. */
const unspaced =
  '(?=[\\p{L}\\p{N}\\p{M}])[\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Hangul}\\p{scx=Thai}\\p{scx=Lao}\\p{scx=Khmer}\\p{scx=Myanmar}]'
/** A token of a folded text. A flag consists of two regional indicators. */
export const tokenPattern = new RegExp(
  `(?:${unspaced})+|(?:(?!${unspaced})[\\p{L}\\p{N}\\p{M}])+|\\p{Extended_Pictographic}|\\p{Regional_Indicator}{2}`,
  'gu',
)
const unspacedStart = new RegExp(`^${unspaced}`, 'u')

/** Only words can be incomplete; runs and emoji match anywhere. */
export const isWord = (token: string) =>
  !unspacedStart.test(token) && !/^[\p{Extended_Pictographic}\p{Regional_Indicator}]/u.test(token)

const tokensOf = (text: string): string[] => foldText(text).match(tokenPattern) ?? []

/** Tokens between single spaces, with one at each end too, so that a pattern can match word boundaries. */
const joined = (tokens: readonly string[]) => (tokens.length === 0 ? '' : ` ${tokens.join(' ')} `)

/** The lengths of the indexed word beginnings, in UTF-16 units. A query looks up the longest one that fits its word. */
const beginnings = [2, 3, 4, 6, 9] as const

/** 24 bits of FNV-1a. Every index stores it, so it must not change. */
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
const bySound = 's'
const part = 'p'

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

/** The lengths of indexed parts of words, in UTF-16 units. A text to find has the longer ones if it can. */
const partLengths = [3, 2] as const

/** All parts of a word that have one of the lengths. */
const partsOf = (word: string, lengths: readonly number[]) =>
  lengths.flatMap((length) =>
    Array.from({ length: Math.max(0, word.length - length + 1) }, (_, at) => word.slice(at, at + length)),
  )

/** A text to find anywhere in the texts of an object, also within words. */
export interface SoughtPart {
  /** What the normalised text contains. */
  readonly pattern: string
  /** Terms of all texts that contain it. None if it is a single letter. */
  readonly terms: readonly number[]
}

/** The part of a text that a person looks for. Undefined if it has nothing that texts are compared by. */
export function soughtPart(text: string): SoughtPart | undefined {
  const tokens = tokensOf(text)
  if (tokens.length === 0) return undefined
  const words = tokens.filter(isWord)
  const longest = (word: string) => partLengths.filter((length) => length <= word.length).slice(0, 1)
  const parts = words.flatMap((word) => partsOf(word, longest(word))).map((found) => hash(part + found))
  const runs = termsOf(
    tokens.filter((token) => !isWord(token)),
    anywhere,
  )
  return { pattern: tokens.join(' '), terms: [...new Set([...parts, ...runs])] }
}

/** The types that the search covers. */
export type SearchableType =
  'BOOKSHELF' | 'BOOK' | 'BLOCK' | 'TAG' | 'CHECKPOINT' | 'CHECKPOINT_MARKER' | 'MEDIA'

/** The texts of a searchable object. Blocks have no title, so theirs is empty. */
export interface SearchTexts {
  readonly title: string
  /** Other names, which count as titles. */
  readonly aliases?: readonly string[]
  readonly body: string
  /** Whether lists also find it by any part of a word. */
  readonly byParts?: boolean
}

/** Separates the titles in their line. */
export const titleEnd = '\t'

/** A stored document: the normalised text, with the titles on a line of their own, and its index terms. */
interface SearchDocument {
  readonly text: string
  readonly terms: readonly number[]
  /** Null if no title has Chinese characters. */
  readonly sounds: string | null
  readonly spellings: readonly number[]
  /** The words of the titles that a query may misspell. */
  readonly words: readonly string[]
}

/** The tokens of a title, and those that it has with its words joined. */
function formsOf(title: string): string[][] {
  const joinedTitle = joinedName(plainName(title))
  return [tokensOf(title), ...(joinedTitle === undefined ? [] : [tokensOf(joinedTitle)])]
}

/** A term of a sound. Characters that stand for themselves have one already. */
export const soundTerm = (term: string) =>
  term.startsWith('G') ? hash(inTitle + term.slice(1)) : hash(bySound + term)

export const spellingsOf = (title: string) => spellingTerms(title).map(hash)

function addTitles(terms: Set<number>, titles: readonly string[], forms: readonly string[][]): string | null {
  for (const tokens of forms) {
    if (tokens.length > 0) terms.add(hash(wholeTitle + joined(tokens)))
    addTerms(terms, inTitle, tokens)
    addTerms(terms, anywhere, tokens)
  }
  const sounds = titles.map((title) => soundTokensOf(plainName(title)))
  for (const term of sounds.flatMap(soundTerms)) terms.add(soundTerm(term))
  return soundOf(sounds) || null
}

export function searchDocument({ title, aliases = [], body, byParts }: SearchTexts): SearchDocument {
  const titles = title === '' ? [] : [title, ...aliases]
  const forms = titles.flatMap(formsOf)
  const inTheBody = tokensOf(body)
  const terms = new Set<number>()
  const sounds = addTitles(terms, titles, forms)
  addTerms(terms, anywhere, inTheBody)
  const words = byParts ? [...forms.flat(), ...inTheBody].filter(isWord) : []
  for (const word of words) for (const found of partsOf(word, partLengths)) terms.add(hash(part + found))
  const titleLine = titles.length === 0 ? '' : `${forms.map(joined).join(titleEnd)}\n`
  return {
    text: titleLine + joined(inTheBody),
    terms: [...terms].sort((one, other) => one - other),
    sounds,
    spellings: titles.flatMap(spellingsOf),
    words: [...new Set(forms.flat().filter(isWord))],
  }
}

/** A parsed query. */
export interface SearchQuery {
  /** The normalised text must contain all of these: words, or sequences of words. */
  readonly patterns: readonly string[]
  /** All tokens in sequence. A title matches best if it equals this, then if it begins with it. */
  readonly title: string
  readonly titleStart: string
  /** Terms of all matches, of all matches in the title, and of titles that equal the query. */
  readonly terms: readonly number[]
  readonly titleTerms: readonly number[]
  readonly wholeTitleTerm: number
  /** How titles are spelt that equal the query as it was typed, ignoring case, and ignoring what folding does. */
  readonly spellings: readonly number[]
  /** What may be misspelt or pinyin: the plain query with its tokens. Null if it has quotes, which are meant literally. */
  readonly near: { readonly plain: string; readonly tokens: readonly string[] } | null
}

/** The maximum length of a query, in characters. */
export const maxQueryLength = 200

function word(token: string, prefix: string) {
  const length = beginnings.findLast((indexed) => indexed <= token.length) ?? token.length
  return hash(prefix + token.slice(0, length))
}

function termsOf(tokens: readonly string[], prefix: string): number[] {
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

/** Terms of all titles that contain the tokens or, if they are words, words that begin with them. */
export const titleTermsOf = (tokens: readonly string[]) => termsOf(tokens, inTitle)

/**
 * A sequence of tokens as it occurs in the normalised text. An incomplete last word matches words that begin with it.
 */
function patternOf(tokens: readonly string[], finished: boolean): string {
  const last = tokens.at(-1) ?? ''
  // A single letter would match a large share of all words.
  const closed = isWord(last) && (finished || last.length === 1)
  return `${isWord(tokens[0] ?? '') ? ' ' : ''}${tokens.join(' ')}${closed ? ' ' : ''}`
}

const unitPattern = /["“”„«»「」『』＂]([^"“”„«»「」『』＂]*)["“”„«»「」『』＂]|[^\s"“”„«»「」『』＂]+/gu

/** Parses a user's query, or says what is wrong with it. */
export function parseQuery(query: string): SearchQuery | InvalidInput {
  const refuse = (message: string) => new InvalidInput([{ path: 'query', message }])
  const problem = tooLong(query, maxQueryLength)
  if (problem) return refuse(problem)
  const patterns = new Set<string>()
  const all: string[] = []
  let [lastFinished, hasQuote] = [false, false]
  for (const [whole, quoted] of query.matchAll(unitPattern)) {
    const tokens = tokensOf(quoted ?? whole)
    if (tokens.length === 0) continue
    lastFinished = quoted !== undefined
    hasQuote ||= lastFinished
    patterns.add(patternOf(tokens, lastFinished))
    all.push(...tokens)
  }
  if (all.length === 0) return refuse('Give at least one word, number, character or emoji.')
  const title = joined(all)
  const alone = /^["“”„«»「」『』＂]([^"“”„«»「」『』＂]*)["“”„«»「」『』＂]$/u.exec(query.trim())?.[1]
  return {
    patterns: [...patterns],
    title,
    titleStart: ` ${patternOf(all, lastFinished).trimStart()}`,
    terms: termsOf(all, anywhere),
    titleTerms: termsOf(all, inTitle),
    wholeTitleTerm: hash(wholeTitle + title),
    spellings: spellingsOf(alone ?? query),
    near: hasQuote ? null : { plain: plainName(query), tokens: all },
  }
}
