import { expect, test } from 'vitest'
import { freshPositions, maxPositionLength, positionsBetween } from '../../src/domain/ordering.ts'

const sorted = (positions: readonly string[]) =>
  [...positions].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))

test.each([
  ['in an empty list', null, null],
  ['before the first', null, 'a0'],
  ['after the last', 'a0', null],
  ['between two', 'a0', 'a1'],
  ['between two that are close', 'a0', 'a0V'],
  ['far before the first', null, 'Zz'],
])('one position %s lies strictly between its neighbours', (_case, before, after) => {
  const positions = positionsBetween(before, after, 1)
  if (positions === 'RENUMBER') throw new Error('There is room.')
  const line = [before, ...positions, after].filter((position) => position !== null)
  expect(line).toEqual(sorted(line))
  expect(new Set(line).size).toBe(line.length)
})

test.each([0, 1, 2, 500, 1_000])('%i positions between two come in order and differ', (count) => {
  const positions = positionsBetween('a0', 'a1', count)
  if (positions === 'RENUMBER') throw new Error('There is room.')
  expect(positions).toHaveLength(count)
  const line = ['a0', ...positions, 'a1']
  expect(line).toEqual(sorted(line))
  expect(new Set(line).size).toBe(line.length)
})

test('positions at the end of a list stay short, however long it grows', () => {
  let last: string | null = null
  for (let count = 0; count < 10_000; count += 1) {
    const positions = positionsBetween(last, null, 1)
    if (positions === 'RENUMBER') throw new Error(`No room after ${count}.`)
    last = positions[0] ?? null
  }
  expect(last?.length).toBeLessThanOrEqual(5)
})

test('at least 250 items fit into one gap before the list is renumbered, and none is longer than the limit', () => {
  let count = 0
  let upper = 'a1'
  for (;;) {
    const positions = positionsBetween('a0', upper, 1)
    if (positions === 'RENUMBER') break
    const [position = ''] = positions
    expect(position.length).toBeLessThanOrEqual(maxPositionLength)
    expect(position > 'a0' && position < upper).toBe(true)
    upper = position
    count += 1
  }
  expect(count).toBeGreaterThan(250)
})

test('many positions are refused together when one of them would be too long', () => {
  const tight = `a0${'0'.repeat(maxPositionLength - 3)}1`
  expect(positionsBetween('a0', tight, 100)).toBe('RENUMBER')
})

test.each([0, 1, 2, 62, 1_000])('fresh positions for %i items are short, in order and different', (count) => {
  const positions = freshPositions(count)
  expect(positions).toHaveLength(count)
  expect(positions).toEqual(sorted(positions))
  expect(new Set(positions).size).toBe(count)
  expect(Math.max(0, ...positions.map(({ length }) => length))).toBeLessThanOrEqual(4)
})
