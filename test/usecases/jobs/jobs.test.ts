import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openDb, transact } from '../../../src/db/client.ts'
import { sql } from '../../../src/db/sql.ts'
import { defaultWorkspaceId } from '../../../src/domain/access.ts'
import { maxAttempts } from '../../../src/domain/jobs.ts'
import { storedKey } from '../../../src/domain/storage-key.ts'
import { recoverJobs } from '../../../src/jobs/recover-jobs.ts'
import type { Work } from '../../../src/jobs/run-job.ts'
import { runJobs } from '../../../src/jobs/run.ts'
import { dailyJobs, dueDaily, enqueueDaily } from '../../../src/jobs/schedule.ts'
import { startTurns } from '../../../src/jobs/turns.ts'
import { newId } from '../../../src/usecases/context.ts'
import { JobPostponed } from '../../../src/usecases/job-control/attempt.ts'
import { forgetJobs } from '../../../src/usecases/job-control/forget-jobs.ts'
import { retryJob } from '../../../src/usecases/job-control/retry-job.ts'
import { startJob } from '../../../src/usecases/job-control/start-job.ts'
import {
  buildBlock,
  buildCtx,
  buildPicture,
  imagesOf,
  removeTemporaryFolders,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import {
  askForPurge,
  delivered,
  failing,
  inAnotherProcess,
  jobOf,
  messagesOf,
  purgeRequest,
  runJobsUntil,
  runMessage,
  schedule,
} from '../../support/jobs/running-jobs.ts'
import { holdRow, untilWaiting } from '../../support/waiting.ts'

const database = useDatabase()
removeTemporaryFolders()

test('a job that nobody asked for is listed from its first failure on, in one row, until it is done', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const pictures = []
  for (let count = 0; count < 2; count += 1) pictures.push(await buildPicture(ctx, imagesOf(block.id)))
  // One is made after the other: when this one fails, there is nothing left to wait for but its next attempt.
  const lost = pictures.at(-1)?.media
  if (!lost) throw new Error('There is no picture.')
  await ctx.storage.remove(storedKey(lost.storageKey))
  const { workspaceId } = ctx.actor
  const jobs = () => database.db.prisma.job.findMany({ where: { workspaceId, listed: true } })
  const processed = async () =>
    (
      await database.db.pool.query(
        `select 1 from jobs where status = 'DONE' and not listed and workspace_id = $1`,
        [workspaceId],
      )
    ).rows.length

  await runJobsUntil(
    ctx,
    database,
    async () => (await jobs()).length > 0 && (await processed()) === pictures.length - 1,
  )
  const [job, ...more] = await jobs()
  expect(more).toEqual([])
  expect(job).toMatchObject({
    name: 'render-thumbnails',
    payload: { workspaceId, blobId: lost.blobId },
    status: 'RETRYING',
    attempts: 1,
    failure: expect.stringContaining('missing') as string,
    finishedAt: null,
  })
  expect(job?.nextAttemptAt?.getTime()).toBeGreaterThan(ctx.clock.ms)

  for (let attempt = 2; attempt < maxAttempts; attempt += 1) {
    await runMessage(ctx, await delivered(ctx, 'render-thumbnails'), failing)
    expect(await jobs()).toMatchObject([
      { id: job?.id, status: 'RETRYING', attempts: attempt, failure: 'The storage is on fire.' },
    ])
  }
  await runMessage(ctx, await delivered(ctx, 'render-thumbnails'), () => Promise.resolve())
  expect(await jobs()).toMatchObject([
    { id: job?.id, status: 'DONE', attempts: maxAttempts, failure: null, nextAttemptAt: null },
  ])
})

test('a job that is not about a workspace is one of the default workspace', async () => {
  const ctx = await buildCtx(database.db)
  await transact(ctx.db, (tx) => ctx.queue.enqueue(tx, 'sweep-storage', {}))
  const ofInstallation = { ...ctx, actor: { ...ctx.actor, workspaceId: defaultWorkspaceId } }
  await runMessage(ctx, await delivered(ofInstallation, 'sweep-storage'), failing)
  expect(
    await database.db.prisma.job.findMany({ where: { name: 'sweep-storage', listed: true } }),
  ).toMatchObject([
    { workspaceId: '01900000-0000-7000-8000-000000000001', requestedBy: 'system', status: 'RETRYING' },
  ])
})

