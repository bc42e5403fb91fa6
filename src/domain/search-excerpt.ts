import { foldWithOffsets } from './folding.ts'
import { maxQueryLength, tokenPattern } from './library-search.ts'

/** A piece of an excerpt. */
interface ExcerptPart {
  readonly text: string
  readonly highlighted: boolean
}

/** The bounds of a match in a text, and the pattern of the query that matched. */
interface Match {
  readonly start: number
  readonly end: number
  readonly pattern: number
}

/** The approximate length of an excerpt, and how much of it precedes the first match, in UTF-16 units. */
const [excerptLength, lead] = [160, 40]

/**
 * Long texts are searched in pieces until one contains the whole query. The pieces overlap, because a match may cross a
 * border.
 */
const [pieceLength, overlap] = [4_000, 600]

/** The matches of the query's patterns in a text, from its beginning. */
function matchesIn(text: string, patterns: readonly string[]): Match[] {
  const { folded, offsets } = foldWithOffsets(text)
  // The normalised text, and the offset of each of its units in the folded text.
  let normal = ' '
  const origins: number[] = [-1]
  for (const { 0: token, index } of folded.matchAll(tokenPattern)) {
    normal += `${token} `
    for (let unit = 0; unit < token.length; unit += 1) origins.push(index + unit)
    origins.push(-1)
  }
  const startOf = (unit: number) => offsets[origins[unit] ?? -1] ?? 0
  const endOf = (unit: number) => {
    const own = startOf(unit)
    let next = (origins[unit] ?? 0) + 1
    // One character can fold to several.
    while (offsets[next] === own) next += 1
    return offsets[next] ?? text.length
  }
  return patterns
    .flatMap((pattern, number) => {
      const found: Match[] = []
      const [before, inner] = [pattern.length - pattern.trimStart().length, pattern.trim().length]
      for (let at = normal.indexOf(pattern); at >= 0; at = normal.indexOf(pattern, at + inner)) {
        const first = at + before
        found.push({ start: startOf(first), end: endOf(first + inner - 1), pattern: number })
      }
      return found
    })
    .sort((one, other) => one.start - other.start || one.end - other.end)
}

const kinds = (matches: readonly Match[]) => new Set(matches.map(({ pattern }) => pattern)).size

/** The matches of the piece that contains most of the query. */
function bestMatches(text: string, patterns: readonly string[]): Match[] {
  let best: Match[] = []
  for (let from = 0; from < text.length; from += pieceLength - overlap) {
    const start = from === 0 ? 0 : characterStart(text, from)
    const end = characterStart(text, Math.min(text.length, from + pieceLength))
    const found = matchesIn(text.slice(start, end), patterns)
    if (kinds(found) > kinds(best)) {
      best = found.map((match) => ({ ...match, start: match.start + start, end: match.end + start }))
    }
    if (kinds(best) === patterns.length || end === text.length) break
  }
  return best
}

/** How many of the patterns of a query a text contains. */
export const matchedPatterns = (text: string, patterns: readonly string[]) =>
  kinds(bestMatches(text, patterns))

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** The bounds of the user-perceived character at an offset. */
function characterAt(text: string, place: number): { start: number; end: number } {
  // A character can be very long; nobody needs to see more of it than this.
  const from = Math.max(0, place - 64)
  const around = graphemes.segment(text.slice(from, place + 64)).containing(place - from)
  const start = from + (around?.index ?? place - from)
  return { start, end: start + (around?.segment.length ?? 0) }
}

const characterStart = (text: string, place: number) =>
  place >= text.length ? text.length : characterAt(text, place).start

/** An offset inside a character moves to the end of that character. */
function characterEnd(text: string, place: number): number {
  if (place >= text.length) return text.length
  const { start, end } = characterAt(text, place)
  return start === place ? place : end
}

/** A nearby offset that does not split a word. */
function wordStart(text: string, place: number, limit: number): number {
  if (place === 0) return 0
  const space = text.slice(place, limit).search(/\s/u)
  return space < 0 || space > lead / 2 ? characterStart(text, place) : place + space + 1
}

function wordEnd(text: string, place: number, limit: number): number {
  if (place >= text.length) return text.length
  const rest = text.slice(limit, place)
  const space = rest.search(/\s\S*$/u)
  return space < 0 || rest.length - space > lead / 2 ? characterStart(text, place) : limit + space
}

/** The part of a text around its densest matches, about 160 characters, with the matches highlighted. */
export function excerptOf(text: string, patterns: readonly string[]): ExcerptPart[] {
  const matches = bestMatches(text, patterns)
  let [from, most] = [0, 0]
  matches.forEach(({ start }, index) => {
    const near = matches.slice(index, index + 50).filter(({ end }) => end <= start + excerptLength - lead)
    const worth = kinds(near) * 100 + near.length
    if (worth > most) [from, most] = [start, worth]
  })
  const longEnough = Math.max(0, Math.min(from - lead, text.length - excerptLength))
  const start = wordStart(text, longEnough, from)
  const first = matches.find((match) => match.start >= from)
  // The excerpt shows the whole match, unless that is much longer than the query.
  const firstEnd = Math.min(characterEnd(text, first?.end ?? start), start + lead + 2 * maxQueryLength)
  const end = wordEnd(text, Math.min(text.length, Math.max(start + excerptLength, firstEnd)), firstEnd)

  const parts: ExcerptPart[] = []
  let at = start
  const add = (to: number, highlighted: boolean) => {
    if (to > at) parts.push({ text: text.slice(at, to), highlighted })
    at = Math.max(at, to)
  }
  if (start > 0) parts.push({ text: '…', highlighted: false })
  for (const match of matches) {
    if (match.start < start || match.start >= end || match.end <= at) continue
    add(characterStart(text, match.start), false)
    add(Math.min(characterEnd(text, match.end), end), true)
  }
  add(end, false)
  if (end < text.length) parts.push({ text: '…', highlighted: false })
  return parts
}
