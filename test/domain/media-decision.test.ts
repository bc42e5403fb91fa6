import { expect, test } from 'vitest'
import { decideUpload, MediaInTrash, type UploadSituation } from '../../src/domain/media-decision.ts'
import { TooManyFiles } from '../../src/domain/upload-limits.ts'

const inTrash = {
  media: 'trashed',
  deletion: 'deletion',
  restoreItem: {
    itemId: 'trashed',
    slot: { ownerType: 'BOOK', ownerId: 'book', role: 'COVER' },
    whenTaken: 'REPLACE',
  },
} as const

const emptyList: UploadSituation<string, string> = {
  holds: 'list',
  same: null,
  occupant: null,
  liveFiles: 3,
  filesPerOwner: 50,
  inTrash: null,
  whenInTrash: 'OFFER_RESTORE',
}

test.each<[string, Partial<UploadSituation<string, string>>, object]>([
  ['new bytes for a list', {}, { decision: 'INSERT' }],
  ['the last file that the owner may have', { liveFiles: 49 }, { decision: 'INSERT' }],
  ['new bytes for an empty cover', { holds: 'one' }, { decision: 'INSERT' }],
  ['new bytes for a cover', { holds: 'one', occupant: 'old' }, { decision: 'REPLACE', replaced: 'old' }],
  [
    'a new cover of an owner that is full',
    { holds: 'one', occupant: 'old', liveFiles: 50 },
    { decision: 'REPLACE', replaced: 'old' },
  ],
  ['the same bytes in a list', { same: 'same' }, { decision: 'DUPLICATE', media: 'same' }],
  [
    'the same bytes as the cover',
    { holds: 'one', occupant: 'same', same: 'same' },
    { decision: 'DUPLICATE', media: 'same' },
  ],
  [
    'the same bytes, where the owner is full and others are in the trash',
    { same: 'same', liveFiles: 50, inTrash },
    { decision: 'DUPLICATE', media: 'same' },
  ],
  [
    'bytes in the trash that are to be taken again',
    { inTrash, whenInTrash: 'UPLOAD_AGAIN' },
    { decision: 'INSERT' },
  ],
])('%s', (_case, situation, decision) => {
  expect(decideUpload({ ...emptyList, ...situation })).toEqual(decision)
})

test.each([
  ['a list', {}],
  ['an empty cover', { holds: 'one' as const }],
  ['bytes that could be restored', { inTrash }],
])('a full owner takes nothing more: %s', (_case, situation) => {
  expect(decideUpload({ ...emptyList, ...situation, liveFiles: 50 })).toEqual(new TooManyFiles(50))
})

test.each([
  ['a list', {}],
  ['an empty cover', { holds: 'one' as const }],
  ['a cover that would be replaced', { holds: 'one' as const, occupant: 'old' }],
])('bytes that are only in the trash are offered to be restored: %s', (_case, situation) => {
  const offer = decideUpload({ ...emptyList, ...situation, inTrash })
  expect(offer).toBeInstanceOf(MediaInTrash)
  expect(offer).toMatchObject({ ...inTrash, message: expect.stringContaining('UPLOAD_AGAIN') as string })
  const call =
    'restoreItem(input: { itemId: "trashed", ' +
    'target: { slot: { ownerType: BOOK, ownerId: "book", role: COVER } }, whenTaken: REPLACE })'
  expect(offer).toMatchObject({ message: expect.stringContaining(call) as string })
})
