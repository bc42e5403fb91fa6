import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { countReference, lockBlob } from '../../../src/db/media/blobs.ts'
import { transact } from '../../../src/db/client.ts'
import { lockOrphans, removeBlobs } from '../../../src/db/upkeep/garbage.ts'
import { AccessDenied } from '../../../src/domain/access.ts'
import { collectableSince, type CollectedObject, graceMs } from '../../../src/domain/garbage-collection.ts'
import { storedKey } from '../../../src/domain/storage-key.ts'
import { checkMedia } from '../../../src/usecases/media/check-media.ts'
import { collectGarbage } from '../../../src/usecases/upkeep/collect-garbage.ts'
import { replayEvents } from '../../../src/usecases/media/replay-events.ts'
import { uploadMedia } from '../../../src/usecases/media/upload-media.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildPicture,
  coverOf,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { blobOf, buildOrphan, dayMs, drain, minuteMs, purgeMedium } from '../../support/upkeep/collecting.ts'
import { useDatabase } from '../../support/database.ts'
import { photograph } from '../../support/media/pictures.ts'
import { filesBelow, rowsOfWorkspace, stateOf } from '../../support/state.ts'
import { untilWaiting } from '../../support/waiting.ts'

const database = useDatabase()
removeTemporaryFolders()

test('what nobody has needed for 7 days goes, rows first and bytes after, with all that was derived of it', async () => {
  const ctx = await buildCtx(database.db)
  const { media } = await buildOrphan(ctx, { derived: true })
  const { media: kept } = await buildPicture(ctx, coverOf('BOOK', (await buildBook(ctx)).id))
  ctx.clock.ms += graceMs
  const before = await stateOf(ctx)

  const things: CollectedObject[] = []
  const plan = await collectGarbage(ctx, { dryRun: true, onThing: (thing) => things.push(thing) })
  expect(await stateOf(ctx)).toEqual(before)
  expect(plan).toMatchObject({ dryRun: true, fileCount: 1, fileBytes: media.sizeBytes, thumbnailCount: 10 })
  expect(things).toHaveLength(11)
  expect(things[0]).toMatchObject({ storageKey: media.storageKey, why: 'ORPHANED' })
  expect(things[0]?.since).toBe(new Date(ctx.clock.ms - graceMs).toISOString())

  const report = await collectGarbage(ctx)
  expect(report).toEqual({ ...plan, dryRun: false, examples: report.examples })
  const after = await stateOf(ctx)
  expect(after.rows.blobs.map(({ id }) => id)).toEqual([kept.blobId])
  expect(after.rows.thumbnails).toEqual([])
  expect(after.files).toEqual(before.files)

  expect(await drain(ctx)).toMatchObject({ removedCount: 11, refusedCount: 0, failure: null })
  expect(await filesBelow(ctx.storageRoot)).toEqual([kept.storageKey.slice('files/'.length)])
  expect(await checkMedia(ctx)).toEqual([])
  expect((await replayEvents(ctx)).problems).toEqual([])
  expect(await collectGarbage(ctx)).toMatchObject({ fileCount: 0, thumbnailCount: 0 })
})

test.each([
  ['a minute before 7 days are over', graceMs - minuteMs, 0],
  ['a millisecond before', graceMs - 1, 0],
  ['at exactly 7 days', graceMs, 1],
  ['long after', 400 * dayMs, 1],
  ['with a clock that was moved back', -dayMs, 0],
])('%s', async (_when, ms, fileCount) => {
  const ctx = await buildCtx(database.db)
  const { blobId } = await buildOrphan(ctx)
  ctx.clock.ms += ms
  expect(await collectGarbage(ctx)).toMatchObject({ fileCount })
  expect(await blobOf(ctx, blobId)).toEqual(fileCount === 0 ? expect.anything() : null)
})

test('the same bytes brought again on day 6 stay, and when they are purged again their 7 days begin anew', async () => {
  const ctx = await buildCtx(database.db)
  const bytes = await photograph()
  const { blobId, book } = await buildOrphan(ctx, { bytes })
  ctx.clock.ms += 6 * dayMs
  const { media } = await buildPicture(ctx, coverOf('BOOK', book.id), { bytes })
  expect(media.blobId).toBe(blobId)
  ctx.clock.ms += 2 * dayMs
  expect(await collectGarbage(ctx)).toMatchObject({ fileCount: 0 })

  await purgeMedium(ctx, media.id)
  ctx.clock.ms += graceMs - 1
  expect(await collectGarbage(ctx)).toMatchObject({ fileCount: 0 })
  ctx.clock.ms += 1
  expect(await collectGarbage(ctx)).toMatchObject({ fileCount: 1 })
})

test('what is live or in the trash stays, however old it is, and so does what is of another workspace', async () => {
  const [ctx, other] = [await buildCtx(database.db), await buildCtx(database.db)]
  const block = await buildBlock(ctx)
  await buildPicture(ctx, imagesOf(block.id))
  const { media } = await buildPicture(ctx, imagesOf(block.id))
  succeeded(await trashItem(ctx, { kind: 'MEDIA', id: media.id }))
  const { blobId } = await buildOrphan(other)
  ctx.clock.ms += 400 * dayMs
  expect(await collectGarbage(ctx)).toMatchObject({ fileCount: 0 })
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).blobs).toHaveLength(2)
  expect(await blobOf(other, blobId)).not.toBeNull()
})