test('after its last attempt a job is FAILED with its payload, and retryJob has it begin anew, once', async () => {
  const ctx = await buildCtx(database.db)
  const job = await askForPurge(ctx)
  expect(await retryJob(ctx, { jobId: job.id })).toMatchObject({
    __typename: 'JobNotFailed',
    status: 'QUEUED',
  })
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    await runMessage(ctx, await delivered(ctx, 'purge-trash'), failing)
  }
  expect(await jobOf(ctx, job.id)).toMatchObject({
    status: 'FAILED',
    attempts: maxAttempts,
    payload: purgeRequest,
    failure: 'The storage is on fire.',
    nextAttemptAt: null,
    finishedAt: expect.any(Date) as Date,
  })
  expect(await messagesOf(database.db, job.id)).toEqual([])

  const answers = await Promise.all([1, 2, 3].map(() => retryJob(ctx, { jobId: job.id })))
  expect(answers.filter((answer) => 'attempts' in answer)).toHaveLength(1)
  expect(answers.filter((answer) => '__typename' in answer)).toMatchObject([
    { __typename: 'JobNotFailed', status: 'QUEUED' },
    { __typename: 'JobNotFailed', status: 'QUEUED' },
  ])
  expect(await messagesOf(database.db, job.id)).toHaveLength(1)
  await runMessage(ctx, await delivered(ctx, 'purge-trash'), () => Promise.resolve({ itemCount: 7n }))
  expect(await jobOf(ctx, job.id)).toMatchObject({ status: 'DONE', attempts: 1, failure: null })
  expect(await retryJob(ctx, { jobId: job.id })).toMatchObject({ __typename: 'JobNotFailed', status: 'DONE' })
  const theirs = await buildCtx(database.db)
  expect(await retryJob(theirs, { jobId: job.id })).toMatchObject({ __typename: 'NotFound' })
  await expect(
    retryJob({ ...ctx, actor: { ...ctx.actor, role: 'EDITOR' } }, { jobId: job.id }),
  ).rejects.toThrow('role')
})

test('work that makes room or cannot be done just now goes on later, which is no attempt', async () => {
  const ctx = await buildCtx(database.db)
  const job = await askForPurge(ctx)
  const turn = new AbortController()
  await runMessage(
    ctx,
    await delivered(ctx, 'purge-trash'),
    async (_ctx, _input, attempt) => {
      await attempt.onProgress({ itemCount: 1 } as never, 1, 2)
      turn.abort(new Error('Other jobs get a turn.'))
      attempt.signal.throwIfAborted()
    },
    turn.signal,
  )
  expect(await jobOf(ctx, job.id)).toMatchObject({ status: 'QUEUED', attempts: 0, done: 1, total: 2 })
  await runMessage(ctx, await delivered(ctx, 'purge-trash'), () =>
    Promise.reject(new JobPostponed('Busy.', 1_000)),
  )
  expect(await jobOf(ctx, job.id)).toMatchObject({ status: 'QUEUED', attempts: 0, failure: null })
  await runMessage(ctx, await delivered(ctx, 'purge-trash'), (_ctx, _input, { before }) => {
    expect(before).toEqual({ itemCount: 1 })
    return Promise.resolve({ itemCount: 2 })
  })
  expect(await jobOf(ctx, job.id)).toMatchObject({ status: 'DONE', attempts: 1, result: { itemCount: 2 } })
})

test('a job is done by one process at a time, and a message that comes meanwhile is not lost', async () => {
  const ctx = await buildCtx(database.db)
  const job = await askForPurge(ctx)
  const due = await delivered(ctx, 'purge-trash')
  const other = inAnotherProcess(ctx, database)
  let begun = 0
  let finish = () => {}
  const work: Work = () => {
    begun += 1
    return new Promise<void>((resolve) => (finish = resolve))
  }
  const running = runMessage(ctx, due, work)
  await expect.poll(() => begun).toBe(1)
  // Another job of the same kind, and another process that found the first one due at the same moment.
  const meanwhile = await askForPurge(ctx)
  expect(await runMessage(other, due, work)).toBe(false)
  expect(begun).toBe(1)
  expect(await messagesOf(database.db, job.id)).toMatchObject([{ state: 'RUNNING' }])
  expect(await messagesOf(database.db, meanwhile.id)).toMatchObject([{ state: 'QUEUED' }])
  finish()
  await running
  // What was found due before is not done again, and takes no attempt.
  expect(await runMessage(other, due, work)).toBe(false)
  expect(await jobOf(ctx, job.id)).toMatchObject({ status: 'DONE', attempts: 1 })
  await other.locks.close()
})

test('of two processes that find a job due, one begins it, however often they race', async () => {
  const ctx = await buildCtx(database.db)
  const others = [inAnotherProcess(ctx, database), inAnotherProcess(ctx, database)]
  for (let round = 0; round < 20; round += 1) {
    const job = await askForPurge(ctx)
    const due = await delivered(ctx, 'purge-trash')
    const begun = await Promise.all(others.map((other) => runMessage(other, due, () => Promise.resolve())))
    expect(begun.filter(Boolean)).toHaveLength(1)
    expect(await jobOf(ctx, job.id)).toMatchObject({ status: 'DONE', attempts: 1 })
  }
  for (const other of others) await other.locks.close()
})

