import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openDb } from '../../src/db/client.ts'
import { openSessionLocks } from '../../src/db/session-locks.ts'
import { storedKey } from '../../src/domain/storage-key.ts'
import { runJobs } from '../../src/jobs/handlers.ts'
import { openQueue, startQueue } from '../../src/jobs/queue.ts'
import { buildBlock, buildCtx, buildPicture, imagesOf, removeTemporaryFolders } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
removeTemporaryFolders()

async function until(holds: () => Promise<boolean>) {
  while (!(await holds())) await delay(50)
}

test('a job that fails is tried again by itself: the others of its batch are done', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const pictures = [
    await buildPicture(ctx, imagesOf(block.id)),
    await buildPicture(ctx, imagesOf(block.id)),
    await buildPicture(ctx, imagesOf(block.id)),
  ].map(({ media }) => media)
  const [lost, ...others] = pictures
  if (!lost) throw new Error('There is no picture.')
  await ctx.storage.remove(storedKey(lost.storageKey))
  const jobs = async () => {
    const { rows } = await database.db.pool.query<{ blob: string; state: string; output: object | null }>(
      `select data->>'blobId' as blob, state::text, output from pgboss.job where name = 'render-thumbnails' order by id`,
    )
    return new Map(rows.map(({ blob, state, output }) => [blob, { state, output }]))
  }

  await startQueue(database.db, ctx.queue)
  const locks = openSessionLocks(database.connection, () => {})
  await runJobs({ ...ctx, locks }, ctx.log, {
    purgeCron: '0 0 * * *',
    collectCron: '0 1 * * *',
    timeZone: 'UTC',
  })
  await until(async () =>
    [...(await jobs()).values()].every(({ state }) => state !== 'created' && state !== 'active'),
  )
  await ctx.queue.boss.stop({ graceful: true, wait: true, timeout: 10_000 })
  await locks.close()
  const states = await jobs()
  expect(states.get(lost.blobId)).toMatchObject({
    state: 'retry',
    output: { message: expect.any(String) as string },
  })
  for (const { blobId } of others) expect(states.get(blobId)).toMatchObject({ state: 'completed' })
})

test('a database that is gone when a job ends does not end the process', async () => {
  const db = openDb(database.connection, 4, () => {})
  const told: Error[] = []
  const queue = openQueue(db, (error) => told.push(error))
  await startQueue(db, queue)
  const ended = new Promise<void>((resolve) => {
    void queue.boss.work('sweep-storage', { pollingIntervalSeconds: 0.5 }, async () => {
      await db.pool.end()
      resolve()
      throw new Error('There is no database any more.')
    })
  })
  await queue.boss.send('sweep-storage', {})
  await ended
  // What nobody waits for fails in the turns after this one; vitest fails on a rejection that is not handled.
  await delay(500)
  expect(told.map(({ message }) => message)).toContainEqual(expect.stringMatching(/pool after calling end/))
  await queue.boss.stop({ graceful: false, wait: false }).catch(() => {})
})
