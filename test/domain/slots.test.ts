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
  ['BOOKSHELF', 'COVER', 'BOOKSHELF_COVER', 'one'],
  ['BOOK', 'COVER', 'BOOK_COVER', 'one'],
  ['BLOCK', 'IMAGE', 'BLOCK_IMAGE', 'list'],
] as const)('a %s has the slot %s: a %s that holds %s', (ownerType, role, kind, holds) => {
  expect(slotPolicy({ ownerType, role })).toEqual({ kind, holds })
})

test.each([
  ['BOOKSHELF', 'IMAGE', 'COVER'],
  ['BOOK', 'IMAGE', 'COVER'],
  ['BLOCK', 'COVER', 'IMAGE'],
] as const)('a %s has no slot %s; the refusal names %s', (ownerType, role, instead) => {
  const refusal = slotPolicy({ ownerType, role })
  expect(refusal).toBeInstanceOf(InvalidInput)
  expect(refusal).toMatchObject({
    issues: [{ path: 'slot.role', message: expect.stringContaining(`use ${instead}`) as string }],
  })
})

test.each<[MediaOwnerType, MediaRole, object]>([
  ['BOOKSHELF', 'COVER', { bookshelfId: 'o1', bookId: null, blockId: null }],
  ['BOOK', 'COVER', { bookshelfId: null, bookId: 'o1', blockId: null }],
  ['BLOCK', 'IMAGE', { bookshelfId: null, bookId: null, blockId: 'o1' }],
])('the columns of a slot of a %s lead back to the slot', (ownerType, role, columns) => {
  const slot = { ownerType, ownerId: 'o1', role }
  expect(ownerColumns(slot)).toEqual(columns)
  expect(slotOf({ ...ownerColumns(slot), role })).toEqual(slot)
})

test('a medium without an owner is a bug', () => {
  expect(() => slotOf({ bookshelfId: null, bookId: null, blockId: null, role: 'COVER' })).toThrow(/owner/)
})
