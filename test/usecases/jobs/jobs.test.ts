import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openDb, transact } from '../../../src/db/client.ts'
import { sql } from '../../../src/db/sql.ts'
import { maxAttempts } from '../../../src/domain/jobs.ts'
import { storedKey } from '../../../src/domain/storage-key.ts'
import type { Message } from '../../../src/queue/messages.ts'
import { jobNames, openQueue, startQueue } from '../../../src/queue/queue.ts'
import { runJobs } from '../../../src/jobs/run.ts'
import { newId } from '../../../src/usecases/context.ts'
import { forgetJobs, retryJob, startJob } from '../../../src/usecases/jobs/track-jobs.ts'
import { JobPostponed, type Work } from '../../../src/usecases/jobs/run-job.ts'
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
import { untilWaiting } from '../../support/waiting.ts'

const database = useDatabase()
removeTemporaryFolders()

test('a job without a row has one from its first failure on, and only one, until it is done', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const pictures = []
  for (let count = 0; count < 2; count += 1) pictures.push(await buildPicture(ctx, imagesOf(block.id)))
  // One is made after the other: when this one fails, there is nothing left to wait for but its next attempt.
  const lost = pictures.at(-1)?.media
  if (!lost) throw new Error('There is no picture.')
  await ctx.storage.remove(storedKey(lost.storageKey))
  const { workspaceId } = ctx.actor
  const jobs = () => database.db.prisma.job.findMany({ where: { workspaceId } })
  const processed = async () =>
    (
      await database.db.pool.query(
        `select 1 from pgboss.job where state = 'completed' and data->>'workspaceId' = $1`,
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
  await ctx.queue.boss.send('sweep-storage', { workspaceId: 'nonsense' })
  await database.db.pool.query(
    `update pgboss.job set data = '{}', state = 'active' where name = 'sweep-storage'`,
  )
  const [message] = (
    await database.db.pool.query<Message>(
      `select name, id, data, created_on as "createdOn", output from pgboss.job where name = 'sweep-storage'`,
    )
  ).rows
  if (!message) throw new Error('There is no message.')
  await runMessage(ctx, message, failing)
  expect(await database.db.prisma.job.findMany({ where: { name: 'sweep-storage' } })).toMatchObject([
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
  const first = await delivered(ctx, 'purge-trash')
  await transact(ctx.db, (tx) =>
    ctx.queue.enqueue(tx, 'purge-trash', { workspaceId: ctx.actor.workspaceId, jobId: job.id }),
  )
  const second = await delivered(ctx, 'purge-trash')
  const other = inAnotherProcess(ctx, database)
  let begun = 0
  let finish = () => {}
  const work: Work = () => {
    begun += 1
    return new Promise<void>((resolve) => (finish = resolve))
  }
  const running = runMessage(ctx, first, work)
  await expect.poll(() => begun).toBe(1)
  await runMessage(other, second, work)
  expect(begun).toBe(1)
  expect(await messagesOf(database.db, job.id)).toMatchObject([{ state: 'active' }, { state: 'created' }])
  finish()
  await running
  await other.locks.close()
})

test('what was done is forgotten after 30 days, what failed after 90', async () => {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  const day = 24 * 60 * 60 * 1000
  const add = async (status: 'DONE' | 'FAILED' | 'RETRYING', days: number) => {
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
      data: { ...data, status, finishedAt: status === 'RETRYING' ? null : at },
    })
  }
  for (const days of [29, 31]) await add('DONE', days)
  for (const days of [89, 91]) await add('FAILED', days)
  await add('RETRYING', 200)
  expect(await forgetJobs(ctx)).toBe(2)
  const left = await ctx.db.prisma.job.findMany({ where: { workspaceId }, orderBy: { createdAt: 'desc' } })
  expect(left.map(({ status }) => status)).toEqual(['DONE', 'FAILED', 'RETRYING'])
})

test('daily jobs are in the time zone of the installation, and those that are no more are not begun', async () => {
  const ctx = await buildCtx(database.db)
  await database.db.pool.query(`select pgboss.create_queue('gone', '{"policy":"standard"}')`)
  await database.db.pool.query(
    `insert into pgboss.schedule (name, cron, timezone) values ('gone', '* * * * *', 'UTC')`,
  )
  const before = schedule.timeZone
  Object.assign(schedule, { timeZone: 'Asia/Shanghai' })
  await runJobsUntil(ctx, database, () => Promise.resolve(true))
  Object.assign(schedule, { timeZone: before })
  const { rows } = await database.db.pool.query<{ name: string; timezone: string }>(
    'select name, timezone from pgboss.schedule',
  )
  expect(rows.map(({ name }) => name)).not.toContain('gone')
  expect(rows.length).toBeGreaterThan(3)
  expect(new Set(rows.map(({ timezone }) => timezone))).toEqual(new Set(['Asia/Shanghai']))
})

test('a database that is gone when a job ends does not end the process', async () => {
  const db = openDb(database.connection, 4, () => {})
  const told: Error[] = []
  const queue = openQueue(db, (error) => told.push(error))
  await startQueue(db, queue)
  const ended = new Promise<void>((resolve) => {
    void queue.boss.work('index-library', { pollingIntervalSeconds: 0.5 }, async () => {
      await db.pool.end()
      resolve()
      throw new Error('There is no database any more.')
    })
  })
  await queue.boss.send('index-library', {})
  await ended
  await expect
    .poll(() => told.map(({ message }) => message))
    .toContainEqual(expect.stringMatching(/pool after calling end/))
  // What nobody waits for fails in the turns after this one; vitest fails on a rejection that is not handled.
  for (let count = 0; count < 10; count += 1) await turn()
  await queue.boss.stop({ graceful: false, wait: false }).catch(() => {})
})

test('what is fetched while the process ends is not begun but put back, and nothing holds the process up', async () => {
  const ctx = await buildCtx(database.db)
  const db = openDb(database.connection, 20, () => {})
  const services = inAnotherProcess(ctx, { db, connection: database.connection })
  await startQueue(db, services.queue)
  const running = await runJobs(services, ctx.log, schedule)
  const asked = await transact(database.db, async (tx) => {
    // Every fetch waits until this commits: those under way then find the job.
    await tx.execute(sql`lock table pgboss.job in share row exclusive mode`)
    const job = await startJob(ctx, tx, 'purge-trash', purgeRequest)
    await untilWaiting(database.db, jobNames.length, new Promise(() => {}))
    const ended = running.stop().then(() => services.queue.stop(10_000))
    return { job, ended }
  })
  await asked.ended
  await services.locks.close()
  await db.close()

  expect(await jobOf(ctx, asked.job.id)).toMatchObject({ status: 'QUEUED', attempts: 0 })
  const [message, ...more] = await messagesOf(database.db, asked.job.id)
  expect(message).toMatchObject({ state: 'created' })
  expect(more).toEqual([])
  await expect(services.locks.take('anything', 0, () => {})).rejects.toThrow('The locks are closed')
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
  expect(await messagesOf(database.db, job.id)).toMatchObject([{ state: 'created' }])
})
