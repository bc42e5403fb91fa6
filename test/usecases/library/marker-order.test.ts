import { expect, test } from 'vitest'
import { transact } from '../../../src/db/client.ts'
import { lockLive } from '../../../src/db/lookup.ts'
import { InvalidInput, NotFound } from '../../../src/domain/failure.ts'
import {
  createCheckpointMarker,
  moveCheckpointMarker,
} from '../../../src/usecases/library/checkpoint-markers.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import {
  buildCheckpoint,
  buildCtx,
  buildMarker,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { idsOf, listOf } from '../../support/state.ts'
import { untilWaiting } from '../../support/waiting.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

const markersOf = (ctx: Ctx, checkpointId: string) =>
  listOf(ctx, 'checkpoint_markers', 'checkpoint_id', checkpointId)

/** True when no two items of a list have the same position. */
const distinct = (rows: readonly { position: string }[]) =>
  new Set(rows.map(({ position }) => position)).size === rows.length

/** A checkpoint with markers that were made one after the other. */
async function buildList(ctx: Ctx, count: number) {
  const { id: checkpointId } = await buildCheckpoint(ctx)
  const markers = []
  for (let index = 0; index < count; index += 1) markers.push(await buildMarker(ctx, { checkpointId }))
  return { checkpointId, ids: idsOf(markers) }
}

test('markers are in the order in which they were made, or where they were put', async () => {
  const ctx = await buildCtx(database.db)
  const { checkpointId, ids } = await buildList(ctx, 2)
  const [first, last] = ids
  const after = await buildMarker(ctx, { checkpointId, afterId: first })
  const before = await buildMarker(ctx, { checkpointId, beforeId: first })
  expect(idsOf(await markersOf(ctx, checkpointId))).toEqual([before.id, first, after.id, last])
})

test('a move rewrites the row of the marker that moves, and no other', async () => {
  const ctx = await buildCtx(database.db)
  const { checkpointId, ids } = await buildList(ctx, 3)
  const [first = '', second, third] = ids
  succeeded(await moveCheckpointMarker(ctx, { checkpointMarkerId: first, afterId: second }))
  const list = await markersOf(ctx, checkpointId)
  expect(idsOf(list)).toEqual([second, first, third])
  expect(list.map(({ version }) => version)).toEqual([1, 2, 1])
  const stays = succeeded(await moveCheckpointMarker(ctx, { checkpointMarkerId: first, beforeId: third }))
  expect(stays.version).toBe(2)
})

test('a marker goes to another checkpoint, at its end or where it is put', async () => {
  const ctx = await buildCtx(database.db)
  const [from, to] = [await buildList(ctx, 2), await buildList(ctx, 2)]
  const [one = '', other = ''] = from.ids
  const { checkpointId } = to
  succeeded(await moveCheckpointMarker(ctx, { checkpointMarkerId: one, checkpointId }))
  succeeded(await moveCheckpointMarker(ctx, { checkpointMarkerId: other, checkpointId, beforeId: to.ids[0] }))
  expect(idsOf(await markersOf(ctx, checkpointId))).toEqual([other, ...to.ids, one])
  expect(await markersOf(ctx, from.checkpointId)).toEqual([])
})

test('a place that is none is refused', async () => {
  const ctx = await buildCtx(database.db)
  const [{ checkpointId, ids }, elsewhere] = [await buildList(ctx, 2), await buildList(ctx, 1)]
  const [checkpointMarkerId = '', other] = ids
  const move = (place: object) => moveCheckpointMarker(ctx, { checkpointMarkerId, ...place })
  expect(await move({ afterId: other, beforeId: other })).toBeInstanceOf(InvalidInput)
  expect(await move({ afterId: checkpointMarkerId })).toBeInstanceOf(InvalidInput)
  expect(await move({})).toBeInstanceOf(InvalidInput)
  expect(await move({ afterId: elsewhere.ids[0] })).toMatchObject({ entity: 'CheckpointMarker' })
  expect(await move({ afterId: 'marker' })).toMatchObject({ entity: 'CheckpointMarker' })
  expect(await move({ checkpointId: 'checkpoint' })).toMatchObject({ entity: 'Checkpoint' })
  expect(await moveCheckpointMarker(ctx, { checkpointMarkerId: 'x', place: 'FIRST' })).toMatchObject({
    entity: 'CheckpointMarker',
    message: expect.stringContaining('no live checkpoint marker') as string,
  })
  expect(idsOf(await markersOf(ctx, checkpointId))).toEqual(ids)
})

