import { expect, test } from 'vitest'
import { pictureType, supportedTypes, TooManyPixels, UnreadableFile } from '../../src/domain/media-types.ts'

test.each([
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/webp', 'webp'],
  ['image/avif', 'avif'],
  ['image/gif', 'gif'],
  ['image/svg+xml', 'svg'],
])('a picture of the type %s is taken with the extension %s', (mimeType, extension) => {
  expect(pictureType(mimeType)).toEqual({ mimeType, extension })
  expect(supportedTypes).toContain(mimeType)
})

test.each([
  ['a PDF', 'application/pdf'],
  ['a HEIC, which nothing here can decode', 'image/heic'],
  ['a TIFF', 'image/tiff'],
  ['a program', 'application/x-elf'],
  ['nothing that is known', null],
])('%s is not taken', (_case, sniffed) => {
  const refusal = pictureType(sniffed)
  expect(refusal).toMatchObject({
    __typename: 'UnsupportedFileType',
    detectedType: sniffed,
    supportedTypes: [...supportedTypes],
  })
})

test.each(['empty', 'damaged', 'slow'] as const)(
  'an unreadable file says what to do when it is %s',
  (what) => {
    expect(new UnreadableFile(what).message).toMatch(/send it once more/)
  },
)

test('too many pixels tell the limit', () => {
  expect(new TooManyPixels(50_000_000)).toMatchObject({
    limitPixels: 50_000_000,
    message: expect.stringContaining('50 megapixels') as string,
  })
})
