import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { AccessDenied } from '../../../src/domain/access.ts'
import { graceMs } from '../../../src/domain/garbage-collection.ts'
import { thumbnailKey, fileKey, type StorageKey, storedKey } from '../../../src/domain/storage-key.ts'
import { collectGarbage } from '../../../src/usecases/upkeep/collect-garbage.ts'
import { newId } from '../../../src/usecases/context.ts'
import { renderThumbnails } from '../../../src/usecases/media/render-thumbnails.ts'
import { buildBook, buildCtx, buildPicture, coverOf, removeTemporaryFolders } from '../../support/builders.ts'
import {
  asOperator,
  buildOrphan,
  dayMs,
  drain,
  isThere,
  minuteMs,
  putObject,
} from '../../support/upkeep/collecting.ts'
import { useDatabase } from '../../support/database.ts'

const database = useDatabase()
removeTemporaryFolders()
beforeEach(() => database.db.pool.query('delete from pending_deletions'))

let number = 0
const keyMadeAt = (ms: number) => fileKey(ms, 'jpg', (number += 1))

/** An installation that knows the one original in its storage, at the time of its clock. */
async function installation() {
  const ctx = await buildCtx(database.db)
  const { media } = await buildPicture(ctx, coverOf('BOOK', (await buildBook(ctx)).id))
  ctx.clock.ms += 400 * dayMs
  const put = async (madeMs: number, writtenMs: number) => {
    const key = keyMadeAt(madeMs)
    await putObject(ctx.storageRoot, key, new Date(writtenMs))
    return key
  }
  return { ctx: asOperator(ctx), known: media.storageKey, put, now: ctx.clock.ms }
}

test('objects that no row knows go when they are there for 7 days by both clocks', async () => {
  const { ctx, known, put, now } = await installation()
  const old = now - graceMs
  const go = [await put(old, old), await put(old - dayMs, old), await put(old, old - 90 * dayMs)]
  const stay = [
    // The clock of the store or of the server may be behind or ahead.
    await put(old + 1, old - 90 * dayMs),
    await put(old - 90 * dayMs, old + minuteMs),
    await put(now + 90 * dayMs, old),
    await put(old, now + 90 * dayMs),
  ]
  await putObject(ctx.storageRoot, 'files/notes.txt', new Date(0))
  const counts = {
    unknownCount: 3,
    unknownBytes: 30n,
    youngCount: 4,
    youngBytes: 40n,
    foreignCount: 1,
    listedCount: 8,
  }

  const plan = await collectGarbage(ctx, { installation: true, dryRun: true })
  expect(plan).toMatchObject({ ...counts, safetyLimit: null })
  expect(plan.examples.map(({ storageKey, why }) => [storageKey, why]).sort()).toEqual(
    go.map((key) => [key, 'UNKNOWN']).sort(),
  )
  expect(await readdir(join(ctx.storageRoot, 'files'))).toHaveLength(9)
  expect(await collectGarbage(ctx, { installation: true })).toMatchObject(counts)
  expect(await drain(ctx)).toMatchObject({ removedCount: 3 })
  for (const key of go) expect(await isThere(ctx.storageRoot, key)).toBe(false)
  for (const key of [...stay, known, 'files/notes.txt'])
    expect(await isThere(ctx.storageRoot, key)).toBe(true)
  expect(await collectGarbage(ctx, { installation: true })).toMatchObject({ unknownCount: 0, youngCount: 4 })
})

test('what a row knows stays, in whichever workspace, also what waits for its removal', async () => {
  const own = await buildCtx(database.db)
  const { media } = await buildPicture(own, coverOf('BOOK', (await buildBook(own)).id))
  await renderThumbnails(own, { blobId: media.blobId })
  await buildOrphan(own)
  own.clock.ms += 400 * dayMs
  await collectGarbage(own)
  const ctx = asOperator(own)
  expect(await collectGarbage(ctx, { installation: true })).toMatchObject({
    unknownCount: 0,
    youngCount: 0,
    listedCount: 12,
  })
})

