import { expect, test } from 'vitest'
import { checkMedia } from '../../../src/usecases/media/check-media.ts'
import { moveMedia } from '../../../src/usecases/media/move-media.ts'
import { replayEvents } from '../../../src/usecases/media/replay-events.ts'
import {
  buildBlock,
  buildCtx,
  buildPicture,
  imagesOf,
  removeTemporaryFolders,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

test('what was changed past the events is told', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const [one, two] = [
    await buildPicture(ctx, imagesOf(block.id)),
    await buildPicture(ctx, imagesOf(block.id)),
  ]
  expect(await replayEvents(ctx)).toEqual({ changeCount: 2, mediaCount: 2, problems: [] })
  const { pool } = ctx.db
  await pool.query(`update media set position = 'z9' where id = $1`, [one.media.id])
  await pool.query('delete from media where id = $1', [two.media.id])
  const problems = [
    `Media item ${one.media.id}: position is z9, but ${one.media.position} by its events`,
    `Media item ${two.media.id}: the events added it, but it is missing`,
  ]
  expect([...(await replayEvents(ctx)).problems].sort()).toEqual(problems.sort())
  expect(await checkMedia(ctx)).toHaveLength(2)
})

test('a list that is given new positions is replayed with them', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const { media: first } = await buildPicture(ctx, imagesOf(block.id))
  const [one, two] = [
    await buildPicture(ctx, imagesOf(block.id)),
    await buildPicture(ctx, imagesOf(block.id)),
  ]
  const renumbered = async () => {
    const { rowCount } = await ctx.db.pool.query(
      `select from media_events where workspace_id = $1 and changes @> '[{"change": "renumber"}]'`,
      [ctx.actor.workspaceId],
    )
    return rowCount ?? 0
  }
  // Each goes directly after the first, before what went there before it: the gap is halved every time.
  for (let moves = 0; moves < 500 && (await renumbered()) === 0; moves += 1) {
    const moving = moves % 2 === 0 ? two : one
    expect(await moveMedia(ctx, { mediaId: moving.media.id, afterId: first.id })).toMatchObject({
      decision: 'REPLACE',
    })
  }
  expect(await renumbered()).toBe(1)
  expect((await replayEvents(ctx)).problems).toEqual([])
})