test('many that are enqueued in a window become one at once and one after it, which waits for the last of them', async () => {
  const ctx = await buildCtx(database.db)
  const enqueue = () => transact(ctx.db, (tx) => ctx.queue.enqueue(tx, 'remove-objects', {}))
  const jobs = () =>
    database.db.prisma.job.findMany({ where: { name: 'remove-objects' }, orderBy: { dueAt: 'asc' } })
  await database.db.pool.query(`delete from jobs where name = 'remove-objects'`)
  await untilWindowBegins(15_000)
  await Promise.all(Array.from({ length: 10 }, enqueue))
  const [first, second, ...more] = await jobs()
  expect(more).toEqual([])
  if (!first || !second) throw new Error('There are not two.')
  expect(second.dueAt.getTime() % 15_000).toBe(0)
  expect(second.dueAt.getTime() - first.dueAt.getTime()).toBeLessThanOrEqual(15_000)

  const begun: string[] = []
  const work: Work = () => Promise.resolve(begun.push('begun'))
  const joined = await transact(database.db, async (tx) => {
    await ctx.queue.enqueue(tx, 'remove-objects', {})
    const running = runMessage(ctx, { ...second, name: 'remove-objects' }, work)
    await untilWaiting(database.db, 1, running)
    expect(begun).toEqual([])
    return { running }
  })
  expect(await joined.running).toBe(true)
  expect(await jobs()).toHaveLength(2)

  // The job of the next window has run already, as after the clock was set back: nothing is lost.
  await enqueue()
  expect((await jobs()).filter(({ status, once }) => status === 'QUEUED' && once === null)).toHaveLength(1)
})

/** Waits until a window of the database's clock is less than two thirds over. */
async function untilWindowBegins(windowMs: number) {
  while (Date.now() % windowMs > (windowMs * 2) / 3) await delay(100)
}

test('what was done is forgotten after 30 days, what failed after 90', async () => {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  const day = 24 * 60 * 60 * 1000
  const add = async (status: 'DONE' | 'FAILED' | 'RETRYING', days: number, listed = true) => {
    const at = new Date(ctx.clock.ms - days * day)
    const data = {
      workspaceId,
      id: newId(),
      name: 'purge-trash',
      payload: {},
      requestedBy: 'owner',
      createdAt: at,
    }
    await ctx.db.prisma.job.create({
      data: { ...data, listed, status, finishedAt: status === 'RETRYING' ? null : at },
    })
  }
  for (const days of [29, 31]) await add('DONE', days)
  for (const days of [89, 91]) await add('FAILED', days)
  await add('RETRYING', 200)
  // One that is not listed, after a day.
  await add('DONE', 2, false)
  expect(await forgetJobs(ctx)).toBe(3)
  const left = await ctx.db.prisma.job.findMany({ where: { workspaceId }, orderBy: { createdAt: 'desc' } })
  expect(left.map(({ status }) => status)).toEqual(['DONE', 'FAILED', 'RETRYING'])
})

test('daily jobs are in the time zone of the installation, and those that are no more are not begun', async () => {
  const ctx = await buildCtx(database.db)
  const daily = dailyJobs({ ...schedule, timeZone: 'Asia/Shanghai' })
  const at = (time: string) => dueDaily(daily, new Date(time))
  const midnight = new Date('2026-01-01T16:00:00.000Z')
  expect(at('2026-01-01T16:00:30Z')).toEqual([{ name: 'daily-purge', at: midnight }])
  // A look that comes late, and one that comes too late.
  expect(at('2026-01-01T16:01:59Z')).toEqual([{ name: 'daily-purge', at: midnight }])
  expect(at('2026-01-01T16:02:00Z')).toEqual([])
  expect(at('2026-01-01T00:00:30Z')).toEqual([])
  const names = daily.map(({ cron }) => cron)
  expect(names.length).toBeGreaterThan(3)

  const gone = { workspaceId: ctx.actor.workspaceId, id: newId(), name: 'gone', payload: {}, listed: false }
  await database.db.prisma.job.create({ data: { ...gone, requestedBy: 'system', createdAt: new Date() } })
  await runJobsUntil(ctx, database, async () => {
    const tidied = await database.db.prisma.job.count({
      where: { name: 'tidy-resumable-uploads', status: 'DONE' },
    })
    return tidied > 0
  })
  expect(await jobOf(ctx, gone.id)).toMatchObject({ status: 'QUEUED', attempts: 0 })
})

