import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openDb, transact } from '../../src/db/client.ts'
import { maxAttempts } from '../../src/domain/jobs.ts'
import { storedKey } from '../../src/domain/storage-key.ts'
import type { Message } from '../../src/jobs/messages.ts'
import { openQueue, startQueue } from '../../src/jobs/queue.ts'
import { type Ctx, newId } from '../../src/usecases/context.ts'
import { forgetJobs, retryJob, startJob } from '../../src/usecases/jobs.ts'
import { recoverJobs } from '../../src/usecases/recover-jobs.ts'
import { JobPostponed, runJob, type Work } from '../../src/usecases/run-job.ts'
import { buildBlock, buildCtx, buildPicture, imagesOf, removeTemporaryFolders } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { inAnotherProcess, messagesOf, runJobsUntil, schedule } from '../support/running-jobs.ts'

const database = useDatabase()
removeTemporaryFolders()

const request = { what: 'MARKED', askedAt: '2026-01-01T00:00:00.000Z', overrideBrake: false } as const
const ask = (ctx: Ctx) => transact(ctx.db, (tx) => startJob(ctx, tx, 'purge-trash', request))
const jobOf = ({ db, actor: { workspaceId } }: Ctx, id: string) =>
  db.prisma.job.findUniqueOrThrow({ where: { workspaceId_id: { workspaceId, id } } })

/** Takes the next message of a kind, as a worker of pg-boss does. */
async function delivered(ctx: Ctx, name: string): Promise<Message> {
  await ctx.db.pool.query(`update pgboss.job set start_after = now() where name = $1`, [name])
  const { rows } = await ctx.db.pool.query<Message>(
    `update pgboss.job set state = 'active', started_on = now() - interval '10 seconds' where id = (
       select id from pgboss.job where name = $1 and state < 'active' and data->>'workspaceId' = $2 order by created_on limit 1)
     returning name, id, data, created_on as "createdOn", output`,
    [name, ctx.actor.workspaceId],
  )
  if (!rows[0]) throw new Error('There is no message.')
  return rows[0]
}

const run = (ctx: Ctx, message: Message, work: Work, signal = new AbortController().signal) =>
  runJob(ctx, ctx.log, { message, work, signal })

const failing: Work = () => Promise.reject(new Error('The storage is on fire.'))

test('a job without a row has one from its first failure on, and only one, until it is done', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const pictures = []
  for (let count = 0; count < 2; count += 1) pictures.push(await buildPicture(ctx, imagesOf(block.id)))
  const [lost, ...others] = pictures.map(({ media }) => media)
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
    async () => (await jobs()).length > 0 && (await processed()) === others.length,
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
    await run(ctx, await delivered(ctx, 'render-thumbnails'), failing)
    expect(await jobs()).toMatchObject([
      { id: job?.id, status: 'RETRYING', attempts: attempt, failure: 'The storage is on fire.' },
    ])
  }
  await run(ctx, await delivered(ctx, 'render-thumbnails'), () => Promise.resolve())
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
  await run(ctx, message, failing)
  expect(await database.db.prisma.job.findMany({ where: { name: 'sweep-storage' } })).toMatchObject([
    { workspaceId: '01900000-0000-7000-8000-000000000001', requestedBy: 'system', status: 'RETRYING' },
  ])
})

