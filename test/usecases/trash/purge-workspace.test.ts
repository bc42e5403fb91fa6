import { beforeEach, expect, test } from 'vitest'
import { tablesOfWorkspace, tablesWithBytes } from '../../../src/db/trash/workspace-rows.ts'
import { setRemovalHold } from '../../../src/db/upkeep/removal-runs.ts'
import { AccessDenied } from '../../../src/domain/access.ts'
import { NotFound } from '../../../src/domain/failure.ts'
import { startDailyPurges } from '../../../src/usecases/trash/daily-purge.ts'
import { purgeWorkspace } from '../../../src/usecases/trash/purge-workspace.ts'
import { PurgeUnderWay } from '../../../src/usecases/trash/run-purge.ts'
import { restoreWorkspace } from '../../../src/usecases/trash/trash-workspace.ts'
import { removeObjects } from '../../../src/usecases/upkeep/remove-objects.ts'
import { buildBlock, buildCtx, removeTemporaryFolders } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { runJobsUntil } from '../../support/jobs/running-jobs.ts'
import { filesBelow } from '../../support/state.ts'
import {
  countsOfWorkspace,
  fillWorkspace,
  operatorOf,
  tablesOfDatabase,
  trashOwn,
} from '../../support/trash/full-workspace.ts'

const database = useDatabase()
removeTemporaryFolders()

beforeEach(async () => {
  await setRemovalHold(database.db, null)
  // The tests before leave workspaces in the trash.
  await database.db.pool.query(
    `update workspaces set purge_after = '2999-01-01' where deleted_at is not null`,
  )
})

/** A workspace in the trash whose retention is over, and an owner of the default workspace. */
async function buildExpired(
  fill: (ctx: Awaited<ReturnType<typeof buildCtx>>) => Promise<unknown> = buildBlock,
) {
  const ctx = await buildCtx(database.db)
  await fill(ctx)
  const { purgeAfter } = await trashOwn(ctx)
  ctx.clock.ms = purgeAfter.getTime()
  await ctx.db.pool.query('update removal_runs set ran_at = $1, waits_until = null', [ctx.now()])
  return { ctx, operator: operatorOf(ctx), trashedId: ctx.actor.workspaceId, purgeAfter }
}

const exists = async (id: string) => (await database.db.prisma.workspace.count({ where: { id } })) === 1
const isMarked = (id: string) =>
  database.db.prisma.workspace.count({ where: { id, purgedAt: { not: null } } })

test('every table with rows of workspaces is in the list of a purge, and no other', async () => {
  const listed = [...tablesOfWorkspace, ...Object.keys(tablesWithBytes)].sort()
  expect(listed).toEqual(await tablesOfDatabase(await buildCtx(database.db)))
})

test('a purge leaves no row and no bytes of the workspace, and another workspace as it was', async () => {
  const other = await buildCtx(database.db)
  await fillWorkspace(other)
  const theirs = await countsOfWorkspace(other)
  const { ctx, operator, trashedId } = await buildExpired(fillWorkspace)
  const before = await countsOfWorkspace(ctx)
  expect(Object.entries(before).filter(([, count]) => count === 0)).toEqual([])
  const { blobs = 0, thumbnails = 0 } = before

  const purged = await purgeWorkspace(operator, { trashedId })
  expect(purged).toMatchObject({ outcome: 'REMOVED', objectCount: blobs + thumbnails, safetyLimit: null })
  expect(new Set(Object.values(await countsOfWorkspace(ctx)))).toEqual(new Set([0]))
  expect(await exists(trashedId)).toBe(false)
  expect(await countsOfWorkspace(other)).toEqual(theirs)
  expect((await removeObjects(operator)).refusedCount).toBe(0)
  expect(await filesBelow(ctx.storageRoot)).toEqual([])
  expect(await restoreWorkspace(operator, { workspaceId: trashedId })).toBeInstanceOf(NotFound)
  expect(await purgeWorkspace(operator, { trashedId })).toMatchObject({ outcome: 'KEPT' })
})

test('a purge that ends after any of its batches continues, and cannot be undone', async () => {
  const { ctx, operator, trashedId } = await buildExpired(fillWorkspace)
  let ended = 0
  for (let outcome = 'STOPPED'; outcome !== 'REMOVED';) {
    const ending = () => Promise.reject(new Error('The process ended.'))
    const result = await purgeWorkspace(operator, { trashedId, onProgress: ending }).catch(() => undefined)
    outcome = result?.outcome ?? 'STOPPED'
    if (!result) ended += 1
    if (!result) expect(await restoreWorkspace(operator, { workspaceId: trashedId })).toBeInstanceOf(NotFound)
  }
  expect(ended).toBeGreaterThan(20)
  expect(new Set(Object.values(await countsOfWorkspace(ctx)))).toEqual(new Set([0]))
  await removeObjects(operator)
  expect(await filesBelow(ctx.storageRoot)).toEqual([])
})

