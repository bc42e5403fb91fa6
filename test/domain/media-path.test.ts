import { expect, test } from 'vitest'
import { mediaPath } from '../../src/domain/media-path.ts'

const media = { id: 'm1', workspaceId: 'w1' }

test.each([
  ['the original', { ...media, trashed: false }, '/media/m1?workspace=w1'],
  [
    'a derived picture',
    { ...media, trashed: false, variant: 'thumbnail' },
    '/media/m1/thumbnail?workspace=w1',
  ],
  [
    'the original of what is in the trash',
    { ...media, trashed: true },
    '/media/m1?workspace=w1&trashed=true',
  ],
  [
    'a derived picture of what is in the trash',
    { ...media, trashed: true, variant: 'preview' },
    '/media/m1/preview?workspace=w1&trashed=true',
  ],
])('the path of %s', (_case, given, path) => {
  expect(mediaPath(given)).toBe(path)
})
