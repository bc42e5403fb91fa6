import { beforeEach, expect, test } from 'vitest'
import { setRemovalHold } from '../../../src/db/upkeep/removal-runs.ts'
import type { RemovalName } from '../../../src/domain/removal-run.ts'
import { dailyJobs, enqueueStart } from '../../../src/jobs/schedule.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { forgetIdempotencyKeys, rememberedDays } from '../../../src/usecases/forget-idempotency-keys.ts'
import { JobPostponed } from '../../../src/usecases/job-control/attempt.ts'
import { forgetJobs } from '../../../src/usecases/job-control/forget-jobs.ts'
import { holdRemoval, releaseRemoval } from '../../../src/usecases/job-control/removal-runs.ts'
import { forgetReservations, reserveRoom } from '../../../src/usecases/media/quota.ts'
import { collectGarbage } from '../../../src/usecases/upkeep/collect-garbage.ts'
import {
  runGarbageCollection,
  startDailyGarbageCollections,
} from '../../../src/usecases/upkeep/request-garbage-collection.ts'
import { startDailyPurges } from '../../../src/usecases/trash/daily-purge.ts'
import { emptyTrash, runPurge } from '../../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../../src/usecases/trash/run-purge.ts'
import { buildBlock, buildBook, buildCtx, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { rowsOfWorkspace } from '../../support/state.ts'
import { fillBlocks } from '../../support/trash/purging.ts'
import { trash } from '../../support/trash/restoring.ts'
import { blobOf, buildOrphan, dayMs, minuteMs } from '../../support/upkeep/collecting.ts'

const database = useDatabase()
removeTemporaryFolders()

type TestCtx = Awaited<ReturnType<typeof buildCtx>>

/** Every test begins as right after a run, without jobs and without what other tests left in the trash. */
beforeEach(async () => {
  await setRemovalHold(database.db, null)
  await database.db.pool.query('update removal_runs set ran_at = now(), waits_until = null')
  await database.db.pool.query('delete from jobs')
  await database.db.pool.query('update deletions set purge_after = $1', ['2999-01-01T00:00:00Z'])
})

const setRan = (name: RemovalName, at: Date | null) =>
  database.db.pool.query('update removal_runs set ran_at = $2 where name = $1', [name, at])

/** A context whose log is kept. */
async function buildLogged() {
  const ctx = await buildCtx(database.db)
  const lines: { fields: object; message: string }[] = []
  const add = (fields: object, message: string) => void lines.push({ fields, message })
  return Object.assign(ctx, { lines, log: { info: add, warn: add, error: add } })
}

/** A context with one expired block in its trash. */
async function buildExpired() {
  const ctx = await buildLogged()
  const block = await buildBlock(ctx)
  const deletion = await trash(ctx, 'BLOCK', block)
  ctx.clock.ms = deletion.purgeAfter.getTime()
  await setRan('daily-purge', new Date(ctx.clock.ms - dayMs))
  return { ctx, block, deletion }
}

const attempt = () => ({
  before: undefined,
  signal: new AbortController().signal,
  onProgress: () => Promise.resolve(),
})

const purgeJobs = (ctx: Ctx) =>
  ctx.db.prisma.job.findMany({ where: { workspaceId: ctx.actor.workspaceId, name: 'purge-trash' } })

/** Runs the purge that the daily job asked for, and gives the number of deletions that it removed. */
async function runAsked(ctx: Ctx) {
  const [job] = await purgeJobs(ctx)
  if (!job) throw new Error('No purge was asked for.')
  const request = job.payload as unknown as Parameters<typeof runPurge>[1]
  return (await runPurge(ctx, request, attempt())).deletionCount
}

test.each([
  ['server', 0, 31 * dayMs],
  ['database', 31 * dayMs, 0],
])('a clock of the %s that is ahead purges nothing', async (_whose, databaseAhead, ahead) => {
  const ctx = await buildLogged()
  await trash(ctx, 'BLOCK', await buildBlock(ctx))
  const { ms } = ctx.clock
  Object.assign(ctx.clock, { ms: ms + ahead, databaseMs: ms + databaseAhead })
  await startDailyPurges(ctx, ctx.log)
  expect(await purgeJobs(ctx)).toEqual([])
  const { job } = succeeded(await emptyTrash(ctx, { expiredOnly: true }))
  expect(job.payload).toMatchObject({ what: 'DUE', askedAt: new Date(ms).toISOString() })
  expect(await runAsked(ctx)).toBe(0)

  Object.assign(ctx.clock, { ms: ms + 31 * dayMs, databaseMs: ms + 31 * dayMs })
  // The job was for what had expired when it was asked for.
  expect(await runAsked(ctx)).toBe(0)
  await database.db.pool.query('delete from jobs')
  await setRan('daily-purge', new Date(ctx.clock.ms))
  await startDailyPurges(ctx, ctx.log)
  expect(await runAsked(ctx)).toBe(1)
})

test('what is trashed by a clock that is behind stays for as long as by the other one', async () => {
  const ctx = await buildCtx(database.db)
  const { ms } = ctx.clock
  Object.assign(ctx.clock, { ms: ms - 90 * dayMs, databaseMs: ms })
  const deletion = await trash(ctx, 'BLOCK', await buildBlock(ctx))
  expect(deletion.purgeAfter).toEqual(new Date(ms + 30 * dayMs))
  expect(deletion.deletedAt).toEqual(new Date(ms - 90 * dayMs))
})

test('a purge whose last run was long ago waits an hour, says what will go, and then begins', async () => {
  const { ctx } = await buildExpired()
  await setRan('daily-purge', new Date(ctx.clock.ms - 3 * dayMs))
  const until = new Date(ctx.clock.ms + 60 * minuteMs)
  const first = await startDailyPurges(ctx, ctx.log).catch((error: unknown) => error)
  expect(first).toBeInstanceOf(JobPostponed)
  expect(first).toMatchObject({ afterMs: 60 * minuteMs })
  expect(ctx.lines).toMatchObject([{ fields: { deletions: 1, items: 1, bytes: '0', until } }])
  expect(ctx.lines[0]?.message).toContain('1 expired deletions with 1 items and 0 bytes')
  expect(ctx.lines[0]?.message).toContain('npm run cli -- purge hold')

  // Another server, or the scheduled run of the night, waits too, and the log has it once.
  ctx.clock.ms += 59 * minuteMs
  await expect(startDailyPurges(ctx, ctx.log)).rejects.toMatchObject({ afterMs: minuteMs })
  expect(ctx.lines).toHaveLength(1)
  expect(await purgeJobs(ctx)).toEqual([])

  ctx.clock.ms += minuteMs
  await startDailyPurges(ctx, ctx.log)
  expect(await runAsked(ctx)).toBe(1)
})

test('a purge on hold begins neither by itself nor by a job that waited for its turn, until it is released', async () => {
  const { ctx, block } = await buildExpired()
  await startDailyPurges(ctx, ctx.log)
  await holdRemoval(ctx)
  expect(await runAsked(ctx)).toBe(0)
  await database.db.pool.query('delete from jobs')
  await startDailyPurges(ctx, ctx.log)
  expect(await purgeJobs(ctx)).toEqual([])
  expect(ctx.lines.at(-1)?.message).toContain('npm run cli -- purge release')
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).blocks).toMatchObject([{ id: block.id }])

  await releaseRemoval(ctx)
  await startDailyPurges(ctx, ctx.log)
  expect(await runAsked(ctx)).toBe(1)
})

