import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { graceMs } from '../../../src/domain/garbage-collection.ts'
import { checkMedia } from '../../../src/usecases/media/check-media.ts'
import { collectGarbage } from '../../../src/usecases/upkeep/collect-garbage.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import {
  ObjectsRefused,
  removeObjects,
  runPendingDeletions,
} from '../../../src/usecases/upkeep/remove-objects.ts'
import { whyKept } from '../../../src/usecases/upkeep/why-kept.ts'
import { buildCtx, removeTemporaryFolders } from '../../support/builders.ts'
import { blobOf, buildOrphan, drain, isThere } from '../../support/upkeep/collecting.ts'
import { useDatabase } from '../../support/database.ts'
import { runJobsUntil } from '../../support/jobs/running-jobs.ts'

const database = useDatabase()
removeTemporaryFolders()
beforeEach(() => database.db.pool.query('delete from pending_deletions'))

/** So many objects that are pending deletion, with their bytes. */
async function waiting(count: number) {
  const ctx = await buildCtx(database.db)
  const keys = Array.from({ length: count }, (_, index) => `files/1-jpg-${String(index).padStart(12, '0')}`)
  for (const storageKey of keys) {
    await writeFile(join(ctx.storageRoot, storageKey), 'x')
    const { workspaceId } = ctx.actor
    await ctx.db.prisma.pendingDeletion.create({
      data: { workspaceId, storageKey, sizeBytes: 1n, requestedAt: ctx.now() },
    })
  }
  return { ctx, keys }
}

/** Nothing can remove it, whoever asks: a folder is in its place. */
async function makeStubborn(ctx: Ctx & { storageRoot: string }, key: string) {
  await rm(join(ctx.storageRoot, key), { force: true })
  await mkdir(join(ctx.storageRoot, key))
}

const left = async () => {
  const rows = await database.db.prisma.pendingDeletion.findMany({ orderBy: { storageKey: 'asc' } })
  return rows.map(({ storageKey, attempts, failure }) => ({ storageKey, attempts, failure }))
}

test('an object that the storage refuses stays on the list with the reason, the others go', async () => {
  const { ctx, keys } = await waiting(5)
  const [, stubborn = ''] = keys
  await makeStubborn(ctx, stubborn)
  for (const attempts of [1, 2]) {
    expect(await removeObjects(ctx)).toMatchObject({ removedCount: attempts === 1 ? 4 : 0, refusedCount: 1 })
    expect(await left()).toEqual([
      { storageKey: stubborn, attempts, failure: expect.stringMatching(/EISDIR|EPERM/) as string },
    ])
  }
  expect(await whyKept(ctx, { storageKey: stubborn })).toMatchObject({
    state: 'PENDING_DELETION',
    attempts: 2,
    failure: expect.stringMatching(/EISDIR|EPERM/) as string,
    message: expect.stringContaining(
      '2 attempts failed. The last error: The folder of the files cannot be used (E',
    ) as string,
  })
  await rm(join(ctx.storageRoot, stubborn), { recursive: true })
  expect(await removeObjects(ctx)).toMatchObject({ removedCount: 1, refusedCount: 0 })
  expect(await left()).toEqual([])
})

test('a storage that refuses everything is given up soon, and what failed comes last the next time', async () => {
  const { ctx, keys } = await waiting(40)
  for (const key of keys.slice(0, 30)) await makeStubborn(ctx, key)
  expect(await removeObjects(ctx)).toMatchObject({ removedCount: 0 })
  const tried = (await left()).filter(({ attempts }) => attempts > 0)
  expect(tried.length).toBeGreaterThanOrEqual(8)
  expect(tried.length).toBeLessThan(16)
  for (let run = 0; run < 3; run += 1) await removeObjects(ctx)
  expect(await left()).toHaveLength(30)
})

test('a storage that is gone loses no work: its objects are still to be removed when it is back', async () => {
  const { ctx, keys } = await waiting(3)
  const folder = join(ctx.storageRoot, 'files')
  await rename(folder, `${folder}-away`)
  const failed: unknown = await runPendingDeletions(ctx, ctx.log).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(ObjectsRefused)
  expect((failed as Error).message).toContain('ENOENT')
  expect(await left()).toHaveLength(3)
  await rename(`${folder}-away`, folder)
  await runPendingDeletions(ctx, ctx.log)
  expect(await left()).toEqual([])
  for (const key of keys) expect(await isThere(ctx.storageRoot, key)).toBe(false)
})

test('it can be ended at any moment and goes on', async () => {
  const { ctx } = await waiting(30)
  const stop = new AbortController()
  const first = await removeObjects(ctx, { signal: stop.signal, onProgress: () => stop.abort() })
  expect(first.removedCount).toBeLessThan(16)
  expect(await left()).toHaveLength(30 - first.removedCount)
  expect(await drain(ctx)).toMatchObject({ removedCount: 30 - first.removedCount })
})

test('the job says why it failed, is tried again, and the rows are right all the time', async () => {
  const ctx = await buildCtx(database.db)
  const { blobId, media } = await buildOrphan(ctx)
  await makeStubborn(ctx, media.storageKey)
  ctx.clock.ms += graceMs
  await collectGarbage(ctx)
  expect(await blobOf(ctx, blobId)).toBeNull()
  const errors: string[] = []
  const log = { ...ctx.log, error: (_fields: object, message: string) => errors.push(message) }
  const failed = () =>
    database.db.prisma.job.findFirst({ where: { name: 'remove-objects', failure: { not: null } } })
  await runJobsUntil({ ...ctx, log }, database, async () => (await failed()) !== null)
  expect((await failed())?.failure).toMatch(
    /at least 1 objects. The last error: The folder of the files cannot be used \(E/,
  )
  expect(errors).toContain('The storage refuses to remove objects')
  expect(await checkMedia(ctx)).toEqual([])

  await rm(join(ctx.storageRoot, media.storageKey), { recursive: true })
  await database.db.pool.query(`update jobs set due_at = now() where name = 'remove-objects'`)
  await runJobsUntil(ctx, database, async () => (await left()).length === 0)
}, 60_000)
