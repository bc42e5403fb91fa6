import { beginnings, longestSyllable, syllables, tokensOf } from './pinyin.ts'
import { isHan } from './tag-names.ts'

// A query becomes regular expressions over the sounds of names (`soundOf`), in a syntax that PostgreSQL and JavaScript
// share, and terms for finding candidates.

/** One reading of a query: a pattern for the sound of a name, and the terms of such names. */
export interface SoundPattern {
  readonly expression: string
  /** The same for names in which these are the usual readings of the characters: 石 is usually shi, rarely dan. */
  readonly usual: string
  /** Substrings of a matching sound, in this order: cheaper to search for. */
  readonly parts: readonly string[]
  readonly terms: readonly string[]
}

interface Piece {
  readonly text: string
  readonly kind: 'syllable' | 'beginning' | 'character'
}

interface Reading {
  readonly cost: number
  /** How many of the pieces are only initials. */
  readonly initials: number
  readonly pieces: readonly Piece[]
}

const nothing: Reading = { cost: 0, initials: 0, pieces: [] }
const initialCost = 1.6
const maxPatterns = 4

/** The most likely readings. Readings that are much less likely than the best one are dropped. */
function cheapest(readings: Reading[]) {
  const inOrder = readings.sort((a, b) => a.cost - b.cost)
  const limit = (inOrder[0]?.cost ?? 0) + 1.05
  return inOrder.filter(({ cost }) => cost <= limit).slice(0, maxPatterns)
}

/** The most likely ways to split letters into syllables and initials. The last syllable may be incomplete. */
function readingsOfLetters(letters: string, isLast: boolean): Reading[] {
  const upTo: Reading[][] = [[nothing]]
  for (let end = 1; end <= letters.length; end += 1) {
    const found: Reading[] = []
    for (let start = Math.max(0, end - longestSyllable); start < end; start += 1) {
      const text = letters.slice(start, end)
      const unfinished = isLast && end === letters.length && beginnings.has(text)
      const initial = text.length === 1 || /^[zcs]h$/.test(text)
      const cost = syllables.has(text) ? 1 : unfinished ? 1.3 : initial ? initialCost : 0
      if (cost === 0) continue
      const kind = syllables.has(text) && !unfinished && text.length > 1 ? 'syllable' : 'beginning'
      for (const before of upTo[start] ?? [])
        found.push({
          cost: before.cost + cost,
          initials: before.initials + (text.length === 1 || cost === initialCost ? 1 : 0),
          pieces: [...before.pieces, { text, kind }],
        })
    }
    upTo.push(cheapest(found))
  }
  return upTo.at(-1) ?? []
}

const rest = '[^ \\n]*'

const isCharacter = ({ text, kind }: Piece) => kind === 'character' && isHan(text)

/** A piece, with what may come before the next token. */
function expressionOf(piece: Piece): string {
  if (isCharacter(piece)) return `${piece.text}${rest}`
  return piece.kind === 'syllable' ? `/${piece.text}(?:/${rest})?` : `/${piece.text}${rest}`
}

/** Joins the expressions of two pieces, which belong to adjacent tokens. */
const joint = (next: Piece) => (isCharacter(next) ? ' ' : ` ${rest}`)

/** The same as an entire token whose first reading is meant. */
const usualExpressionOf = (piece: Piece) => (isCharacter(piece) ? ' ' : ' [^ /\\n]+') + expressionOf(piece)

function termsOf(pieces: readonly Piece[]): string[] {
  const terms: string[] = []
  let initials: string[] = []
  const flush = () => {
    if (initials.length === 2) terms.push(`I${initials.join('')}`)
    for (let at = 0; at + 3 <= initials.length; at += 1) terms.push(`I${initials.slice(at, at + 3).join('')}`)
    initials = []
  }
  for (const { text, kind } of pieces) {
    if (isCharacter({ text, kind })) {
      flush()
      terms.push(`G${text}`)
    } else {
      terms.push(`P${text}`)
      initials.push(kind === 'character' ? text : text.charAt(0))
    }
  }
  flush()
  return terms
}

const asPattern = (pieces: readonly Piece[], end = ''): SoundPattern => ({
  expression: pieces.map((piece, at) => (at > 0 ? joint(piece) : '') + expressionOf(piece)).join('') + end,
  usual: pieces.map(usualExpressionOf).join('') + end,
  parts: pieces.map((piece) => (isCharacter(piece) ? ' ' : '/') + piece.text),
  terms: [...new Set(termsOf(pieces))],
})

/** Most words of other languages can also be split into syllables and initials, but only into many pieces. */
const isLikely = ({ initials, pieces }: Reading) =>
  initials === 0 || pieces.length <= 5 || (initials === pieces.length && initials <= 10)

const longestQuery = 60

/** A syllable ends at signs and spaces: `xi'an` is not `xian`. The apostrophes among them that Unicode counts as letters. */
const betweenSyllables = /[^\p{L}\p{N}\p{M}]+|[\u02b9-\u02bf]/u

/** The phonetic readings of a plain query. Chinese characters in it stand for themselves. */
export function soundPatterns(plain: string): SoundPattern[] {
  if (plain.length > longestQuery || !/[a-z]/.test(plain)) return []
  const parts = plain.split(betweenSyllables).flatMap((run) => run.match(/[a-z]+|[^a-z]/gu) ?? [])
  // 'c++' does not mean a syllable.
  if (parts.join('').length === 1 && plain.length > 1) return []
  let readings: Reading[] = [nothing]
  parts.forEach((part, at) => {
    const next: Reading[] = /^[a-z]/.test(part)
      ? readingsOfLetters(part, at === parts.length - 1)
      : [{ cost: 0, initials: 0, pieces: [{ text: part, kind: 'character' }] }]
    readings = cheapest(
      readings.flatMap((one) =>
        next.map((two) => ({
          cost: one.cost + two.cost,
          initials: one.initials + two.initials,
          pieces: [...one.pieces, ...two.pieces],
        })),
      ),
    )
  })
  return readings.filter(isLikely).map(({ pieces }) => asPattern(pieces))
}

/** The same for Chinese that may be written with other characters of the same sound. */
export function homophonePattern(plain: string): SoundPattern | undefined {
  const tokens = tokensOf(plain)
  const chinese = tokens.filter(({ readings }) => readings.length > 0)
  if (chinese.length < 2 || tokens.length > longestQuery) return undefined
  const pieces = tokens.map(({ text, readings: [reading] }): Piece =>
    reading === undefined ? { text, kind: 'character' } : { text: reading, kind: 'syllable' },
  )
  return asPattern(pieces, '(?:[^a-z]|$)')
}
