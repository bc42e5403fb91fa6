import { expect, test } from 'vitest'
import { decoderBytes, exceededLimit, type PictureShape } from '../../src/domain/picture-cost.ts'

const limits = { imagePixels: 500_000_000, decoderBytes: 1024 ** 3 }
const shape = (width: number, height: number, held: PictureShape['held'], pixelBytes = 3) => ({
  ...{ width, height, pixelBytes, held },
})

test.each<[string, PictureShape, number]>([
  ['a photograph that is shrunk while it is read', shape(16_320, 12_240, 'shrunk'), 0],
  ['rows of a wide picture', shape(30_000, 4_000, 'rows'), 30_000 * 2_000 * 3 * 1.35],
  ['fewer rows than are needed', shape(30_000, 100, 'rows'), 30_000 * 100 * 3 * 1.35],
  ['a picture that is held as a whole', shape(1_000, 1_000, 20), 20_000_000],
])('the memory for %s is known', (_case, picture, expected) => {
  expect(decoderBytes(picture)).toBeCloseTo(expected)
})

test.each<[string, PictureShape, ReturnType<typeof exceededLimit>]>([
  ['a photograph of 500 megapixels', shape(50_000, 10_000, 'shrunk'), null],
  ['a photograph of more', shape(50_001, 10_000, 'shrunk'), { limit: 500_000_000, cause: 'pixels' }],
  ['rows of 500 megapixels', shape(20_000, 25_000, 'rows'), null],
  ['rows of 8 bytes a pixel', shape(20_000, 20_000, 'rows', 8), { limit: 250_000_000, cause: 'pixels' }],
  [
    'rows that are as wide as a picture',
    shape(1_000_000, 499, 'rows'),
    { limit: 265_121_438, cause: 'memory' },
  ],
  ['53 megapixels at 20 bytes', shape(5_300, 10_000, 20), null],
  ['54 megapixels at 20 bytes', shape(5_400, 10_000, 20), { limit: 53_687_091, cause: 'memory' }],
  [
    'both limits exceeded, by the lower one',
    shape(60_000, 60_000, 20),
    { limit: 53_687_091, cause: 'memory' },
  ],
  ['nothing', shape(0, 0, 20), null],
])('%s: the limit is right', (_case, picture, expected) => {
  expect(exceededLimit(picture, limits)).toEqual(expected)
})