test.each(['the server', 'the database'])('the clock of %s alone purges nothing', async (whose) => {
  const { ctx, operator, trashedId, purgeAfter } = await buildExpired()
  const early = purgeAfter.getTime() - 1
  if (whose === 'the server') ctx.clock.databaseMs = early
  else Object.assign(ctx.clock, { ms: early, databaseMs: purgeAfter.getTime() })
  expect(await purgeWorkspace(operator, { trashedId, force: true })).toMatchObject({ outcome: 'KEPT' })
  await startDailyPurges(operator, ctx.log)
  expect(await ctx.db.prisma.job.count({ where: { name: 'purge-workspace' } })).toBe(0)
  expect(await isMarked(trashedId)).toBe(0)
})

test('a workspace larger than the safety limit stays until it is purged with force', async () => {
  const { operator, trashedId } = await buildExpired()
  const limited = { ...operator, limits: { ...operator.limits, purge: { items: 2, bytes: 0n } } }
  const stopped = await purgeWorkspace(limited, { trashedId })
  expect(stopped).toMatchObject({
    outcome: 'SAFETY_LIMIT',
    rowCount: 0,
    safetyLimit: { itemCount: 3, limit: 2 },
  })
  expect(await isMarked(trashedId)).toBe(0)
  expect(await purgeWorkspace(limited, { trashedId, force: true })).toMatchObject({ outcome: 'REMOVED' })
})

test('a hold stops what nobody asked for, at the beginning and between two batches', async () => {
  const { ctx, operator, trashedId } = await buildExpired(fillWorkspace)
  await setRemovalHold(ctx.db, ctx.now())
  const held = { outcome: 'STOPPED', rowCount: 0 }
  expect(await purgeWorkspace(operator, { trashedId, automatic: true })).toMatchObject(held)
  await startDailyPurges(operator, ctx.log)
  expect(await ctx.db.prisma.job.count({ where: { name: 'purge-workspace' } })).toBe(0)
  expect(await isMarked(trashedId)).toBe(0)
  await setRemovalHold(ctx.db, null)
  const onProgress = async () => {
    await setRemovalHold(ctx.db, ctx.now())
  }
  const interrupted = await purgeWorkspace(operator, { trashedId, automatic: true, onProgress })
  expect(interrupted.outcome).toBe('STOPPED')
  expect((await countsOfWorkspace(ctx))['media']).toBeGreaterThan(0)
  await setRemovalHold(ctx.db, null)
  expect(await purgeWorkspace(operator, { trashedId, automatic: true })).toMatchObject({ outcome: 'REMOVED' })
})

test('only owners of the default workspace purge, only what is in the trash, and one at a time', async () => {
  const { ctx, operator, trashedId } = await buildExpired()
  await expect(purgeWorkspace(ctx, { trashedId })).rejects.toThrow(AccessDenied)
  const live = await buildCtx(database.db)
  const kept = await purgeWorkspace(operator, { trashedId: live.actor.workspaceId })
  expect(kept).toMatchObject({ outcome: 'KEPT', rowCount: 0 })
  const lock = await ctx.locks.take(`purge ${trashedId}`, 0, () => {})
  await expect(purgeWorkspace({ ...operator, locks: live.locks }, { trashedId })).rejects.toThrow(
    PurgeUnderWay,
  )
  await lock?.free()
})

test('the daily purge removes an expired workspace with its bytes, and one that was begun before', async () => {
  const { ctx, operator, trashedId } = await buildExpired(fillWorkspace)
  const begun = await buildExpired()
  await purgeWorkspace(begun.operator, {
    trashedId: begun.trashedId,
    onProgress: () => Promise.reject(new Error('The process ended.')),
  }).catch(() => {})
  ctx.clock.ms = begun.ctx.clock.ms
  await startDailyPurges(operator, ctx.log)
  const isOver = async () => !(await exists(trashedId)) && !(await exists(begun.trashedId))
  await runJobsUntil(operator, database, isOver)
  await removeObjects(operator)
  expect(await filesBelow(ctx.storageRoot)).toEqual([])
  const failed = await ctx.db.prisma.job.count({ where: { name: 'purge-workspace', failure: { not: null } } })
  expect(failed).toBe(0)
})

test('the events of media are only ever added, except that they go with their workspace', async () => {
  const { ctx, trashedId } = await buildExpired(fillWorkspace)
  const remove = () => ctx.db.pool.query('delete from media_events where workspace_id = $1', [trashedId])
  await expect(remove()).rejects.toThrow('only ever added')
  await ctx.db.pool.query('update workspaces set purged_at = now() where id = $1', [trashedId])
  expect((await remove()).rowCount).toBeGreaterThan(0)
})