test('a purge that a person asks for needs no release', async () => {
  const { ctx } = await buildExpired()
  await holdRemoval(ctx)
  succeeded(await emptyTrash(ctx, { expiredOnly: true }))
  expect(await runAsked(ctx)).toBe(1)
})

const schedule = { purgeCron: '0 3 1 1 *', garbageCollectionCron: '0 1 * * *', timeZone: 'UTC' }

test('a start catches up only on the runs that the schedule missed', async () => {
  const ctx = await buildCtx(database.db)
  const now = new Date('2026-06-15T12:00:00Z')
  const started = async () => {
    await database.db.pool.query('delete from jobs')
    await enqueueStart(ctx, dailyJobs(schedule), now)
    const { rows } = await database.db.pool.query<{ name: string; once: string }>(
      `select name, once from jobs where name like 'daily-%' order by name`,
    )
    return rows.map(({ name, once }) => `${name} ${once}`)
  }
  await setRan('daily-purge', new Date('2026-01-01T03:00:01Z'))
  await setRan('daily-garbage-collection', new Date('2026-06-15T01:00:01Z'))
  expect(await started()).toEqual([])
  await setRan('daily-garbage-collection', new Date('2026-06-14T01:00:01Z'))
  expect(await started()).toEqual(['daily-garbage-collection daily 2026-06-15T01:00:00.000Z'])
  await setRan('daily-purge', new Date('2025-12-31T03:00:00Z'))
  expect(await started()).toContain('daily-purge daily 2026-01-01T03:00:00.000Z')
})

