import { expect, test } from 'vitest'
import {
  applyChange,
  differences,
  type MediaChange,
  type MediaState,
  type MediaStates,
} from '../../src/domain/media-events.ts'

const put: MediaChange = {
  change: 'put',
  mediaId: 'm1',
  blobId: 'b1',
  ownerId: 'o1',
  role: 'IMAGE',
  position: 'a0',
  fileName: 'a.jpg',
}
const placed: MediaState = {
  blobId: 'b1',
  ownerId: 'o1',
  role: 'IMAGE',
  position: 'a0',
  fileName: 'a.jpg',
  altText: null,
  caption: null,
  focalX: null,
  focalY: null,
  deletionId: null,
}

const after = (...changes: MediaChange[]) => {
  const states: MediaStates = new Map()
  const problems = changes.map((change) => applyChange(states, change)).filter(Boolean)
  return { state: states.get('m1'), problems }
}

test.each<[string, MediaChange[], Partial<MediaState>]>([
  ['put', [], {}],
  [
    'moved',
    [{ change: 'move', mediaId: 'm1', ownerId: 'o2', role: 'ATTACHMENT', position: 'a1' }],
    { ownerId: 'o2', role: 'ATTACHMENT', position: 'a1' },
  ],
  ['renumbered', [{ change: 'renumber', positions: { m1: 'a5' } }], { position: 'a5' }],
  [
    'described',
    [
      {
        change: 'describe',
        mediaId: 'm1',
        description: { fileName: 'b.jpg', altText: 'A lake', focalX: 0.5, focalY: 1 },
      },
      { change: 'describe', mediaId: 'm1', description: { altText: null, category: 'poster' } },
    ],
    { fileName: 'b.jpg', focalX: 0.5, focalY: 1, category: 'poster' },
  ],
  ['trashed', [{ change: 'trash', mediaIds: ['m1'], deletionId: 'd1' }], { deletionId: 'd1' }],
  [
    'trashed and restored',
    [
      { change: 'trash', mediaIds: ['m1'], deletionId: 'd1' },
      { change: 'restore', mediaIds: ['m1'] },
    ],
    {},
  ],
])('a medium that was %s', (_case, changes, altered) => {
  expect(after(put, ...changes)).toEqual({ state: { ...placed, ...altered }, problems: [] })
})

test.each<[string, MediaChange[]]>([
  ['added twice', [put, put]],
  ['moved, but never put', [{ change: 'move', mediaId: 'm1', ownerId: 'o', role: 'IMAGE', position: 'a' }]],
  ['described, but never put', [{ change: 'describe', mediaId: 'm1', description: { altText: 'A' } }]],
  ['renumbered, but never put', [{ change: 'renumber', positions: { m1: 'a' } }]],
  ['trashed, but never put', [{ change: 'trash', mediaIds: ['m1'], deletionId: 'd' }]],
  ['restored, but never put', [{ change: 'restore', mediaIds: ['m1'] }]],
])('events of a medium that was %s do not fit', (_case, changes) => {
  expect(after(...changes).problems).toEqual([expect.stringContaining('Media item m1') as string])
})

test('a row that is not as its events say is told field by field', () => {
  expect(differences('m1', placed, placed)).toEqual([])
  expect(differences('m1', placed, { ...placed, position: 'a9', deletionId: 'd1' })).toEqual([
    'Media item m1: position is a9, but a0 by its events',
    'Media item m1: deletionId is d1, but null by its events',
  ])
  expect(differences('m1', undefined, placed)).toEqual(['Media item m1: no event added it'])
  expect(differences('m1', placed, undefined)).toEqual([
    'Media item m1: the events added it, but it is missing',
  ])
})
