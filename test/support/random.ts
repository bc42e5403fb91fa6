/** Numbers from 0 up to 1 that are the same for the same seed (mulberry32). */
export function randomNumbers(seed: number) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Choices that are the same for the same seed. */
export function randomChoices(seed: number) {
  const next = randomNumbers(seed)
  const below = (count: number) => Math.floor(next() * count)
  const one = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)]
    if (item === undefined) throw new Error('There is nothing to choose from.')
    return item
  }
  const some = <T>(items: readonly T[], most: number) =>
    Array.from({ length: 1 + below(most) }, () => one(items))
  return { below, one, some }
}