test('a daily job is enqueued once, however many servers look, and however often', async () => {
  const ctx = await buildCtx(database.db)
  const daily = dailyJobs(schedule)
  const look = (time: string) => enqueueDaily(ctx, daily, new Date(time))
  const count = () => database.db.prisma.job.count({ where: { name: 'forget-idempotency-keys' } })
  const before = await count()
  await Promise.all(Array.from({ length: 5 }, () => look('2026-01-02T00:30:10Z')))
  await look('2026-01-02T00:31:10Z')
  expect(await count()).toBe(before + 1)
  await look('2026-01-03T00:30:10Z')
  expect(await count()).toBe(before + 2)
})

test('a database that is gone when a job ends does not end the process', async () => {
  const ctx = await buildCtx(database.db)
  const db = openDb(database.connection, 4, () => {})
  // Only one job: a pool that is ended never answers those who wait for a connection.
  await database.db.pool.query(`delete from jobs where status in ('QUEUED', 'RETRYING')`)
  const told: { job?: string; err?: unknown }[] = []
  const log = { ...ctx.log, error: (fields: object) => told.push(fields) }
  const sweep = async () => {
    await db.pool.end()
    throw new Error('There is no database any more.')
  }
  const other = { ...inAnotherProcess(ctx, database), db, log, storage: { ...ctx.storage, sweep } }
  await transact(ctx.db, (tx) => ctx.queue.enqueue(tx, 'sweep-storage', {}))
  const turns = startTurns(other, log)
  await expect
    .poll(() => told.map(({ job, err }) => `${job}: ${err instanceof Error ? err.message : ''}`))
    .toContainEqual(expect.stringMatching(/^sweep-storage: .*pool after calling end/))
  // What nobody waits for fails in the turns after this one; vitest fails on a rejection that is not handled.
  for (let count = 0; count < 10; count += 1) await turn()
  await turns.stop()
  await other.locks.close()
  // What could not be recorded is found by its lock.
  const next = inAnotherProcess(ctx, database)
  expect(await recoverJobs(next, ctx.log)).toBe(1)
  await next.locks.close()
})

test('what is fetched while the process ends is not begun but put back, and nothing holds the process up', async () => {
  const ctx = await buildCtx(database.db)
  const db = openDb(database.connection, 20, () => {})
  const services = { ...inAnotherProcess(ctx, database), db }
  const running = await runJobs(services, ctx.log, schedule)
  const asked = await transact(database.db, async (tx) => {
    // The next look waits until this commits, and then finds the job.
    await tx.execute(sql`lock table jobs in access exclusive mode`)
    const job = await startJob(ctx, tx, 'purge-trash', purgeRequest)
    await untilWaiting(database.db, 1, new Promise(() => {}))
    return { job, ended: running.stop(10_000) }
  })
  await asked.ended
  await services.locks.close()
  await db.close()

  expect(await jobOf(ctx, asked.job.id)).toMatchObject({ status: 'QUEUED', attempts: 0 })
  const [message, ...more] = await messagesOf(database.db, asked.job.id)
  expect(message).toMatchObject({ state: 'QUEUED' })
  expect(more).toEqual([])
  await expect(services.locks.take('anything', 0, () => {})).rejects.toThrow('The locks are closed')
})

test('jobs start while activity waits to be added up', async () => {
  const ctx = await buildCtx(database.db)
  await buildBlock(ctx)
  const services = inAnotherProcess(ctx, database)
  await transact(database.db, async (tx) => {
    await tx.execute(sql`lock table books in share mode`)
    const running = await runJobs(services, ctx.log, schedule)
    await untilWaiting(database.db, 1, new Promise(() => {}))
    return running
  }).then((running) => running.stop(10_000))
  await services.locks.close()
})

test('an attempt that begins while its turn ends is taken back', async () => {
  const ctx = await buildCtx(database.db)
  const job = await askForPurge(ctx)
  const due = await delivered(ctx, 'purge-trash')
  const [begun, turnOfJob] = [[] as string[], new AbortController()]
  const work: Work = () => Promise.resolve(begun.push('begun'))
  const held = await holdRow(database.db, 'jobs', job)
  const running = runMessage(ctx, due, work, turnOfJob.signal)
  await untilWaiting(database.db, 1, running)
  turnOfJob.abort(new Error('This process is ending.'))
  await held.release()
  await running
  expect(begun).toEqual([])
  expect(await jobOf(ctx, job.id)).toMatchObject({ status: 'QUEUED', attempts: 0 })
})

test('work that cannot be interrupted is not begun when its turn is over already', async () => {
  const ctx = await buildCtx(database.db)
  const job = await askForPurge(ctx)
  const message = await delivered(ctx, 'purge-trash')
  const begun: unknown[] = []
  const work: Work = () => Promise.resolve(begun.push(message))
  await runMessage(ctx, message, work, AbortSignal.abort())
  expect(begun).toEqual([])
  expect(await jobOf(ctx, job.id)).toMatchObject({ status: 'QUEUED', attempts: 0 })
  expect(await messagesOf(database.db, job.id)).toMatchObject([{ state: 'QUEUED' }])
})
