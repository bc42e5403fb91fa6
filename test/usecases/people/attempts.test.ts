import { expect, test } from 'vitest'
import { attempt, forgetAttempts, giveBack } from '../../../src/usecases/people/attempts.ts'
import { buildCtx } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'

const database = useDatabase()
const minute = 60_000
const limit = { kind: 'tests', key: 'a', max: 3, windowMs: minute }

test('any number of attempts at once stay within the limit, and each key has its own', async () => {
  const ctx = await buildCtx(database.db)
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => attempt(ctx, limit)))
  expect(outcomes.filter((seconds) => seconds === undefined)).toHaveLength(3)
  expect(await attempt(ctx, { ...limit, key: 'b' })).toBeUndefined()
  expect(await attempt(ctx, { ...limit, kind: 'others' })).toBeUndefined()
  expect(await attempt(ctx, { ...limit, max: 0 })).toBeUndefined()
})

test('refused attempts do not extend the window, and the next one counts from the beginning', async () => {
  const ctx = await buildCtx(database.db)
  const own = { ...limit, key: 'window' }
  for (let count = 0; count < 3; count += 1) await attempt(ctx, own)
  expect(await attempt(ctx, own)).toBe(60)
  ctx.clock.ms += 40_500
  expect(await attempt(ctx, own)).toBe(20)
  ctx.clock.ms += 19_500
  for (let count = 0; count < 3; count += 1) expect(await attempt(ctx, own)).toBeUndefined()
  expect(await attempt(ctx, own)).toBe(60)
})

test('an attempt that turned out well does not count', async () => {
  const ctx = await buildCtx(database.db)
  const own = { ...limit, key: 'well' }
  for (let count = 0; count < 10; count += 1) {
    expect(await attempt(ctx, own)).toBeUndefined()
    await giveBack(ctx, own)
  }
  await giveBack(ctx, own)
  for (let count = 0; count < 3; count += 1) expect(await attempt(ctx, own)).toBeUndefined()
  expect(await attempt(ctx, own)).toBe(60)
})

test('counts whose windows are over are removed, and no address or account is stored', async () => {
  const ctx = await buildCtx(database.db)
  await attempt(ctx, { ...limit, key: 'old', windowMs: 1 })
  await attempt(ctx, { ...limit, key: 'ada@example.org' })
  const before = await database.db.prisma.attemptCount.findMany()
  expect(JSON.stringify(before)).not.toContain('ada')
  ctx.clock.ms += 2
  await forgetAttempts(ctx)
  const left = await database.db.prisma.attemptCount.count()
  expect(left).toBe(before.length - 1)
  ctx.clock.ms += 10 * minute
  await forgetAttempts(ctx)
  expect(await database.db.prisma.attemptCount.count()).toBe(0)
})
