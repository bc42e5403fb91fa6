import { charactersOf, isHan } from './tag-names.ts'

// Terms are the pieces that a name and a matching query have in common; an index of terms yields the candidates. A
// letter names the kind of a term: `G`rams, `W`ord beginnings, `N`ame beginnings, the `E`ntire name, and two kinds for
// the sound.

export const gramLength = 3
/** The lengths of indexed beginnings of names and words, in characters. With them, most queries need only one term. */
const beginningLengths = [1, 2, 3, 5]

const shortestTypo = 4
/** Only this many letters of a longer word are compared, so that an incomplete one is found. */
const comparedLetters = 7

/** True if a word has enough letters to tolerate a mistake. Numbers and Chinese are matched exactly. */
export const canHaveTypos = (word: string) =>
  Array.from(word).length >= shortestTypo && !isHan(word.charAt(0)) && /\p{L}/u.test(word)

/** The beginning of the word, and its variants with one letter removed. Two words with a common variant are similar. */
export function deletionTerms(word: string): string[] {
  const letters = Array.from(word).slice(0, comparedLetters)
  if (!canHaveTypos(word)) return []
  const left = letters.map((_, at) => [...letters.slice(0, at), ...letters.slice(at + 1)].join(''))
  return [...new Set([letters.join(''), ...left])]
}

/** Terms of every name that contains the plain text. */
export function gramTerms(plain: string): string[] {
  const characters = Array.from(plain)
  const length = Math.min(gramLength, characters.length)
  return characters
    .slice(0, characters.length - length + 1)
    .map((_, at) => `G${characters.slice(at, at + length).join('')}`)
}

/** Terms of names that begin with the plain text (`N`), or have a word that does (`W`). */
export function beginningTerms(kind: 'N' | 'W', plain: string): string[] {
  const characters = Array.from(plain)
  const length = beginningLengths.findLast((one) => one <= characters.length) ?? 0
  const tail = characters.length > length ? characters.slice(length - gramLength + 1).join('') : ''
  return [kind + characters.slice(0, length).join(''), ...(tail === '' ? [] : gramTerms(tail))]
}

export const entireTerm = (plain: string) => `E${plain}`

/** All terms of a plain name, except for those of its sound. */
export function termsOfName(plain: string): string[] {
  const characters = charactersOf(plain)
  const terms = [entireTerm(plain)]
  const starts: number[] = []
  let length = 0
  for (const { text } of characters) {
    starts.push(length)
    length += text.length
  }
  const part = (at: number, count: number) => plain.slice(starts[at], starts[at + count] ?? length)
  characters.forEach(({ startsWord }, at) => {
    const left = characters.length - at
    for (let count = 1; count <= Math.min(gramLength, left); count += 1) terms.push(`G${part(at, count)}`)
    if (!startsWord && at > 0) return
    for (const count of beginningLengths.filter((one) => one <= left)) {
      if (at === 0) terms.push(`N${part(at, count)}`)
      if (startsWord) terms.push(`W${part(at, count)}`)
    }
  })
  return terms
}

const prime = 16_777_619

function hash(text: string, seed: number): number {
  let state = seed
  for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), prime)
  // The low bits of FNV alone are weak for short texts.
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  return state ^ (state >>> 13)
}

/**
 * Maps terms to numbers, differently in each workspace, so that the tags of other workspaces never make an index entry
 * longer.
 */
export function termHasher(workspaceId: string): (terms: readonly string[]) => number[] {
  const seed = hash(workspaceId, 0x811c9dc5)
  return (terms) => [...new Set(terms.map((term) => hash(term, seed)))]
}
