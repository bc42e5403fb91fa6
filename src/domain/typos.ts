import { canHaveTypos } from './tag-terms.ts'

/** The number of tolerated mistakes. */
const forgiven = (word: string) => (Array.from(word).length >= 6 ? 2 : 1)

/**
 * How many letters to insert, delete, replace or swap with their neighbour to turn one word into each beginning of
 * another, from the empty one to the whole (optimal string alignment).
 */
export function distances(from: readonly string[], to: readonly string[]): readonly number[] {
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
  return rows[1]
}

/**
 * The number of mistakes that turn the typed word into another one, plus a half if only the beginning of that word
 * matches. Undefined if there are more mistakes than tolerated.
 */
export function mistakes(typed: string, word: string): number | undefined {
  const limit = forgiven(typed)
  const from = Array.from(typed)
  const whole = Array.from(word)
  const to = whole.slice(0, from.length + limit)
  if (to.length < from.length - limit) return undefined
  const costs = distances(from, to)
  const entire = to.length === whole.length ? (costs.at(-1) ?? limit + 1) : limit + 1
  const least = Math.min(...costs)
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

const maxWords = 6
/**
 * How many meanings are tried per misspelt word, for one, two or more such words. Each combination is a separate
 * search.
 */
const maxMeant = [5, 2, 1]

/** Returns the possible meanings of a word, fewest mistakes first. */
export type MeantOf = (word: string) => readonly MeantWord[]

/**
 * The words that each word of a query can mean: itself, if it is too short for typos. `fewest` keeps only those with
 * the fewest mistakes.
 */
export function typoChoices(
  words: readonly string[],
  meantOf: MeantOf,
  fewest: boolean,
): string[][] | undefined {
  const typos = words.filter(canHaveTypos)
  if (typos.length === 0 || words.length > maxWords) return undefined
  const most = maxMeant[typos.length - 1] ?? 1
  const choices = words.map((word) => {
    if (!canHaveTypos(word)) return [word]
    const meant = meantOf(word).slice(0, most)
    return meant.filter((one) => !fewest || one.mistakes === meant[0]?.mistakes).map((one) => one.word)
  })
  return choices.some((some) => some.length === 0) ? undefined : choices
}

/** All ways to choose one of each. */
export const combinations = (choices: readonly (readonly string[])[]): string[][] =>
  choices.reduce<string[][]>(
    (all, choice) => all.flatMap((chosen) => choice.map((one) => [...chosen, one])),
    [[]],
  )
