import { beforeEach, expect, test } from 'vitest'
import { graceMs } from '../../../src/domain/garbage-collection.ts'
import { fileKey } from '../../../src/domain/storage-key.ts'
import { collectGarbage } from '../../../src/usecases/upkeep/collect-garbage.ts'
import { newId } from '../../../src/usecases/context.ts'
import { renderThumbnails } from '../../../src/usecases/media/render-thumbnails.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { soughtBy, whyKept } from '../../../src/usecases/upkeep/why-kept.ts'
import {
  buildBlock,
  buildCtx,
  buildPicture,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { asOperator, buildOrphan, dayMs, putObject } from '../../support/upkeep/collecting.ts'
import { useDatabase } from '../../support/database.ts'
import { photograph } from '../../support/media/pictures.ts'

const database = useDatabase()
removeTemporaryFolders()
beforeEach(() => database.db.pool.query('delete from pending_deletions'))

test('bytes of a live medium, of trashed ones, of none, and of ones that are collected', async () => {
  const ctx = await buildCtx(database.db)
  const bytes = await photograph()
  const one = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id), { bytes })
  const two = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id), { bytes })
  await renderThumbnails(ctx, { blobId: one.media.blobId })
  const { sha256, storageKey, blobId, id } = one.media
  const derived = (await ctx.db.prisma.thumbnail.findFirstOrThrow({ where: { blobId } })).storageKey
  const named = [storageKey, derived].flatMap((key) => [key, key.split('/')[1] ?? '', `/data/storage/${key}`])
  const all = () => Promise.all([id, sha256, ...named].map((text) => whyKept(ctx, soughtBy(text))))

  for (const kept of await all()) expect(kept).toMatchObject({ state: 'LIVE', mediaCount: 2, goesAt: null })
  succeeded(await trashItem(ctx, { kind: 'MEDIA', id }))
  expect(await whyKept(ctx, { mediaId: id })).toMatchObject({
    state: 'LIVE',
    mediaIds: [two.media.id, id],
    message: 'Live media items that use it: 1. 1 more are in the trash.',
  })
  ctx.clock.ms += dayMs
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'MEDIA', id: two.media.id }))
  for (const kept of await all())
    expect(kept).toMatchObject({ state: 'IN_TRASH', mediaCount: 2, goesAt: deletion.purgeAfter })
})

test('live texts that name a media item are shown, and keep nothing', async () => {
  const ctx = await buildCtx(database.db)
  const { media } = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id))
  const content = `![a](media:${media.id})`
  const [naming, gone] = [await buildBlock(ctx, { content }), await buildBlock(ctx, { content })]
  await buildBlock(await buildCtx(database.db), { content })
  succeeded(await trashItem(ctx, { kind: 'BLOCK', id: gone.id }))
  const shown = { namedByCount: 1, namedByIds: [naming.id] }
  const message = expect.stringContaining('texts name them, which keeps nothing: 1.') as string
  expect(await whyKept(ctx, { mediaId: media.id })).toMatchObject({ state: 'LIVE', message, ...shown })
  succeeded(await trashItem(ctx, { kind: 'MEDIA', id: media.id }))
  expect(await whyKept(ctx, { mediaId: media.id })).toMatchObject({ state: 'IN_TRASH', message, ...shown })
})

test('orphans tell when they are collected, collected ones that they wait', async () => {
  const ctx = await buildCtx(database.db)
  const since = ctx.now()
  const { media } = await buildOrphan(ctx)
  expect(await whyKept(ctx, { sha256: media.sha256 })).toMatchObject({
    state: 'ORPHANED',
    since,
    goesAt: new Date(since.getTime() + graceMs),
  })
  ctx.clock.ms += graceMs
  expect((await whyKept(ctx, { sha256: media.sha256 })).message).toContain('by the next garbage collection')
  await collectGarbage(ctx)
  expect(await whyKept(ctx, { sha256: media.sha256 })).toMatchObject({ state: 'NOT_FOUND' })
  expect(await whyKept(ctx, { storageKey: media.storageKey })).toMatchObject({
    state: 'PENDING_DELETION',
    attempts: 0,
    failure: null,
    since: ctx.now(),
  })
})

test('objects that no row knows are told to owners of the default workspace only', async () => {
  const own = await buildCtx(database.db)
  const ctx = asOperator(own)
  const [madeAt, writtenAt] = [own.clock.ms - 2 * dayMs, new Date(own.clock.ms - dayMs)]
  const storageKey = fileKey(madeAt, 'jpg', 1)
  await putObject(own.storageRoot, storageKey, writtenAt)
  expect(await whyKept(ctx, { storageKey })).toMatchObject({
    state: 'UNKNOWN',
    sizeBytes: 10n,
    since: writtenAt,
    goesAt: new Date(writtenAt.getTime() + graceMs),
  })
  expect(await whyKept(own, { storageKey })).toMatchObject({ state: 'NOT_FOUND' })
  const viewer = { ...ctx, actor: { ...ctx.actor, role: 'VIEWER' as const } }
  expect(await whyKept(viewer, { storageKey })).toMatchObject({ state: 'NOT_FOUND' })
})

test('nobody learns anything of another workspace, but owners of the default one by a key', async () => {
  const [ctx, other] = [await buildCtx(database.db), await buildCtx(database.db)]
  const { media } = await buildPicture(other, imagesOf((await buildBlock(other)).id))
  const { media: orphan } = await buildOrphan(other)
  for (const sought of [media.id, media.sha256, media.storageKey, orphan.storageKey])
    expect(await whyKept(ctx, soughtBy(sought))).toMatchObject({ state: 'NOT_FOUND', storageKey: null })
  other.clock.ms += graceMs
  await collectGarbage(other)
  expect(await whyKept(ctx, soughtBy(orphan.storageKey))).toMatchObject({ state: 'NOT_FOUND' })
  const operator = asOperator(ctx)
  expect(await whyKept(operator, soughtBy(media.storageKey))).toMatchObject({
    state: 'LIVE',
    workspaceId: other.actor.workspaceId,
  })
  expect(await whyKept(operator, soughtBy(media.sha256))).toMatchObject({ state: 'NOT_FOUND' })
})

test.each([
  '',
  'x',
  '../etc/passwd',
  'files/../x',
  'files/1-jpg-000000000001/x',
  'other/1',
  'f'.repeat(64),
  newId(),
  'a\0b',
])('%j is nothing', async (text) => {
  const ctx = asOperator(await buildCtx(database.db))
  expect(await whyKept(ctx, soughtBy(text))).toMatchObject({ state: 'NOT_FOUND' })
})
