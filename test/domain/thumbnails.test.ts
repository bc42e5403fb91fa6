import { expect, test } from 'vitest'
import { thumbnailKey, storedKey } from '../../src/domain/storage-key.ts'
import {
  acceptsAvif,
  hasPicture,
  recipeKey,
  recipeNamed,
  recipes,
  thumbnailSize,
} from '../../src/domain/thumbnails.ts'

test.each([
  ['small', 150],
  ['thumbnail', 320],
  ['medium', 640],
  ['preview', 1280],
])('there is a recipe %s of at most %i pixels', (name, maxSide) => {
  expect(recipeNamed(name)).toMatchObject({ name, maxSide })
})

test.each(['', 'huge', '9999x9999', 'thumbnail-1', 'Thumbnail', '__proto__'])(
  'nobody can make the server compute a picture %j',
  (name) => {
    expect(recipeNamed(name)).toBeUndefined()
  },
)

test('a recipe in a key has its version, so that a changed recipe makes other files', () => {
  expect(recipeKey({ name: 'thumbnail', version: 3, maxSide: 1, quality: { webp: 1, avif: 1 } })).toBe(
    'thumbnail-3',
  )
})

test('every recipe has a key of its own that the storage takes', () => {
  const keys = recipes.map((recipe) =>
    thumbnailKey('01900000-0000-7000-8000-000000000001', recipeKey(recipe)),
  )
  expect(new Set(keys).size).toBe(recipes.length)
  for (const key of keys) expect(storedKey(key)).toBe(key)
})

test.each([
  [[3000, 2000], 320, [320, 213]],
  [[2000, 3000], 320, [213, 320]],
  [[321, 320], 320, [320, 319]],
  [[100, 50], 320, [100, 50]],
  [[30_000, 1], 320, [320, 1]],
  [[1, 1], 320, [1, 1]],
])('%j becomes, inside of %i: %j', ([width = 0, height = 0], maxSide, expected) => {
  const size = thumbnailSize({ width, height, mimeType: 'image/png' }, maxSide)
  expect([size.width, size.height]).toEqual(expected)
})

test.each([
  [[24, 24], 320, [320, 320]],
  [[24, 12], 150, [150, 75]],
  [[9933, 14043], 1280, [905, 1280]],
])('vectors of the size %j are drawn inside of %i: %j', ([width = 0, height = 0], maxSide, expected) => {
  const size = thumbnailSize({ width, height, mimeType: 'image/svg+xml' }, maxSide)
  expect([size.width, size.height]).toEqual(expected)
})

test.each([
  ['image/avif,image/webp,image/apng,*/*;q=0.8', true],
  ['image/webp, IMAGE/AVIF;q=0.5', true],
  ['image/avif;q=0.001', true],
  ['image/avif;q=0', false],
  ['image/avif; q=0.000, */*', false],
  ['image/*', false],
  ['*/*', false],
  ['image/avifs', false],
  ['', false],
  [undefined, false],
])('a client that accepts %j is given an AVIF: %s', (accept, expected) => {
  expect(acceptsAvif(accept)).toBe(expected)
})

test('a picture always has derived ones, a video once a frame was taken from it', () => {
  expect(hasPicture({ mimeType: 'image/png', placeholder: null })).toBe(true)
  expect(hasPicture({ mimeType: 'video/mp4', placeholder: null })).toBe(false)
  expect(hasPicture({ mimeType: 'video/mp4', placeholder: 'x' })).toBe(true)
})
