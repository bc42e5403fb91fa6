import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { transact } from '../../../src/db/client.ts'
import { maxAttempts } from '../../../src/domain/jobs.ts'
import { recoverJobs } from '../../../src/jobs/recover-jobs.ts'
import { newId } from '../../../src/usecases/context.ts'
import { buildCtx, removeTemporaryFolders } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import {
  askForPurge,
  delivered,
  inAnotherProcess,
  jobOf,
  messagesOf,
  runMessage,
} from '../../support/jobs/running-jobs.ts'

const database = useDatabase()
removeTemporaryFolders()

test('a job whose process died is done again, once, however many look for it; who kills its process ends as FAILED', async () => {
  const ctx = await buildCtx(database.db)
  const jobs = [await askForPurge(ctx), await askForPurge(ctx), await askForPurge(ctx)]
  const alive = await askForPurge(ctx)
  // Killed: its locks are gone, its rows and messages are as they were.
  const dies = async () => {
    const dying = inAnotherProcess(ctx, database)
    for (let count = 1; count <= jobs.length; count += 1) {
      void runMessage(dying, await delivered(ctx, 'purge-trash'), () => new Promise(() => {}))
      while ((await ctx.db.prisma.job.count({ where: { status: 'RUNNING' } })) < count) await delay(20)
    }
    await dying.locks.close()
  }
  await database.db.pool.query(`update jobs set status = 'DONE' where id = $1`, [alive.id])

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

test('one that is being done is let be, and one that runs nowhere is found by itself', async () => {
  const ctx = await buildCtx(database.db)
  const [busy, orphan] = [await askForPurge(ctx), await askForPurge(ctx)]
  let finish = () => {}
  const running = runMessage(
    ctx,
    await delivered(ctx, 'purge-trash'),
    () => new Promise<void>((resolve) => (finish = resolve)),
  )
  while ((await jobOf(ctx, busy.id)).status !== 'RUNNING') await delay(20)
  await database.db.pool.query(`update jobs set status = 'RUNNING', attempts = 1 where id = $1`, [orphan.id])
  const other = inAnotherProcess(ctx, database)
  expect(await recoverJobs(other, ctx.log)).toBe(1)
  expect(await jobOf(ctx, busy.id)).toMatchObject({ status: 'RUNNING', attempts: 1 })
  expect(await messagesOf(database.db, orphan.id)).toHaveLength(1)
  finish()
  await running
  await other.locks.close()
})

test('a job that cannot be recovered does not keep others from being recovered', async () => {
  const ctx = await buildCtx(database.db)
  const [stubborn, other] = [await askForPurge(ctx), await askForPurge(ctx)]
  await database.db.pool.query(`update jobs set status = 'RUNNING', attempts = 1 where id = any($1)`, [
    [stubborn.id, other.id],
  ])
  await database.db.pool.query(
    `alter table jobs add constraint stubborn check (id <> '${stubborn.id}' or status = 'RUNNING')`,
  )
  const elsewhere = inAnotherProcess(ctx, database)
  expect(await recoverJobs(elsewhere, ctx.log)).toBe(1)
  expect(await jobOf(ctx, stubborn.id)).toMatchObject({ status: 'RUNNING' })
  expect(await jobOf(ctx, other.id)).toMatchObject({ status: 'RETRYING' })
  await database.db.pool.query('alter table jobs drop constraint stubborn')
  expect(await recoverJobs(elsewhere, ctx.log)).toBe(1)
  await elsewhere.locks.close()
})

test('a job that nobody asked for and whose process died is listed', async () => {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  const blobId = newId()
  await transact(ctx.db, (tx) => ctx.queue.enqueue(tx, 'render-thumbnails', { workspaceId, blobId }))
  const dying = inAnotherProcess(ctx, database)
  void runMessage(dying, await delivered(ctx, 'render-thumbnails'), () => new Promise(() => {}))
  const rows = () => ctx.db.prisma.job.findMany({ where: { workspaceId } })
  await expect.poll(rows).toMatchObject([{ status: 'RUNNING', attempts: 1, listed: false }])
  await dying.locks.close()

  const other = inAnotherProcess(ctx, database)
  await recoverJobs(other, ctx.log)
  await recoverJobs(other, ctx.log)
  const [row, ...more] = await rows()
  expect(more).toEqual([])
  expect(row).toMatchObject({
    payload: { workspaceId, blobId },
    status: 'RETRYING',
    attempts: 1,
    listed: true,
  })
  expect(row?.failure).toContain('ended before')
  expect(await messagesOf(database.db, row?.id ?? '')).toHaveLength(1)
  await other.locks.close()
})

test('what a process that lost its lock records of its attempt is refused', async () => {
  const ctx = await buildCtx(database.db)
  const job = await askForPurge(ctx)
  const [zombie, other] = [inAnotherProcess(ctx, database), inAnotherProcess(ctx, database)]
  const refusals: unknown[] = []
  let finish = () => {}
  const running = runMessage(zombie, await delivered(ctx, 'purge-trash'), async (_ctx, _input, attempt) => {
    await new Promise<void>((resolve) => (finish = resolve))
    await attempt.onProgress({ itemCount: 9 } as never, 9, 9).catch((error: unknown) => refusals.push(error))
    return { itemCount: 9 }
  })
  await expect.poll(async () => (await jobOf(ctx, job.id)).status).toBe('RUNNING')
  await zombie.locks.close()
  expect(await recoverJobs(other, ctx.log)).toBe(1)
  await runMessage(other, await delivered(ctx, 'purge-trash'), () => Promise.resolve({ itemCount: 1 }))
  finish()
  await running
  expect(refusals).toMatchObject([{ message: 'Another process has taken the job over.' }])
  expect(await jobOf(ctx, job.id)).toMatchObject({ status: 'DONE', attempts: 2, result: { itemCount: 1 } })
  await other.locks.close()
})