test('20 clients that add at one place at once lose no marker and get different positions', async () => {
  const ctx = await buildCtx(database.db)
  const { checkpointId, ids } = await buildList(ctx, 1)
  const made = await times(20, (index) =>
    createCheckpointMarker(ctx, {
      checkpointId,
      title: 'A',
      ...(index % 2 === 0 ? { afterId: ids[0] } : {}),
    }),
  )
  const list = await markersOf(ctx, checkpointId)
  expect(new Set(idsOf(list))).toEqual(new Set([...ids, ...idsOf(made.map(succeeded))]))
  expect(distinct(list)).toBe(true)
})

test('20 moves to one place at once lose no marker and end with different positions', async () => {
  const ctx = await buildCtx(database.db)
  const { checkpointId, ids } = await buildList(ctx, 6)
  const [anchor, ...others] = ids
  await times(20, async (index) =>
    succeeded(
      await moveCheckpointMarker(ctx, {
        checkpointMarkerId: others[index % others.length] ?? '',
        afterId: anchor,
      }),
    ),
  )
  const list = await markersOf(ctx, checkpointId)
  expect(new Set(idsOf(list))).toEqual(new Set(ids))
  expect(distinct(list)).toBe(true)
})

test('markers that move between two checkpoints in both directions at once are all there afterwards', async () => {
  const ctx = await buildCtx(database.db)
  const [one, other] = [await buildList(ctx, 5), await buildList(ctx, 5)]
  for (let round = 0; round < 4; round += 1) {
    const [there, back] = round % 2 === 0 ? [other, one] : [one, other]
    const moves = await Promise.all([
      ...one.ids.map((checkpointMarkerId) =>
        moveCheckpointMarker(ctx, { checkpointMarkerId, checkpointId: there.checkpointId }),
      ),
      ...other.ids.map((checkpointMarkerId) =>
        moveCheckpointMarker(ctx, { checkpointMarkerId, checkpointId: back.checkpointId }),
      ),
    ])
    moves.forEach(succeeded)
    const lists = [await markersOf(ctx, there.checkpointId), await markersOf(ctx, back.checkpointId)]
    expect(lists.map((list) => new Set(idsOf(list)))).toEqual([new Set(one.ids), new Set(other.ids)])
    expect(lists.every(distinct)).toBe(true)
  }
})

test('a move waits for who holds its list, and finds the list as that one left it', async () => {
  const ctx = await buildCtx(database.db)
  const [from, to] = [await buildList(ctx, 1), await buildCheckpoint(ctx)]
  const { workspaceId } = ctx.actor
  const { waiting } = await transact(ctx.db, async (tx) => {
    await lockLive(tx, 'checkpoints', workspaceId, to.id)
    const moving = moveCheckpointMarker(ctx, {
      checkpointMarkerId: from.ids[0] ?? '',
      checkpointId: to.id,
    })
    await untilWaiting(database.db, 1, moving)
    const common = { workspaceId, id: to.id, itemId: to.id, itemCount: 1, deletedBy: 'owner', path: [] }
    const dates = { deletedAt: ctx.now(), purgeAfter: ctx.now() }
    const { id } = await tx.deletion.create({ data: { ...common, ...dates, kind: 'CHECKPOINT' } })
    await tx.checkpoint.update({
      where: { workspaceId_id: { workspaceId, id: to.id } },
      data: { deletionId: id },
    })
    return { waiting: moving }
  })
  expect(await waiting).toBeInstanceOf(NotFound)
  expect(idsOf(await markersOf(ctx, from.checkpointId))).toEqual(from.ids)
})