test('many are collected in batches, and a collection that is ended in the middle goes on', async () => {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  await ctx.db.pool.query(
    `insert into blobs (workspace_id, id, storage_key, sha256, size_bytes, mime_type, extension, orphaned_at, created_at)
     select $1::uuid, ('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'files/1-bulk-' || lpad(n::text, 12, '0'),
       encode(sha256(n::text::bytea), 'hex'), 1000, 'image/png', 'png', $2::timestamptz, $2 from generate_series(1, 450) as n`,
    [workspaceId, ctx.now()],
  )
  ctx.clock.ms += graceMs
  const stop = new AbortController()
  const steps: [number, number | null][] = []
  const first = await collectGarbage(ctx, {
    signal: stop.signal,
    onProgress: (_report, done, total) => {
      steps.push([done, total])
      stop.abort()
    },
  })
  expect(first).toMatchObject({ fileCount: 200 })
  expect(steps).toEqual([[200, 450]])
  const both = await collectGarbage(ctx, { before: first })
  expect(both).toMatchObject({ fileCount: 450, fileBytes: 450_000n })
  expect(both.examples).toHaveLength(100)
  expect(await ctx.db.prisma.pendingDeletion.count({ where: { workspaceId } })).toBe(450)
  await drain(ctx)
})

test('only owners collect', async () => {
  const ctx = await buildCtx(database.db)
  for (const role of ['EDITOR', 'VIEWER'] as const)
    await expect(collectGarbage({ ...ctx, actor: { ...ctx.actor, role } })).rejects.toThrow(AccessDenied)
})

test('bytes that an upload is just taking are left out, and stay', async () => {
  const ctx = await buildCtx(database.db)
  const { blobId, media } = await buildOrphan(ctx)
  ctx.clock.ms += graceMs
  await transact(ctx.db, async (tx) => {
    const blob = await lockBlob(tx, ctx.actor.workspaceId, blobId)
    if (!blob) throw new Error('It is there.')
    expect(await collectGarbage(ctx)).toMatchObject({ fileCount: 0 })
    await countReference(tx, blob)
  })
  expect(await blobOf(ctx, blobId)).toMatchObject({ refCount: 1, orphanedAt: null })
  expect(await ctx.storage.size(storedKey(media.storageKey))).not.toBeNull()
})

test('an upload of bytes that are just being collected waits, and stores them anew', async () => {
  const ctx = await buildCtx(database.db)
  const bytes = await photograph()
  const { blobId, book, media } = await buildOrphan(ctx, { bytes })
  ctx.clock.ms += graceMs
  const { workspaceId } = ctx.actor
  const { uploading } = await transact(ctx.db, async (tx) => {
    await lockOrphans(tx, workspaceId, collectableSince(ctx.now()), [blobId])
    const slot = coverOf('BOOK', book.id)
    const uploading = uploadMedia(ctx, { fileName: 'again.jpg', slot, stream: Readable.from([bytes]) })
    await untilWaiting(ctx.db, 1, uploading)
    await removeBlobs(tx, workspaceId, [blobId])
    return { uploading }
  })
  const { media: again } = succeeded(await uploading)
  expect(again.blobId).not.toBe(blobId)
  expect(again.storageKey).not.toBe(media.storageKey)
  await ctx.storage.remove(storedKey(media.storageKey))
  expect(await buffer(ctx.storage.read(storedKey(again.storageKey)))).toEqual(bytes)
  expect(await checkMedia(ctx)).toEqual([])
})

test('a medium that the counts do not know saves its bytes', async () => {
  const ctx = await buildCtx(database.db)
  const { media } = await buildPicture(ctx, coverOf('BOOK', (await buildBook(ctx)).id))
  await ctx.db.prisma.blob.updateMany({
    where: { workspaceId: ctx.actor.workspaceId },
    data: { refCount: 0, orphanedAt: ctx.now() },
  })
  ctx.clock.ms += graceMs
  expect(await collectGarbage(ctx)).toMatchObject({ fileCount: 0 })
  expect(await blobOf(ctx, media.blobId)).not.toBeNull()
})

test('collections, removals and uploads of the same bytes at once leave every medium its bytes', async () => {
  const ctx = await buildCtx(database.db)
  const pictures = await Promise.all([photograph(), photograph()])
  const block = await buildBlock(ctx)
  for (let round = 0; round < 6; round += 1) {
    const uploads = pictures.map((bytes) =>
      uploadMedia(ctx, { fileName: 'a.jpg', slot: imagesOf(block.id), stream: Readable.from([bytes]) }),
    )
    const [first, second] = await Promise.all([
      ...uploads,
      collectGarbage(ctx),
      collectGarbage(ctx),
      drain(ctx),
    ])
    const media = [first, second].map(
      (result) => succeeded(result as Awaited<ReturnType<typeof uploadMedia>>).media,
    )
    for (const [index, { storageKey, id }] of media.entries()) {
      expect(await buffer(ctx.storage.read(storedKey(storageKey)))).toEqual(pictures[index])
      await purgeMedium(ctx, id)
    }
    ctx.clock.ms += graceMs
  }
  await collectGarbage(ctx)
  await drain(ctx)
  expect(await filesBelow(ctx.storageRoot)).toEqual([])
  expect(await checkMedia(ctx)).toEqual([])
}, 30_000)