test('after its last attempt a job is FAILED with its payload, and retryJob has it begin anew, once', async () => {
  const ctx = await buildCtx(database.db)
  const job = await ask(ctx)
  expect(await retryJob(ctx, { jobId: job.id })).toMatchObject({
    __typename: 'JobNotFailed',
    status: 'QUEUED',
  })
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    await run(ctx, await delivered(ctx, 'purge-trash'), failing)
  }
  expect(await jobOf(ctx, job.id)).toMatchObject({
    status: 'FAILED',
    attempts: maxAttempts,
    payload: request,
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
  await run(ctx, await delivered(ctx, 'purge-trash'), () => Promise.resolve({ itemCount: 7n }))
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
  const job = await ask(ctx)
  const turn = new AbortController()
  await run(
    ctx,
    await delivered(ctx, 'purge-trash'),
    async (_ctx, _input, attempt) => {
      await attempt.onProgress({ itemCount: 1 } as never, 1, 2)
      turn.abort(new Error('Others get a turn.'))
      attempt.signal.throwIfAborted()
    },
    turn.signal,
  )
  expect(await jobOf(ctx, job.id)).toMatchObject({ status: 'QUEUED', attempts: 0, done: 1, total: 2 })
  await run(ctx, await delivered(ctx, 'purge-trash'), () => Promise.reject(new JobPostponed('Busy.', 1_000)))
  expect(await jobOf(ctx, job.id)).toMatchObject({ status: 'QUEUED', attempts: 0, failure: null })
  await run(ctx, await delivered(ctx, 'purge-trash'), (_ctx, _input, { before }) => {
    expect(before).toEqual({ itemCount: 1 })
    return Promise.resolve({ itemCount: 2 })
  })
  expect(await jobOf(ctx, job.id)).toMatchObject({ status: 'DONE', attempts: 1, result: { itemCount: 2 } })
})

test('a job is done by one process at a time, and a message that comes meanwhile is not lost', async () => {
  const ctx = await buildCtx(database.db)
  const job = await ask(ctx)
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
  const running = run(ctx, first, work)
  await delay(100)
  await run(other, second, work)
  expect(begun).toBe(1)
  expect(await messagesOf(database.db, job.id)).toMatchObject([{ state: 'active' }, { state: 'created' }])
  finish()
  await running
  await other.locks.close()
})

test('a job whose process died is done again, once, however many look for it; who kills its process ends as FAILED', async () => {
  const ctx = await buildCtx(database.db)
  const jobs = [await ask(ctx), await ask(ctx), await ask(ctx)]
  const alive = await ask(ctx)
  // Killed: its locks are gone, its rows and messages are as they were.
  const dies = async () => {
    const dying = inAnotherProcess(ctx, database)
    for (let count = 0; count < jobs.length; count += 1) {
      void run(dying, await delivered(ctx, 'purge-trash'), () => new Promise(() => {}))
    }
    while ((await ctx.db.prisma.job.count({ where: { status: 'RUNNING' } })) < jobs.length) await delay(20)
    await dying.locks.close()
  }
  await database.db.pool.query(
    `update pgboss.job set data = data || '{"later":true}' where data->>'jobId' = $1`,
    [alive.id],
  )
  await database.db.pool.query(`update pgboss.job set state = 'completed' where data->>'jobId' = $1`, [
    alive.id,
  ])

  const others = [inAnotherProcess(ctx, database), inAnotherProcess(ctx, database)]
  for (let death = 1; death <= maxAttempts; death += 1) {
    await dies()
    await Promise.all(others.map((other) => recoverJobs(other, ctx.log)))
    for (const { id } of jobs) {
      const last = death === maxAttempts
      expect(await jobOf(ctx, id)).toMatchObject({
        status: last ? 'FAILED' : 'RETRYING',
        attempts: death,
        failure: expect.stringContaining('ended before') as string,
      })
      expect(await messagesOf(database.db, id)).toHaveLength(last ? 0 : 1)
    }
  }
  for (const other of others) await other.locks.close()
})

test('one that is being done is let be, and a row without a message is found by itself', async () => {
  const ctx = await buildCtx(database.db)
  const [busy, orphan] = [await ask(ctx), await ask(ctx)]
  let finish = () => {}
  const running = run(
    ctx,
    await delivered(ctx, 'purge-trash'),
    () => new Promise<void>((resolve) => (finish = resolve)),
  )
  while ((await jobOf(ctx, busy.id)).status !== 'RUNNING') await delay(20)
  await database.db.pool.query(`delete from pgboss.job where data->>'jobId' = $1`, [orphan.id])
  await database.db.pool.query(`update jobs set status = 'RUNNING', attempts = 1 where id = $1`, [orphan.id])
  const other = inAnotherProcess(ctx, database)
  expect(await recoverJobs(other, ctx.log)).toBe(1)
  expect(await jobOf(ctx, busy.id)).toMatchObject({ status: 'RUNNING', attempts: 1 })
  expect(await messagesOf(database.db, orphan.id)).toHaveLength(1)
  finish()
  await running
  await other.locks.close()
})

test('a message that no row can be made of does not keep others from being recovered', async () => {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  // Of a workspace that is not there, and first in the queue.
  const nowhere = { ...ctx, actor: { ...ctx.actor, workspaceId: newId() } }
  for (const of of [nowhere, ctx]) {
    const payload = { workspaceId: of.actor.workspaceId, blobId: newId() }
    await transact(ctx.db, (tx) => ctx.queue.enqueue(tx, 'render-thumbnails', payload))
    await delivered(of, 'render-thumbnails')
  }
  await database.db.pool.query(
    `update pgboss.job set started_on = now() - interval '1 day' where data->>'workspaceId' = $1`,
    [nowhere.actor.workspaceId],
  )
  const other = inAnotherProcess(ctx, database)
  await recoverJobs(other, ctx.log)
  expect(await ctx.db.prisma.job.findMany({ where: { workspaceId } })).toMatchObject([{ status: 'RETRYING' }])
  await other.locks.close()
  await database.db.pool.query(`delete from pgboss.job where data->>'workspaceId' = $1`, [
    nowhere.actor.workspaceId,
  ])
})

test('a job without a row whose process died, or that pg-boss gave up, gets one', async () => {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  const [died, given] = [newId(), newId()]
  for (const blobId of [died, given]) {
    await transact(ctx.db, (tx) => ctx.queue.enqueue(tx, 'render-thumbnails', { workspaceId, blobId }))
    await delivered(ctx, 'render-thumbnails')
  }
  await database.db.pool.query(
    `update pgboss.job set state = 'failed', output = '{"message":"job failed by timeout"}' where data->>'blobId' = $1`,
    [given],
  )
  const other = inAnotherProcess(ctx, database)
  await recoverJobs(other, ctx.log)
  await recoverJobs(other, ctx.log)
  const rows = await ctx.db.prisma.job.findMany({ where: { workspaceId }, orderBy: { failure: 'asc' } })
  expect(rows).toMatchObject([
    { payload: { workspaceId, blobId: died }, status: 'RETRYING', attempts: 1 },
    { payload: { workspaceId, blobId: given }, status: 'RETRYING', failure: 'job failed by timeout' },
  ])
  for (const { id } of rows) expect(await messagesOf(database.db, id)).toHaveLength(1)
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
  // What nobody waits for fails in the turns after this one; vitest fails on a rejection that is not handled.
  await delay(500)
  expect(told.map(({ message }) => message)).toContainEqual(expect.stringMatching(/pool after calling end/))
  await queue.boss.stop({ graceful: false, wait: false }).catch(() => {})
})
