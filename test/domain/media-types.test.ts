import { expect, test } from 'vitest'
import { documentNames, documentTypes } from '../../src/domain/document-types.ts'
import {
  maxBytesOf,
  maxSvgBytes,
  mediaType,
  supportedTypes,
  TooManyPixels,
  UnreadableFile,
} from '../../src/domain/media-types.ts'

test.each([
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/webp', 'webp'],
  ['image/avif', 'avif'],
  ['image/gif', 'gif'],
  ['image/svg+xml', 'svg'],
])('a picture of the type %s is taken with the extension %s, where pictures are', (mimeType, extension) => {
  for (const taken of ['pictures', 'any'] as const) {
    expect(mediaType(mimeType, taken)).toEqual({ mimeType, extension, form: 'picture' })
  }
  expect(mediaType(mimeType, 'videos')).toMatchObject({ supportedTypes: supportedTypes('videos', []) })
})

test.each([
  ['video/mp4', 'mp4'],
  ['video/webm', 'webm'],
  ['video/quicktime', 'mov'],
])('a video of the type %s is taken with the extension %s, where videos are', (mimeType, extension) => {
  for (const taken of ['videos', 'any'] as const) {
    expect(mediaType(mimeType, taken)).toEqual({ mimeType, extension, form: 'video' })
  }
  expect(mediaType(mimeType, 'pictures')).toMatchObject({ supportedTypes: supportedTypes('pictures', []) })
})

test.each([
  ['a Word document with macros', 'application/vnd.ms-word.document.macroEnabled.12'],
  ['a HEIC, which nothing here can decode', 'image/heic'],
  ['a TIFF', 'image/tiff'],
  ['a Matroska film', 'video/matroska'],
  ['a program', 'application/x-elf'],
  ['nothing that is known', null],
])('%s is not taken', (_case, sniffed) => {
  const refusal = mediaType(sniffed, 'any')
  expect(refusal).toMatchObject({
    __typename: 'UnsupportedFileType',
    detectedType: sniffed,
    supportedTypes: supportedTypes('any', documentNames),
  })
})

test.each([
  ['empty', 0, 'EMPTY', 'empty'],
  ['incomplete', 0, 'INCOMPLETE', 'ends before'],
  ['damaged', 0, 'DAMAGED', 'damaged'],
  ['metadata', 0, 'DAMAGED', 'EXIF'],
  ['coding', 0, 'UNSUPPORTED_CODING', 'coding'],
  ['slow', 10, 'TOO_SLOW', '10 seconds'],
  ['killed', 0, 'TOO_COMPLEX', 'memory'],
  ['no size', 0, 'DAMAGED', 'viewBox'],
  ['depth', 256, 'TOO_COMPLEX', '256'],
  ['elements', 1_000_000, 'TOO_COMPLEX', '1,000,000'],
  ['references', 500_000, 'TOO_COMPLEX', '500,000'],
  ['entities', 0, 'TOO_COMPLEX', 'entities'],
  ['text', 10_000_000, 'TOO_COMPLEX', '10,000,000'],
] as const)('an unreadable file says why (%s), its limit, and what to do', (why, limit, reason, words) => {
  const refusal = new UnreadableFile(why, limit)
  expect(refusal.unreadableReason).toBe(reason)
  expect(refusal.message).toContain(words)
  expect(refusal.message).toMatch(/upload it again/)
})

test.each([
  [{ limit: 500_000_000, cause: 'pixels' }, 'more than 500 megapixels'],
  [
    { limit: 53_687_091, cause: 'memory' },
    'too much memory. The limit for pictures saved in this way is 53.7',
  ],
  [{ limit: 10, cause: 'pixels' }, 'more than 0.00001 megapixels'],
] as const)('too many pixels tell the limit and its cause: %j', (exceeded, words) => {
  expect(new TooManyPixels(exceeded)).toMatchObject({
    limit: exceeded.limit,
    message: expect.stringContaining(words) as string,
  })
})

test.each([
  ['image/svg+xml', 'picture', maxSvgBytes],
  ['image/png', 'picture', 100_000_000],
  ['video/mp4', 'video', 500_000_000],
  ['audio/flac', 'document', 200_000_000],
] as const)('a file of the type %s has its own limit of bytes', (mimeType, form, expected) => {
  const limits = { imageBytes: 100_000_000, videoBytes: 500_000_000, documentBytes: 200_000_000 }
  expect(maxBytesOf({ mimeType, form }, limits)).toBe(expected)
  expect(maxBytesOf({ mimeType, form }, { imageBytes: 5, videoBytes: 5, documentBytes: 5 })).toBe(5)
})

test.each(documentNames)(
  'a document of the type %s is taken only where any file is, if configured',
  (name) => {
    const mimeType = documentTypes[name]
    expect(mediaType(mimeType, 'any')).toEqual({ mimeType, extension: name, form: 'document' })
    expect(mediaType(mimeType, 'any', [name])).toMatchObject({ mimeType })
    for (const taken of ['pictures', 'videos'] as const)
      expect(mediaType(mimeType, taken)).toMatchObject({ supportedTypes: supportedTypes(taken, []) })
    const others = documentNames.filter((other) => other !== name)
    expect(mediaType(mimeType, 'any', others)).toMatchObject({
      detectedType: mimeType,
      supportedTypes: supportedTypes('any', others),
    })
  },
)
