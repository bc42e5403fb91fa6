import { expect, test } from 'vitest'
import { derivedKey, fileKey, storedKey } from '../../src/domain/storage-key.ts'

test.each([
  [1_795_302_000_000, 'jpg', 42_917_365_520, 'files/1795302000000-jpg-042917365520'],
  [0, 'svg', 0, 'files/0-svg-000000000000'],
  [1, 'png', 999_999_999_999, 'files/1-png-999999999999'],
])('the key of an original made at %i of a %s with %i', (unixMs, extension, random, key) => {
  expect(fileKey(unixMs, extension, random)).toBe(key)
  expect(storedKey(key)).toBe(key)
})

test('a derived file is named by its original and its recipe', () => {
  const key = derivedKey('01900000-0000-7000-8000-000000000001', 'thumbnail-1')
  expect(key).toBe('thumbnails/01900000-0000-7000-8000-000000000001-thumbnail-1')
  expect(storedKey(key)).toBe(key)
})

test.each([
  '',
  'files/',
  'files/../../etc/passwd',
  '/files/1-jpg-1',
  'files/1-jpg-1/more',
  'incoming/1-jpg-1',
  'files/a.jpg',
  'files/a\nb',
  'files/1-jpg-1\n',
  'files/A',
  'files\\1-jpg-1',
  'FILES/1-jpg-1',
])('%j is no key and never reaches the storage', (text) => {
  expect(() => storedKey(text)).toThrow('Not a storage key')
})
