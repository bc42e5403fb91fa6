import { expect, test } from 'vitest'
import { derivedKey, storedKey } from '../../src/domain/storage-key.ts'
import { recipeKey, recipeNamed, recipes } from '../../src/domain/thumbnails.ts'

test.each(['thumbnail', 'preview'])('there is a recipe for a %s', (name) => {
  expect(recipeNamed(name)).toMatchObject({ name })
})

test.each(['', 'huge', '9999x9999', 'thumbnail-1', 'Thumbnail', '__proto__'])(
  'nobody can make the server compute a picture %j',
  (name) => {
    expect(recipeNamed(name)).toBeUndefined()
  },
)

test('a recipe in a key has its version, so that a changed recipe makes other files', () => {
  expect(recipeKey({ name: 'thumbnail', version: 3, maxSide: 1, quality: 1 })).toBe('thumbnail-3')
})

test('every recipe has a key of its own that the storage takes', () => {
  const keys = recipes.map((recipe) => derivedKey('01900000-0000-7000-8000-000000000001', recipeKey(recipe)))
  expect(new Set(keys).size).toBe(recipes.length)
  for (const key of keys) expect(storedKey(key)).toBe(key)
})
