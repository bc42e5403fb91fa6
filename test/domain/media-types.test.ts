import { expect, test } from 'vitest'
import { mediaType, supportedTypes, TooManyPixels, UnreadableFile } from '../../src/domain/media-types.ts'

test.each([
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/webp', 'webp'],
  ['image/avif', 'avif'],
  ['image/gif', 'gif'],
  ['image/svg+xml', 'svg'],
])('a picture of the type %s is taken with the extension %s, where pictures are', (mimeType, extension) => {
  for (const taken of ['pictures', 'both'] as const) {
    expect(mediaType(mimeType, taken)).toEqual({ mimeType, extension, isVideo: false })
  }
  expect(mediaType(mimeType, 'videos')).toMatchObject({ supportedTypes: supportedTypes.videos })
})

test.each([
  ['video/mp4', 'mp4'],
  ['video/webm', 'webm'],
  ['video/quicktime', 'mov'],
])('a video of the type %s is taken with the extension %s, where videos are', (mimeType, extension) => {
  for (const taken of ['videos', 'both'] as const) {
    expect(mediaType(mimeType, taken)).toEqual({ mimeType, extension, isVideo: true })
  }
  expect(mediaType(mimeType, 'pictures')).toMatchObject({ supportedTypes: supportedTypes.pictures })
})

test.each([
  ['a PDF', 'application/pdf'],
  ['a HEIC, which nothing here can decode', 'image/heic'],
  ['a TIFF', 'image/tiff'],
  ['a Matroska film', 'video/matroska'],
  ['a program', 'application/x-elf'],
  ['nothing that is known', null],
])('%s is not taken', (_case, sniffed) => {
  const refusal = mediaType(sniffed, 'both')
  expect(refusal).toMatchObject({
    __typename: 'UnsupportedFileType',
    detectedType: sniffed,
    supportedTypes: supportedTypes.both,
  })
})

test.each(['empty', 'damaged', 'slow'] as const)(
  'an unreadable file says what to do when it is %s',
  (what) => {
    expect(new UnreadableFile(what).message).toMatch(/upload it again/)
  },
)

test('too many pixels tell the limit', () => {
  expect(new TooManyPixels(50_000_000)).toMatchObject({
    limitPixels: 50_000_000,
    message: expect.stringContaining('50 megapixels') as string,
  })
})
