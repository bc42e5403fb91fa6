import { expect, test } from 'vitest'
import { InvalidInput } from '../../src/domain/failure.ts'
import { changedDescription, type GivenDescription } from '../../src/domain/media-description.ts'

const current = {
  fileName: 'lake.jpg',
  altText: 'A lake',
  caption: null,
  focalX: null,
  focalY: null,
  category: 'upload',
  mimeType: 'image/jpeg',
  extension: 'jpg',
}

test.each<[string, GivenDescription, object]>([
  ['nothing', {}, {}],
  ['what is there already', { fileName: 'lake.jpg', altText: 'A lake', category: ' Upload ' }, {}],
  ['the same name without its extension', { fileName: 'lake' }, {}],
  ['a new name', { fileName: 'pond.jpg' }, { fileName: 'pond.jpg' }],
  ['no text', { altText: null }, { altText: null }],
  ['an empty text, which stands for decoration', { altText: '' }, { altText: '' }],
  ['a caption', { caption: 'In May' }, { caption: 'In May' }],
  ['a focal point', { focalPoint: { x: 0.123456, y: 1 } }, { focalX: 0.1235, focalY: 1 }],
  ['a category', { category: ' Blog  Post ' }, { category: 'blog post' }],
  ['a Chinese category', { category: '封面_1' }, { category: '封面_1' }],
  [
    'the longest texts',
    { altText: '😀'.repeat(1_000), category: 'x'.repeat(50) },
    {
      altText: '😀'.repeat(1_000),
      category: 'x'.repeat(50),
    },
  ],
])('giving %s changes what is different', (_case, given, changed) => {
  expect(changedDescription(given, current)).toEqual(changed)
})

test('a focal point can be removed', () => {
  const pointed = { ...current, focalX: 0.5, focalY: 0.5 }
  expect(changedDescription({ focalPoint: null }, pointed)).toEqual({ focalX: null, focalY: null })
  expect(changedDescription({ focalPoint: { x: 0.5, y: 0.5 } }, pointed)).toEqual({})
})

test.each<[string, GivenDescription, string]>([
  ['a file name of null', { fileName: null }, 'fileName'],
  ['a lying extension', { fileName: 'lake.png' }, 'fileName'],
  ['a long text', { altText: 'x'.repeat(1_001) }, 'altText'],
  ['a long caption', { caption: 'x'.repeat(2_001) }, 'caption'],
  ['a text with NUL', { caption: 'a\0' }, 'caption'],
  ['a focal point outside', { focalPoint: { x: 1.01, y: 0 } }, 'focalPoint.x'],
  ['a focal point above', { focalPoint: { x: 0, y: -0.01 } }, 'focalPoint.y'],
  ['a focal point that is no number', { focalPoint: { x: NaN, y: 0 } }, 'focalPoint.x'],
  ['a category of null', { category: null }, 'category'],
  ['an empty category', { category: ' ' }, 'category'],
  ['a category of signs', { category: '<b>' }, 'category'],
  ['a long category', { category: 'x'.repeat(51) }, 'category'],
])('%s is refused', (_case, given, path) => {
  const refused = changedDescription(given, current)
  if (!(refused instanceof InvalidInput)) throw new Error('It was not refused.')
  expect(refused.issues.map((issue) => issue.path)).toEqual([path])
})
