import { expect, test } from 'vitest'
import { convertToSrgb, needsConversion } from '../../src/domain/colours.ts'

const [bt709, bt2020, displayP3] = [1, 9, 12]
const [srgb, linear, pq, hlg] = [13, 8, 16, 18]

const convert = (colour: readonly number[], primaries: number, transfer: number) => [
  ...convertToSrgb(
    Uint16Array.from(colour, (part) => Math.round(part * 65_535)),
    colour.length,
    { primaries, transfer },
  ),
]

test.each([
  [bt709, srgb, false],
  [2, 2, false],
  [6, 6, false],
  [displayP3, srgb, true],
  [bt2020, 14, true],
  [bt2020, pq, true],
  [bt709, hlg, true],
  [bt709, linear, true],
])('primaries %i with the transfer %i need a conversion: %s', (primaries, transfer, expected) => {
  expect(needsConversion({ primaries, transfer })).toBe(expected)
})

test.each<[string, number[], number, number, number[]]>([
  ['black in HLG', [0, 0, 0], bt2020, hlg, [0, 0, 0]],
  ['black in PQ', [0, 0, 0], bt2020, pq, [0, 0, 0]],
  // Paper is bright, and there is room above it.
  ['white paper in HLG', [0.75, 0.75, 0.75], bt2020, hlg, [225, 225, 225]],
  ['white paper in PQ', [0.5807, 0.5807, 0.5807], bt2020, pq, [225, 225, 225]],
  ['the brightest HLG', [1, 1, 1], bt2020, hlg, [255, 255, 255]],
  ['1,000 cd/m² in PQ', [0.7518, 0.7518, 0.7518], bt2020, pq, [255, 255, 255]],
  ['10,000 cd/m² in PQ', [1, 1, 1], bt2020, pq, [255, 255, 255]],
  // The middle is what it is in SDR: 100 cd/m² of 203.
  ['grey of 100 cd/m² in PQ', [0.5081, 0.5081, 0.5081], bt2020, pq, [186, 186, 186]],
  ['half the light', [0.5, 0.5, 0.5], bt709, linear, [188, 188, 188]],
  ['the red of sRGB in Display P3', [0.9175, 0.2003, 0.1386], displayP3, srgb, [255, 0, 0]],
  ['the red of Display P3', [1, 0, 0], displayP3, srgb, [255, 0, 0]],
  ['transparent grey', [0.5, 0.5, 0.5, 0.25], displayP3, srgb, [128, 128, 128, 63]],
])('%s: %j in primaries %i and transfer %i is seen right', (_case, colour, primaries, transfer, expected) => {
  const converted = convert(colour, primaries, transfer)
  expect(converted).toHaveLength(expected.length)
  for (const [index, part] of expected.entries())
    expect(Math.abs((converted[index] ?? -9) - part)).toBeLessThan(3)
})
