import { expect, test } from 'vitest'
import { fits, QuotaExceeded, quotaLimit } from '../../src/domain/quota.ts'

test('a plan gives 10 or 100 GiB, unless a quota was set', () => {
  expect(quotaLimit('PERSONAL', null)).toBe(10n * 1024n ** 3n)
  expect(quotaLimit('TEAM', null)).toBe(100n * 1024n ** 3n)
  expect(quotaLimit('TEAM', 5n)).toBe(5n)
  expect(quotaLimit('PERSONAL', 0n)).toBe(0n)
})

test.each([
  [30n, true],
  [31n, false],
])('of 100 bytes with 50 used and 20 on the way, %s more fit: %s', (requested, fitting) => {
  const quota = { limitBytes: 100n, usedBytes: 50n, reservedBytes: 20n }
  const refusal = fits(quota, requested)
  if (fitting) expect(refusal).toBeUndefined()
  else {
    expect(refusal).toBeInstanceOf(QuotaExceeded)
    expect(refusal).toMatchObject({ ...quota, requestedBytes: requested })
  }
})

test('nothing fits where more is used than a lowered quota allows', () => {
  expect(fits({ limitBytes: 10n, usedBytes: 20n, reservedBytes: 0n }, 1n)).toBeInstanceOf(QuotaExceeded)
})
