import { expect, test } from 'vitest'
import { AccessDenied, defaultWorkspaceId, type Role } from '../../../src/domain/access.ts'
import { InvalidInput, NotFound } from '../../../src/domain/failure.ts'
import { RetentionExpired } from '../../../src/domain/restore.ts'
import {
  WorkspaceAlreadyInTrash,
  WorkspaceNotInTrash,
  WorkspaceRequired,
} from '../../../src/domain/workspace-trash.ts'
import { startDailyPurges } from '../../../src/usecases/trash/daily-purge.ts'
import { restoreWorkspace, trashWorkspace } from '../../../src/usecases/trash/trash-workspace.ts'
import { startDailyGarbageCollections } from '../../../src/usecases/upkeep/request-garbage-collection.ts'
import { whyKept } from '../../../src/usecases/upkeep/why-kept.ts'
import { createBlock } from '../../../src/usecases/library/blocks.ts'
import {
  buildBlock,
  buildBook,
  buildPicture,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { askForPurge, delivered, jobOf, runMessage } from '../../support/jobs/running-jobs.ts'
import { stateOf } from '../../support/state.ts'
import { buildCtxOfRequest, operatorOf, trashOwn } from '../../support/trash/full-workspace.ts'
import { trash } from '../../support/trash/restoring.ts'
import { buildOrphan, dayMs } from '../../support/upkeep/collecting.ts'

const database = useDatabase()
removeTemporaryFolders()

const rowOf = ({ db, actor }: Awaited<ReturnType<typeof buildCtxOfRequest>>) =>
  db.prisma.workspace.findUnique({ where: { id: actor.workspaceId } })

test('a trashed workspace keeps everything for the retention, and comes back as it was', async () => {
  const ctx = await buildCtxOfRequest(database.db)
  const block = await buildBlock(ctx)
  await buildPicture(ctx, imagesOf(block.id))
  const [before, row] = [await stateOf(ctx), await rowOf(ctx)]
  const trashed = await trashOwn(ctx)
  expect(trashed).toMatchObject({
    deletedAt: ctx.now(),
    deletedBy: ctx.actor.id,
    deletionReason: 'No longer needed',
    purgeAfter: new Date(ctx.clock.ms + 30 * dayMs),
  })
  await expect(createBlock(ctx, { bookId: block.bookId })).rejects.toThrow(WorkspaceRequired)
  ctx.clock.ms += 30 * dayMs - 1
  succeeded(await restoreWorkspace(operatorOf(ctx), { workspaceId: ctx.actor.workspaceId }))
  expect(await stateOf(ctx)).toEqual(before)
  expect(await rowOf(ctx)).toEqual(row)
  succeeded(await createBlock(ctx, { bookId: block.bookId }))
})

test('what is already so, expired or unknown is a failure that says so, and changes nothing', async () => {
  const ctx = await buildCtxOfRequest(database.db)
  const operator = operatorOf(ctx)
  const { workspaceId } = ctx.actor
  expect(await restoreWorkspace(operator, { workspaceId })).toBeInstanceOf(WorkspaceNotInTrash)
  const first = await trashOwn(ctx)
  ctx.clock.ms += dayMs
  const again = await trashWorkspace(ctx, { confirmName: 'Test' })
  expect(again).toBeInstanceOf(WorkspaceAlreadyInTrash)
  expect(again).toMatchObject({ trashedWorkspace: { id: workspaceId, deletedAt: first.deletedAt } })
  ctx.clock.ms = first.purgeAfter.getTime()
  const expired = await restoreWorkspace(operator, { workspaceId })
  expect(expired).toBeInstanceOf(RetentionExpired)
  expect(expired).toMatchObject({ purgeAfter: first.purgeAfter })
  expect(await rowOf(ctx)).toMatchObject({ deletedAt: first.deletedAt, purgedAt: null })
  for (const id of ['nonsense', '01900000-0000-7000-8000-0000000000ff']) {
    expect(await restoreWorkspace(operator, { workspaceId: id })).toEqual(new NotFound('Workspace', id))
    expect(await trashWorkspace(operator, { workspaceId: id, confirmName: '' })).toEqual(
      new NotFound('Workspace', id),
    )
  }
})

test.each(['', 'test', ' Test', 'Test '])('the name %j does not confirm', async (confirmName) => {
  const ctx = await buildCtxOfRequest(database.db)
  const refused = await trashWorkspace(ctx, { confirmName })
  expect(refused).toMatchObject({ issues: [{ path: 'confirmName' }] })
  expect(await rowOf(ctx)).toMatchObject({ deletedAt: null })
})

test('the default workspace is never trashed, not even by SQL', async () => {
  const operator = operatorOf(await buildCtxOfRequest(database.db))
  for (const workspaceId of [undefined, defaultWorkspaceId]) {
    const refused = await trashWorkspace(operator, { workspaceId, confirmName: 'Library' })
    expect(refused).toBeInstanceOf(InvalidInput)
    expect(refused).toMatchObject({ issues: [{ path: 'workspaceId' }] })
  }
  const bySql = `update workspaces set deleted_at = now(), deleted_by = 'x', purge_after = now() where id = $1`
  await expect(database.db.pool.query(bySql, [defaultWorkspaceId])).rejects.toThrow(
    /workspaces_default_check/,
  )
})

test('only owners trash their workspace, and only those of the default workspace another one', async () => {
  const [ctx, other] = [await buildCtxOfRequest(database.db), await buildCtxOfRequest(database.db)]
  const as = (role: Role) => ({ ...ctx, actor: { ...ctx.actor, role } })
  for (const role of ['EDITOR', 'VIEWER'] as const)
    await expect(trashWorkspace(as(role), { confirmName: 'Test' })).rejects.toThrow(AccessDenied)
  const { workspaceId } = other.actor
  const notFound = new NotFound('Workspace', workspaceId)
  expect(await trashWorkspace(ctx, { workspaceId, confirmName: 'Test' })).toEqual(notFound)
  expect(await rowOf(other)).toMatchObject({ deletedAt: null })
  succeeded(await trashWorkspace(operatorOf(ctx), { workspaceId, confirmName: 'Test' }))
  expect(await restoreWorkspace(ctx, { workspaceId })).toEqual(notFound)
  expect(await rowOf(other)).not.toMatchObject({ deletedAt: null })
})

test('a job of a trashed workspace waits without an attempt, and is due at once after the restore', async () => {
  const ctx = await buildCtxOfRequest(database.db)
  const { id } = await askForPurge(ctx)
  await trashOwn(ctx)
  let ran = 0
  const work = () => Promise.resolve((ran += 1))
  await runMessage(ctx, await delivered(ctx, 'purge-trash'), work)
  expect(ran).toBe(0)
  const waiting = await jobOf(ctx, id)
  expect(waiting).toMatchObject({ status: 'QUEUED', attempts: 0, failure: null })
  expect(waiting.dueAt.getTime()).toBeGreaterThan(Date.now() + 60_000)
  succeeded(await restoreWorkspace(operatorOf(ctx), { workspaceId: ctx.actor.workspaceId }))
  expect((await jobOf(ctx, id)).dueAt.getTime()).toBeLessThan(Date.now() + 60_000)
  await runMessage(ctx, await delivered(ctx, 'purge-trash'), work)
  expect(ran).toBe(1)
})

test('a job that runs while its workspace is trashed writes nothing more, and waits', async () => {
  const ctx = await buildCtxOfRequest(database.db)
  const book = await buildBook(ctx)
  const { id } = await askForPurge(ctx)
  await runMessage(ctx, await delivered(ctx, 'purge-trash'), async (own) => {
    await trashOwn(ctx)
    return createBlock(own, { bookId: book.id })
  })
  expect(await jobOf(ctx, id)).toMatchObject({ status: 'QUEUED', attempts: 0, failure: null })
  expect(await ctx.db.prisma.block.count({ where: { workspaceId: ctx.actor.workspaceId } })).toBe(0)
})

test('nothing is purged or collected in a trashed workspace, and the explanation of its bytes says why', async () => {
  const ctx = await buildCtxOfRequest(database.db)
  const block = await buildBlock(ctx)
  const { media } = await buildPicture(ctx, imagesOf(block.id))
  await trash(ctx, 'BLOCK', block)
  await buildOrphan(ctx)
  ctx.clock.ms += 8 * dayMs
  await trashOwn(ctx)
  const operator = operatorOf(ctx)
  await ctx.db.pool.query('update deletions set purge_after = deleted_at where workspace_id = $1', [
    ctx.actor.workspaceId,
  ])
  await ctx.db.pool.query('update removal_runs set ran_at = $1', [ctx.now()])
  const jobs = () => ctx.db.prisma.job.count({ where: { workspaceId: ctx.actor.workspaceId } })
  const before = await jobs()
  await startDailyPurges(operator, ctx.log)
  await startDailyGarbageCollections(operator, ctx.log)
  expect(await jobs()).toBe(before)
  const kept = await whyKept(operator, { storageKey: media.storageKey })
  expect(kept.message).toContain('Its workspace is in the trash')
})
