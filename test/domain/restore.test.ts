import { expect, test } from 'vitest'
import { limitSettings } from '../../src/domain/limits.ts'
import {
  AlreadyInTrash,
  NotInTrash,
  purgeAfter,
  restorable,
  RestoreConflict,
  RetentionExpired,
} from '../../src/domain/restore.ts'

const at = (text: string) => new Date(text)

test.each([
  ['30 days', '2026-01-01T00:00:00.000Z', limitSettings.retentionDays.default, '2026-01-31T00:00:00.000Z'],
  ['one day', '2026-02-28T12:34:56.789Z', 1, '2026-03-01T12:34:56.789Z'],
  [
    'whole days, whatever the clocks in a country do',
    '2026-03-28T12:00:00.000Z',
    2,
    '2026-03-30T12:00:00.000Z',
  ],
])('what is trashed can be restored for %s', (_case, deletedAt, days, expected) => {
  expect(purgeAfter(at(deletedAt), days)).toEqual(at(expected))
})

const end = at('2026-01-31T00:00:00.000Z')

test.each([
  ['one millisecond before its time is over', null, end.getTime() - 1, undefined],
  ['the moment its time is over', null, end.getTime(), RetentionExpired],
  ['long after', null, end.getTime() * 2, RetentionExpired],
  ['when it was restored before', at('2026-01-02T00:00:00.000Z'), end.getTime() - 1, NotInTrash],
  [
    'when it was restored before and its time is over',
    at('2026-01-02T00:00:00.000Z'),
    end.getTime(),
    NotInTrash,
  ],
])('a deletion %s', (_case, restoredAt, now, refusal) => {
  const answer = restorable({ restoredAt, purgeAfter: end }, new Date(now))
  if (refusal) expect(answer).toBeInstanceOf(refusal)
  else expect(answer).toBeUndefined()
})

test('an expired deletion tells when its time was over', () => {
  expect(new RetentionExpired(end)).toMatchObject({
    purgeAfter: end,
    message: expect.stringContaining('2026-01-31T00:00:00.000Z') as string,
  })
})

test.each([
  ['PARENT_TRASHED', ['RESTORE_PARENT_FIRST', 'CHOOSE_TARGET']],
  ['SLOT_TAKEN', ['REPLACE_OCCUPANT', 'TRASH_OCCUPANT_FIRST', 'CHOOSE_TARGET']],
  ['DUPLICATE', ['CHOOSE_TARGET', 'TRASH_OCCUPANT_FIRST']],
] as const)('the conflict %s tells what is in the way and what can be done', (reason, options) => {
  const blockedBy = { id: 'in the way' }
  const conflict = new RestoreConflict(reason, blockedBy)
  expect(conflict).toMatchObject({ __typename: 'RestoreConflict', reason, blockedBy, options })
  expect(conflict.message).toContain('target')
})

test('what is in the trash already tells its deletion', () => {
  expect(new AlreadyInTrash({ id: 'd1' })).toMatchObject({
    __typename: 'AlreadyInTrash',
    deletion: { id: 'd1' },
  })
})
