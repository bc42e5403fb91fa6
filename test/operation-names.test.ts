import { expect, test } from 'vitest'
import { operationNames } from '../src/observe/operation-names.ts'

test('the first names have numbers of their own, and all others share one', () => {
  const label = operationNames(2)
  expect(['A', 'B', 'C', 'A', 'D', 'B'].map(label)).toEqual(['A', 'B', 'other', 'A', 'other', 'B'])
})

test('an operation without a name takes no place, and a long name is cut', () => {
  const label = operationNames(1)
  expect(label(undefined)).toBe('unnamed')
  expect(label('x'.repeat(1_000))).toBe('x'.repeat(100))
  expect(label('y')).toBe('other')
})
