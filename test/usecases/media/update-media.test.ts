import { expect, test } from 'vitest'
import { checkMedia } from '../../../src/usecases/media/check-media.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { replayEvents } from '../../../src/usecases/media/replay-events.ts'
import { updateMedia } from '../../../src/usecases/media/update-media.ts'
import {
  buildBlock,
  buildCtx,
  buildPicture,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { lastChain } from '../../support/media/media-events.ts'

const database = useDatabase({ poolSize: 10 })
removeTemporaryFolders()

async function buildImage() {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const { media } = await buildPicture(ctx, imagesOf(block.id), { fileName: 'lake.jpg' })
  return { ctx, media }
}

const described = {
  fileName: 'pond',
  altText: 'A pond with two ducks',
  caption: 'In May',
  focalPoint: { x: 0.25, y: 0.75 },
  category: 'Poster',
}

test('an update is written, recorded and replayed', async () => {
  const { ctx, media } = await buildImage()
  const { decision, media: now } = succeeded(
    await updateMedia(ctx, { mediaId: media.id, expectedVersion: 1, ...described }),
  )
  expect(decision).toBe('REPLACE')
  expect(now).toMatchObject({
    fileName: 'pond.jpg',
    altText: described.altText,
    caption: 'In May',
    focalX: 0.25,
    focalY: 0.75,
    category: 'poster',
    version: 2,
  })
  const chain = { operation: 'UPDATE', asked: null, decision: 'REPLACE', answered: 'REPLACE', reason: null }
  expect(await lastChain(ctx)).toMatchObject({ ...chain, mediaIds: [media.id], changes: ['describe'] })
  expect(await replayEvents(ctx)).toEqual({ changeCount: 2, mediaCount: 1, problems: [] })
})

test('the same again changes nothing, and says so', async () => {
  const { ctx, media } = await buildImage()
  await updateMedia(ctx, { mediaId: media.id, ...described })
  const again = succeeded(await updateMedia(ctx, { mediaId: media.id, ...described }))
  expect(again).toMatchObject({ decision: 'NOOP', media: { version: 2 } })
  expect(await lastChain(ctx)).toMatchObject({ operation: 'UPDATE', decision: 'NOOP', changes: [] })
  expect((await replayEvents(ctx)).problems).toEqual([])
})

test('a change past the events is reported field by field', async () => {
  const { ctx, media } = await buildImage()
  await ctx.db.pool.query(`update media set alt_text = 'x', category = 'y' where id = $1`, [media.id])
  expect((await replayEvents(ctx)).problems).toEqual([
    `Media item ${media.id}: altText is x, but null by its events`,
    `Media item ${media.id}: category is y, but upload by its events`,
  ])
})

test('of two clients at one version the second gets a conflict', async () => {
  const { ctx, media } = await buildImage()
  const update = (altText: string) =>
    updateMedia(ctx, { mediaId: media.id, expectedVersion: media.version, altText })
  const results = await Promise.all([update('One'), update('Two')])
  const names = results.map((result) => ('__typename' in result ? result.__typename : result.decision))
  expect(names.sort()).toEqual(['REPLACE', 'VersionConflict'])
  expect((await replayEvents(ctx)).problems).toEqual([])
})

test('clients without a version do not lose the fields of each other', async () => {
  const { ctx, media } = await buildImage()
  const given = [{ altText: 'A' }, { caption: 'B' }, { category: 'c' }, { focalPoint: { x: 0, y: 1 } }]
  await Promise.all(given.map((fields) => updateMedia(ctx, { mediaId: media.id, ...fields })))
  const { media: now } = succeeded(await updateMedia(ctx, { mediaId: media.id }))
  expect(now).toMatchObject({ altText: 'A', caption: 'B', category: 'c', focalX: 0, focalY: 1, version: 5 })
  expect((await replayEvents(ctx)).problems).toEqual([])
})

test('refusals leave their events and nothing else', async () => {
  const { ctx, media } = await buildImage()
  const refused = async (input: Parameters<typeof updateMedia>[1], reason: string) => {
    expect(await updateMedia(ctx, input)).toMatchObject({ __typename: reason })
    expect(await lastChain(ctx)).toMatchObject({ operation: 'UPDATE', decision: 'REJECT', reason })
  }
  await refused({ mediaId: media.id, fileName: 'lake.png' }, 'InvalidInput')
  await refused({ mediaId: media.id, altText: 'A', expectedVersion: 7 }, 'VersionConflict')
  const theirs = await buildImage()
  await refused({ mediaId: theirs.media.id, altText: 'A' }, 'NotFound')
  await trashItem(ctx, { kind: 'MEDIA', id: media.id })
  await refused({ mediaId: media.id, altText: 'A' }, 'NotFound')
  expect((await replayEvents(ctx)).problems).toEqual([])
})

test('a copy of the size that differs from the blob is reported', async () => {
  const { ctx, media } = await buildImage()
  expect(await checkMedia(ctx)).toEqual([])
  await ctx.db.pool.query('update media set size_bytes = 1 where id = $1', [media.id])
  expect(await checkMedia(ctx)).toEqual([`media item ${media.id}: not the size and type of its blob`])
})
