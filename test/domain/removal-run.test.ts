import { expect, test } from 'vitest'
import { limitOfShare } from '../../src/domain/purge.ts'
import { decideRemoval, longAgoMs, type RemovalRun } from '../../src/domain/removal-run.ts'

const now = new Date('2026-06-01T00:00:00Z')
const hourMs = 3_600_000
const at = (ms: number) => new Date(now.getTime() + ms)
const never: RemovalRun = { ranAt: null, waitsUntil: null, heldAt: null }
const asked = { now, waitMs: hourMs, isDue: true }

test.each<[string, Partial<RemovalRun>, Partial<typeof asked>, object]>([
  ['that ran yesterday', { ranAt: at(-longAgoMs / 2) }, {}, { decision: 'RUN' }],
  ['that ran exactly two days ago', { ranAt: at(-longAgoMs) }, {}, { decision: 'RUN' }],
  ['that ran longer ago', { ranAt: at(-longAgoMs - 1) }, {}, { begins: true, until: at(hourMs) }],
  ['that never ran', {}, {}, { begins: true, until: at(hourMs) }],
  ['that has nothing to remove', {}, { isDue: false }, { decision: 'RUN' }],
  ['that need not wait', {}, { waitMs: 0 }, { decision: 'RUN' }],
  ['that waits', { waitsUntil: at(1) }, {}, { begins: false, until: at(1) }],
  ['that has waited', { waitsUntil: at(0) }, {}, { decision: 'RUN' }],
  ['that has waited, on a server that was off since', { waitsUntil: at(-hourMs) }, {}, { decision: 'RUN' }],
  ['on hold, however long', { ranAt: at(-1), heldAt: at(-longAgoMs) }, {}, { decision: 'HELD' }],
  ['on hold that waits', { waitsUntil: at(1), heldAt: at(-1) }, {}, { decision: 'HELD' }],
  ['whose wait a wrong clock began', { ranAt: at(-1), waitsUntil: at(2 * hourMs) }, {}, { decision: 'RUN' }],
  ['whose wait is that of an old backup', { waitsUntil: at(-longAgoMs) }, {}, { begins: true }],
  ['that ran in the future, by a wrong clock', { ranAt: at(longAgoMs) }, {}, { decision: 'RUN' }],
])('a removal %s', (_case, run, more, decision) => {
  expect(decideRemoval({ ...never, ...run }, { ...asked, ...more })).toMatchObject(decision)
})

const gibibyte = 1024n ** 3n
const absolute = { items: 100_000, bytes: 100n * gibibyte }

test.each([
  ['a small library', { items: 400, bytes: 0n }, { items: 1_000, bytes: gibibyte }],
  ['a larger one', { items: 10_000, bytes: 40n * gibibyte }, { items: 2_500, bytes: 10n * gibibyte }],
  ['a huge one', { items: 9_000_000, bytes: 900n * gibibyte }, absolute],
])(
  'what expires of %s may be a quarter, at least something, at most the absolute limit',
  (_size, there, limit) => {
    expect(limitOfShare(there, 25, absolute)).toEqual(limit)
  },
)

test('a smaller absolute limit counts for small libraries too', () => {
  expect(limitOfShare({ items: 400, bytes: 0n }, 25, { items: 7, bytes: 5n })).toEqual({
    items: 7,
    bytes: 5n,
  })
})
