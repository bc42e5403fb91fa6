import { expect, test } from 'vitest'
import { RetentionExpired } from '../../../src/domain/restore.ts'
import { purgeTrash } from '../../../src/usecases/trash/run-purge.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import { workspacesToPurge } from '../../../src/db/trash/due-deletions.ts'
import { buildBlock, buildCtx, removeTemporaryFolders } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { trash } from '../../support/trash/restoring.ts'
import { rowsOfWorkspace } from '../../support/state.ts'

const database = useDatabase()
removeTemporaryFolders()

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/** What the daily job does in a workspace. */
async function daily(ctx: Awaited<ReturnType<typeof buildCtx>>) {
  const due = (await workspacesToPurge(ctx.db, ctx.now())).includes(ctx.actor.workspaceId)
  const { deletionCount } = await purgeTrash(ctx, { due: { expiredAt: ctx.now() } })
  // It only looks at workspaces where there is something to do.
  expect(due).toBe(deletionCount > 0)
  return deletionCount
}

async function trashed() {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  return { ctx, block, deletion: await trash(ctx, 'BLOCK', block) }
}

test('a minute before 30 days are over a deletion stays, and can be restored', async () => {
  const { ctx, deletion } = await trashed()
  ctx.clock.ms += 30 * dayMs - minuteMs
  expect(await daily(ctx)).toBe(0)
  expect(await restoreDeletion(ctx, { deletionId: deletion.id })).toMatchObject({
    deletion: { id: deletion.id },
  })
})

test('after exactly 30 days it cannot be restored, is still there, and is purged by the next run', async () => {
  const { ctx, deletion, block } = await trashed()
  ctx.clock.ms += 30 * dayMs
  expect(await restoreDeletion(ctx, { deletionId: deletion.id })).toBeInstanceOf(RetentionExpired)
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).deletions).toMatchObject([
    { id: deletion.id },
  ])
  expect(await daily(ctx)).toBe(1)
  expect(await restoreDeletion(ctx, { deletionId: deletion.id })).toMatchObject({ __typename: 'NotFound' })

  ctx.clock.ms += 30 * dayMs
  expect(await daily(ctx)).toBe(0)
  const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(rows.deletions).toEqual([])
  expect(rows.blocks).toEqual([])
  expect(rows.books.map(({ id }) => id)).toEqual([block.bookId])
})

test('a clock that is put back purges nothing early, and what is gone stays gone', async () => {
  const { ctx, deletion } = await trashed()
  const second = await trash(ctx, 'BLOCK', await buildBlock(ctx))
  // Before the purge: both are days in the future.
  ctx.clock.ms -= 10 * dayMs
  expect(await daily(ctx)).toBe(0)
  // What was there when it is asked for is not what is to come.
  expect(await purgeTrash(ctx, { due: { trashedUntil: ctx.now() } })).toMatchObject({ deletionCount: 0 })
  ctx.clock.ms += 40 * dayMs - minuteMs
  expect(await daily(ctx)).toBe(0)
  ctx.clock.ms += minuteMs
  expect(await daily(ctx)).toBe(2)
  ctx.clock.ms -= 35 * dayMs
  expect(await daily(ctx)).toBe(0)
  for (const { id } of [deletion, second])
    expect(await restoreDeletion(ctx, { deletionId: id })).toMatchObject({ __typename: 'NotFound' })
})

test('another retention changes no promise: what is in the trash stays as long as it was told', async () => {
  const { ctx, deletion } = await trashed()
  const shorter = { ...ctx, limits: { ...ctx.limits, retentionDays: 1 } }
  const late = await trash(shorter, 'BLOCK', await buildBlock(ctx))
  expect(late.purgeAfter).toEqual(new Date(ctx.clock.ms + dayMs))
  ctx.clock.ms += dayMs
  expect(await daily(shorter)).toBe(1)
  expect(await restoreDeletion(shorter, { deletionId: late.id })).toMatchObject({ __typename: 'NotFound' })
  ctx.clock.ms += 29 * dayMs - minuteMs
  expect(await daily(shorter)).toBe(0)
  expect(await restoreDeletion(shorter, { deletionId: deletion.id })).toMatchObject({ item: {} })
})
