import { expect, test } from 'vitest'
import { cutOf, isVariant, recipeFor, squareOf, squarePath, squaresOf } from '../../src/domain/squares.ts'
import { keyOfObject, storedKey, thumbnailKey } from '../../src/domain/storage-key.ts'
import { recipeKey, recipeNamed, recipes } from '../../src/domain/thumbnails.ts'

const at = (focalX: number | null, focalY: number | null) => ({ focalX, focalY })

test.each([
  [null, null, 'square-1-10-10'],
  [0.5, 0.35, 'square-1-10-07'],
  [0, 1, 'square-1-00-20'],
  [0.024, 0.026, 'square-1-00-01'],
])('the square at %j %j is stored as %s, which the storage takes', (x, y, expected) => {
  const recipe = squareOf(at(x, y))
  expect(recipeKey(recipe)).toBe(expected)
  const key = thumbnailKey('01900000-0000-7000-8000-000000000001', `${recipeKey(recipe)}-webp`)
  expect(storedKey(key)).toBe(key)
  expect(keyOfObject('thumbnails', key.slice('thumbnails/'.length))).toBe(key)
})

test('a square is a variant by its name alone, and its focal point is that of the media item', () => {
  expect(recipeFor('square', at(0.25, 0.75))).toMatchObject({ maxSide: 320, focus: { x: 5, y: 15 } })
  expect(recipeFor('small', at(0.25, 0.75))).toBe(recipeNamed('small'))
  expect(recipes.map(({ name }) => name)).not.toContain('square')
  for (const name of ['square-1', 'square-1-10-07', 'Square', '__proto__']) {
    expect(isVariant(name)).toBe(false)
    expect(recipeFor(name, at(0.25, 0.75))).toBeUndefined()
  }
})

test('media items whose focal points are close share a square', () => {
  const media = [at(null, null), at(0.5, 0.51), at(0.1, 0.1), at(0.11, 0.09), at(0.9, 0.1)]
  expect(squaresOf(media).map(recipeKey)).toEqual(['square-1-10-10', 'square-1-02-02', 'square-1-18-02'])
})

test.each([
  [400, 200, [null, null], [100, 0]],
  [400, 200, [0, 0], [0, 0]],
  [400, 200, [1, 1], [200, 0]],
  [400, 200, [0.3, 0.9], [20, 0]],
  [200, 400, [0.3, 0.9], [0, 200]],
  [10_000, 10, [0.25, 0.5], [2495, 0]],
  [10_000, 10, [1, 0], [9990, 0]],
  [1, 1, [1, 1], [0, 0]],
] as const)('of %i by %i the square around %j begins at %j', (width, height, [x, y], [left, top]) => {
  const side = Math.min(width, height)
  expect(cutOf({ width, height }, squareOf(at(x, y)).focus)).toEqual({ left, top, width: side, height: side })
})

test('the point itself is in the square, whatever was rounded, up to a ratio of 19', () => {
  for (const [width, height] of [
    [1280, 853],
    [853, 1280],
    [640, 640],
    [1280, 68],
    [68, 1280],
    [317, 19],
  ] as const)
    // prettier-ignore
    for (let part = 0; part <= 1; part += 0.001) {
      const cut = cutOf({ width, height }, squareOf(at(part, part)).focus)
      const [x, y] = [Math.min(width - 1, part * width) - cut.left, Math.min(height - 1, part * height) - cut.top]
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(0)
      expect(Math.max(x, y)).toBeLessThan(cut.width)
      expect(cut.left + cut.width).toBeLessThanOrEqual(width)
      expect(cut.top + cut.height).toBeLessThanOrEqual(height)
    }
})

test('the path of a square names its focal point, so that it is another one after a change', () => {
  expect(squarePath('/media/a/square?s=b', at(0.5, 0.35))).toBe('/media/a/square?s=b&focus=10-07')
})
