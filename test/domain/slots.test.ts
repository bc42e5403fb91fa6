import { expect, test } from 'vitest'
import { InvalidInput } from '../../src/domain/failure.ts'
import {
  type MediaOwnerType,
  type MediaRole,
  ownerColumns,
  slotOf,
  slotPolicy,
} from '../../src/domain/slots.ts'

test.each([
  ['BOOKSHELF', 'COVER', 'BOOKSHELF_COVER', 'one', 'pictures'],
  ['BOOKSHELF', 'ATTACHMENT', 'BOOKSHELF_ATTACHMENT', 'list', 'any'],
  ['BOOK', 'COVER', 'BOOK_COVER', 'one', 'pictures'],
  ['BOOK', 'ATTACHMENT', 'BOOK_ATTACHMENT', 'list', 'any'],
  ['BLOCK', 'IMAGE', 'BLOCK_IMAGE', 'list', 'pictures'],
  ['BLOCK', 'VIDEO', 'BLOCK_VIDEO', 'list', 'videos'],
  ['BLOCK', 'ATTACHMENT', 'BLOCK_ATTACHMENT', 'list', 'any'],
  ['CHECKPOINT_MARKER', 'MARKER_IMAGE', 'MARKER_IMAGE', 'list', 'pictures'],
] as const)('a %s has the slot %s: a %s that holds %s of %s', (ownerType, role, kind, holds, takes) => {
  expect(slotPolicy({ ownerType, role })).toEqual({ kind, holds, takes })
})

test.each([
  ['BOOKSHELF', 'IMAGE', 'COVER'],
  ['BOOK', 'IMAGE', 'COVER'],
  ['BLOCK', 'COVER', 'IMAGE'],
  ['CHECKPOINT_MARKER', 'IMAGE', 'MARKER_IMAGE'],
] as const)('a %s has no slot %s; the refusal names %s', (ownerType, role, instead) => {
  const refusal = slotPolicy({ ownerType, role })
  expect(refusal).toBeInstanceOf(InvalidInput)
  expect(refusal).toMatchObject({
    issues: [{ path: 'slot.role', message: expect.stringContaining(`use ${instead}`) as string }],
  })
})

test.each(['constructor', 'toString', '__proto__', ''])('a role that is called %j is none', (role) => {
  expect(slotPolicy({ ownerType: 'BOOK', role: role as MediaRole })).toBeInstanceOf(InvalidInput)
})

test.each<[MediaOwnerType, MediaRole, object]>([
  ['BOOKSHELF', 'COVER', { bookshelfId: 'o1', bookId: null, blockId: null, markerId: null }],
  ['BOOK', 'COVER', { bookshelfId: null, bookId: 'o1', blockId: null, markerId: null }],
  ['BLOCK', 'IMAGE', { bookshelfId: null, bookId: null, blockId: 'o1', markerId: null }],
  ['CHECKPOINT_MARKER', 'MARKER_IMAGE', { bookshelfId: null, bookId: null, blockId: null, markerId: 'o1' }],
])('the columns of a slot of a %s lead back to the slot', (ownerType, role, columns) => {
  const slot = { ownerType, ownerId: 'o1', role }
  expect(ownerColumns(slot)).toEqual(columns)
  expect(slotOf({ ...ownerColumns(slot), role })).toEqual(slot)
})

test('a medium without an owner is a bug', () => {
  const nobody = { bookshelfId: null, bookId: null, blockId: null, markerId: null }
  expect(() => slotOf({ ...nobody, role: 'COVER' })).toThrow(/owner/)
})
