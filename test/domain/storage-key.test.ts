import { expect, test } from 'vitest'
import {
  thumbnailKey,
  fileKey,
  keyNamed,
  keyOfObject,
  storedKey,
  timeOfKey,
} from '../../src/domain/storage-key.ts'

const newUuid = '01900000-0000-7000-8000-000000000001'

test.each([
  [1_795_302_000_000, 'jpg', 42_917_365_520, 'files/1795302000000-jpg-042917365520'],
  [0, 'svg', 0, 'files/0-svg-000000000000'],
  [1, 'png', 999_999_999_999, 'files/1-png-999999999999'],
])('the key of an original made at %i of a %s with %i', (unixMs, extension, random, key) => {
  expect(fileKey(unixMs, extension, random)).toBe(key)
  expect(storedKey(key)).toBe(key)
})

test('a thumbnail is named by its original and its recipe', () => {
  const key = thumbnailKey('01900000-0000-7000-8000-000000000001', 'thumbnail-1')
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

test('an object is known by its name, and its time is in it', () => {
  const blobId = '019ad4b4-5a00-7abc-8000-000000000001'
  const [original, derived] = [fileKey(1_795_302_000_000, 'jpg', 7), thumbnailKey(blobId, 'thumbnail-2-webp')]
  expect(keyOfObject('files', original.slice('files/'.length))).toBe(original)
  expect(keyOfObject('thumbnails', derived.slice('thumbnails/'.length))).toBe(derived)
  expect(timeOfKey(original)).toEqual(new Date(1_795_302_000_000))
  expect(timeOfKey(derived)).toEqual(new Date(Number.parseInt('019ad4b45a00', 16)))
  expect(timeOfKey('files/1-jpg-1')).toBeUndefined()
  expect(timeOfKey('thumbnails/a-1')).toBeUndefined()
})

test.each([
  '',
  '.keep',
  'notes.txt',
  '1-jpg-1',
  '1-JPG-000000000001',
  '1-jpg-000000000001.tmp',
  '-jpg-000000000001',
])('an object named %j is none of ours', (name) => {
  expect(keyOfObject('files', name)).toBeUndefined()
  expect(keyOfObject('thumbnails', name)).toBeUndefined()
})

test.each([
  ['alone', (key: string) => key.split('/')[1] ?? ''],
  ['with its category', (key: string) => key],
  ['at the end of a path', (key: string) => `/srv/wordloom/storage/${key}`],
  ['at the end of a path of Windows', (key: string) => `C:\\data\\storage\\${key.replace('/', '\\')}`],
  ['at the end of the address of a bucket', (key: string) => `s3://bucket/prefix/${key}\n`],
  ['in a copy of its folder', (key: string) => `./copy/${key.split('/')[1]}`],
])('a key is found by its name %s', (_how, written) => {
  for (const key of [fileKey(1_795_302_000_000, 'jpg', 42), thumbnailKey(newUuid, 'preview-2-webp')])
    expect(keyNamed(written(key))).toBe(key)
})

test.each([
  '',
  '/',
  'files/',
  newUuid,
  `thumbnails/${fileKey(1, 'jpg', 1).slice('files/'.length)}`,
  'a'.repeat(64),
])('%j is the name of no key', (text) => {
  expect(keyNamed(text)).toBeUndefined()
})
