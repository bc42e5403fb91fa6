import { expect, test } from 'vitest'
import { dominantColor } from '../../src/domain/dominant-color.ts'

const pixels = (...given: readonly (readonly [count: number, ...rgba: number[]])[]) =>
  Uint8Array.from(given.flatMap(([count, ...rgba]) => Array.from({ length: count }, () => rgba).flat()))

test.each([
  ['one colour is that colour', pixels([4, 1, 2, 255, 255]), '#0102ff'],
  ['the one that takes up most', pixels([3, 255, 0, 0, 255], [4, 0, 0, 255, 255]), '#0000ff'],
  ['not a mixture nobody sees', pixels([5, 250, 0, 0, 255], [4, 0, 0, 250, 255]), '#fa0000'],
  ['shades that hardly differ count together', pixels([2, 0, 200, 0, 255], [2, 0, 204, 0, 255], [3, 255, 0, 0, 255]), '#00ca00'], // prettier-ignore
  ['what cannot be seen does not count', pixels([9, 255, 0, 0, 0], [1, 0, 0, 16, 255]), '#000010'],
  ['nothing to see has none', pixels([9, 255, 0, 0, 10]), null],
  ['no pixel has none', pixels(), null],
])('the dominant colour: %s', (_case, rgba, expected) => {
  expect(dominantColor(rgba)).toBe(expected)
})