test('what expires is no more than a quarter of a workspace; what is emptied by hand may be', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  await fillBlocks(ctx, book, 1_001)
  await trash(ctx, 'BOOK', book)
  const all = { trashedUntil: ctx.now() }
  ctx.clock.ms += 30 * dayMs
  const due = { expiredAt: ctx.now() }
  expect(await purgeTrash(ctx, { due })).toMatchObject({
    deletionCount: 0,
    safetyLimit: { itemCount: 1_002, limit: 1_000, bytes: 0n },
  })
  const larger = { ...ctx, limits: { ...ctx.limits, purgePercent: 100 } }
  expect(await purgeTrash(larger, { due: { expiredAt: new Date(0) } })).toMatchObject({ safetyLimit: null })
  expect(await purgeTrash(ctx, { due: all })).toMatchObject({ deletionCount: 1, safetyLimit: null })
})

test.each(['ms', 'databaseMs'] as const)(
  'garbage is collected by the earlier clock (%s is ahead)',
  async (ahead) => {
    const ctx = await buildCtx(database.db)
    const { blobId } = await buildOrphan(ctx)
    const { ms } = ctx.clock
    Object.assign(ctx.clock, { ms, databaseMs: ms }, { [ahead]: ms + 8 * dayMs })
    await collectGarbage(ctx)
    expect(await blobOf(ctx, blobId)).not.toBeNull()
    Object.assign(ctx.clock, { ms: ms + 8 * dayMs, databaseMs: ms + 8 * dayMs })
    const request = { dryRun: false, installation: false, force: false, automatic: true }
    // As requested before the time, as in a backup that was restored.
    await runGarbageCollection(ctx, { ...request, askedAt: new Date(ms).toISOString() }, attempt())
    expect(await blobOf(ctx, blobId)).not.toBeNull()
    await holdRemoval(ctx)
    await runGarbageCollection(ctx, request, attempt())
    expect(await blobOf(ctx, blobId)).not.toBeNull()
    await releaseRemoval(ctx)
    await runGarbageCollection(ctx, request, attempt())
    expect(await blobOf(ctx, blobId)).toBeNull()
  },
)

test('a garbage collection whose last run was long ago waits as well, and can be held', async () => {
  const ctx = await buildLogged()
  await buildOrphan(ctx)
  await setRan('daily-garbage-collection', null)
  await expect(startDailyGarbageCollections(ctx, ctx.log)).rejects.toBeInstanceOf(JobPostponed)
  expect(ctx.lines[0]?.message).toContain('npm run cli -- purge hold')
  await holdRemoval(ctx)
  ctx.clock.ms += 60 * minuteMs
  await startDailyGarbageCollections(ctx, ctx.log)
  const named = { where: { name: 'collect-garbage' } }
  expect(await ctx.db.prisma.job.count(named)).toBe(0)
  await releaseRemoval(ctx)
  await startDailyGarbageCollections(ctx, ctx.log)
  expect(await ctx.db.prisma.job.count(named)).toBeGreaterThan(0)
})

test('orphans count from the later clock, so that a clock that is behind does not shorten their days', async () => {
  const ctx = await buildCtx(database.db)
  const { ms } = ctx.clock
  Object.assign(ctx.clock, { ms: ms - 90 * dayMs, databaseMs: ms })
  const { blobId } = await buildOrphan(ctx)
  expect((await blobOf(ctx, blobId))?.orphanedAt).toEqual(new Date(ms))
})

/** Makes what the daily job forgets: an idempotency key, a reservation and a job that is done. */
async function buildForgettable(ctx: TestCtx) {
  await buildBlock(ctx, { idempotencyKey: 'once' })
  succeeded(await reserveRoom(ctx, 1n))
  const { job } = succeeded(await emptyTrash(ctx, {}))
  const data = { status: 'DONE' as const, finishedAt: ctx.now() }
  await ctx.db.prisma.job.updateMany({ where: { id: job.id }, data })
}

test.each(['ms', 'databaseMs'] as const)(
  'keys, reservations and jobs are forgotten by the earlier clock (%s is ahead)',
  async (ahead) => {
    const ctx: TestCtx = await buildCtx(database.db)
    await buildForgettable(ctx)
    const forget = async () => [
      await forgetIdempotencyKeys(ctx),
      await forgetReservations(ctx),
      await forgetJobs(ctx),
    ]
    const [ms, late] = [ctx.clock.ms, ctx.clock.ms + (rememberedDays + 1) * dayMs]
    Object.assign(ctx.clock, { ms, databaseMs: ms }, { [ahead]: late })
    expect(await forget()).toEqual([0, 0, 0])
    Object.assign(ctx.clock, { ms: late, databaseMs: late })
    expect(await forget()).toEqual([1, 1, 1])
  },
)
