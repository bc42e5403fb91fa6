import { expect, test } from 'vitest'
import { inexactNumber, isExact } from '../../src/domain/exact-numbers.ts'

test.each([
  ['0', true],
  ['-0', true],
  ['0.0', true],
  ['9007199254740991', true],
  ['9007199254740992', true],
  ['9007199254740993', false],
  ['-9007199254740993', false],
  ['9007199254740993.0', false],
  ['9.007199254740993e15', false],
  ['9007199254740993000e-3', false],
  ['12345678901234567890', false],
  ['1796061743671000000', true],
  ['1000000000000000000000000', true],
  ['1e23', true],
  ['1e308', true],
  ['1e309', false],
  ['-1e+400', false],
  ['1e-400', true],
  ['0.1', true],
  ['3.14159265358979323846', true],
  ['5.0', true],
  ['50e-1', true],
])('%s comes back as it was given: %s', (text, exact) => {
  expect(isExact(text)).toBe(exact)
})

test.each([
  ['{"a":9007199254740993}', '9007199254740993'],
  ['[1, [-12345678901234567891]]', '-12345678901234567891'],
  ['{"a":1e999}', '1e999'],
  ['{"a\\"":1,"b":"\\\\","c":9007199254740993}', '9007199254740993'],
  ['9007199254740993', '9007199254740993'],
  ['{"a":"9007199254740993"}', undefined],
  ['{"9007199254740993":1}', undefined],
  ['{"a":"\\"9007199254740993","b":1}', undefined],
  ['{"a":"\\\\\\"9007199254740993 "}', undefined],
  ['{"a":0.30000000000000004}', undefined],
  ['{"a":"9007199254740993', undefined],
  ['{"a":2026-01-01T00:00:00.000000000}', undefined],
  ['{"id":"01900000-0000-7000-8000-0000000000000000"}', undefined],
])('of %s the number %s would be rounded', (json, number) => {
  expect(inexactNumber(json)).toBe(number)
})

test('long texts and long numbers are looked through', () => {
  const json = JSON.stringify({ a: '9007199254740993 \\" '.repeat(1024 * 1024), b: 1 })
  expect(inexactNumber(json)).toBeUndefined()
  expect(inexactNumber(`{"a":${'1'.repeat(1024 * 1024)}}`)).toHaveLength(1024 * 1024)
})
