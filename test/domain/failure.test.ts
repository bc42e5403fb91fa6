import { expect, test } from 'vitest'
import {
  Failure,
  IdempotencyKeyReused,
  InvalidInput,
  NotFound,
  VersionConflict,
} from '../../src/domain/failure.ts'

const issue = { path: 'content', message: 'Too long.' }

test.each([
  [new NotFound('Bookshelf', 'some-id'), 'NotFound', { entity: 'Bookshelf', id: 'some-id' }],
  [new InvalidInput([issue]), 'InvalidInput', { issues: [issue], message: 'content: Too long.' }],
  [new VersionConflict({ title: 'Now' }, 7), 'VersionConflict', { current: { title: 'Now' } }],
  [new IdempotencyKeyReused('key-1'), 'IdempotencyKeyReused', { idempotencyKey: 'key-1' }],
])('%o carries its GraphQL type, a message and what a client needs', (failure, typename, fields) => {
  expect(failure).toBeInstanceOf(Failure)
  expect(failure).toMatchObject({ __typename: typename, ...fields })
  expect(failure.message).not.toBe('')
})

test('a version conflict says which version it is at', () => {
  expect(new VersionConflict({}, 7).message).toContain('version 7')
})

test('the message of an invalid input tells every issue', () => {
  const invalid = new InvalidInput([issue, { path: 'kind', message: 'Give a value.' }])
  expect(invalid.message).toBe('content: Too long. kind: Give a value.')
})

test('the issues of a part of an input get the way to that part, and the part itself stays as it is', () => {
  const invalid = new InvalidInput([issue])
  expect(invalid.below('blocks.3')).toMatchObject({
    issues: [{ path: 'blocks.3.content', message: 'Too long.' }],
    message: 'blocks.3.content: Too long.',
  })
  expect(invalid.issues).toEqual([issue])
})