test('a picture that is derived while its file is collected is left to the other direction', async () => {
  const ctx = await buildCtx(database.db)
  const { blobId } = await buildOrphan(ctx)
  await buildPicture(ctx, coverOf('BOOK', (await buildBook(ctx)).id))
  ctx.clock.ms += graceMs
  let collected = false
  const storage = {
    ...ctx.storage,
    putThumbnail: async (key: StorageKey, bytes: Uint8Array) => {
      if (!collected) expect(await collectGarbage(ctx)).toMatchObject({ fileCount: 1 })
      collected = true
      await ctx.storage.putThumbnail(key, bytes)
    },
  }
  await expect(renderThumbnails({ ...ctx, storage }, { blobId })).rejects.toThrow()
  // Tried again, the job finds that there is nothing to do.
  expect(await renderThumbnails(ctx, { blobId })).toEqual({ made: 0, removed: 0, failure: null })
  await drain(ctx)
  const left = await readdir(join(ctx.storageRoot, 'thumbnails'))
  expect(left.length).toBeGreaterThan(0)
  expect(await collectGarbage(asOperator(ctx), { installation: true })).toMatchObject({ unknownCount: 0 })
  ctx.clock.ms += graceMs + dayMs
  expect(await collectGarbage(asOperator(ctx), { installation: true })).toMatchObject({
    unknownCount: left.length,
  })
  await drain(ctx)
  expect(await readdir(join(ctx.storageRoot, 'thumbnails'))).toEqual([])
})

test('a database that knows none of the originals takes nothing, until it is told to', async () => {
  const ctx = asOperator(await buildCtx(database.db))
  const key = keyMadeAt(0)
  await putObject(ctx.storageRoot, key, new Date(0))
  await putObject(ctx.storageRoot, thumbnailKey(newId(), 'small-1-webp'), new Date(0))
  const report = await collectGarbage(ctx, { installation: true })
  expect(report).toMatchObject({
    unknownCount: 0,
    safetyLimit: { reason: 'MOSTLY_UNKNOWN', objectCount: 1, bytes: 10n },
  })
  expect(report.safetyLimit?.message).toContain('The database knows only 0 of the 1 originals in the storage')
  expect(await drain(ctx)).toMatchObject({ removedCount: 0 })
  const overridden = await collectGarbage(ctx, { installation: true, force: true })
  expect(overridden).toMatchObject({ unknownCount: 1, safetyLimit: null })
  await drain(ctx)
  expect(await isThere(ctx.storageRoot, key)).toBe(false)
})

test('a storage most of whose originals are unknown is let be, one with a few is not', async () => {
  const { ctx, put } = await installation()
  for (let count = 0; count < 100; count += 1) await put(count, 0)
  expect(await collectGarbage(ctx, { installation: true, dryRun: true })).toMatchObject({
    unknownCount: 100,
    safetyLimit: null,
  })
  await put(100, 0)
  expect(await collectGarbage(ctx, { installation: true })).toMatchObject({
    unknownCount: 0,
    safetyLimit: { reason: 'MOSTLY_UNKNOWN', objectCount: 101 },
  })
})

test('a collection that is larger than the safety limit allows takes nothing and says so, one of its size is done', async () => {
  const { ctx, put } = await installation()
  for (let count = 0; count < 3; count += 1) await put(count, 0)
  const limited = (items: number, bytes: bigint) => ({
    ...ctx,
    limits: { ...ctx.limits, purge: { items, bytes } },
  })
  for (const [items, bytes] of [
    [2, 1000n],
    [10, 29n],
  ] as const)
    expect(await collectGarbage(limited(items, bytes), { installation: true })).toMatchObject({
      unknownCount: 0,
      safetyLimit: { reason: 'TOO_MUCH', objectCount: 3, bytes: 30n },
    })
  expect(await collectGarbage(limited(3, 30n), { installation: true })).toMatchObject({
    unknownCount: 3,
    safetyLimit: null,
  })
})

test('an object that a row comes to know between the look and the removal stays', async () => {
  const { ctx, put } = await installation()
  const key = await put(0, 0)
  await collectGarbage(ctx, { installation: true })
  const other = await buildCtx(database.db)
  await database.db.pool.query(
    `insert into blobs (workspace_id, id, storage_key, sha256, size_bytes, mime_type, extension, orphaned_at, created_at)
     values ($1, $2, $3, repeat('a', 64), 10, 'image/png', 'png', now(), now())`,
    [other.actor.workspaceId, newId(), key],
  )
  expect(await drain(ctx)).toMatchObject({ removedCount: 0 })
  expect(await ctx.storage.size(storedKey(key))).toBe(10)
  expect(await database.db.prisma.pendingDeletion.count()).toBe(0)
})

test('only owners of the default workspace collect the installation', async () => {
  const ctx = await buildCtx(database.db)
  await expect(collectGarbage(ctx, { installation: true })).rejects.toThrow(AccessDenied)
  const operator = asOperator(ctx)
  const editor = { ...operator, actor: { ...operator.actor, role: 'EDITOR' as const } }
  await expect(collectGarbage(editor, { installation: true })).rejects.toThrow(AccessDenied)
})
