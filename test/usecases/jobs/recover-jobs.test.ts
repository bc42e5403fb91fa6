import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { transact } from '../../../src/db/client.ts'
import { maxAttempts } from '../../../src/domain/jobs.ts'
import { newId } from '../../../src/usecases/context.ts'
import { recoverJobs } from '../../../src/usecases/jobs/recover-jobs.ts'
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
    for (let count = 0; count < jobs.length; count += 1) {
      void runMessage(dying, await delivered(ctx, 'purge-trash'), () => new Promise(() => {}))
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
  const [busy, orphan] = [await askForPurge(ctx), await askForPurge(ctx)]
  let finish = () => {}
  const running = runMessage(
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
