import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { graceMs } from '../../src/domain/garbage-collection.ts'
import { openLocalStorage } from '../../src/storage/local-storage.ts'
import { openS3Storage } from '../../src/storage/s3-storage.ts'
import { checkMedia } from '../../src/usecases/media/check-media.ts'
import { collectGarbage } from '../../src/usecases/upkeep/collect-garbage.ts'
import { ObjectsRefused, runPendingDeletions } from '../../src/usecases/upkeep/remove-objects.ts'
import { verifyStorage } from '../../src/usecases/upkeep/verify-storage.ts'
import { whyKept } from '../../src/usecases/upkeep/why-kept.ts'
import {
  buildBook,
  buildCtx,
  buildPicture,
  coverOf,
  removeTemporaryFolders,
  temporaryFolder,
} from '../support/builders.ts'
import { buildOrphan, isThere, purgeMedium } from '../support/upkeep/collecting.ts'
import { useDatabase } from '../support/database.ts'
import { dropDisk, smallDisk } from '../support/small-disk.ts'

const database = useDatabase()
removeTemporaryFolders()

const disk = smallDisk(4)
if (disk instanceof Error) console.log(`No test of a full or read-only disk: ${disk.message}`)

describe.skipIf(disk instanceof Error)('on a disk of its own', () => {
  const root = String(disk)
  const remount = (mode: 'ro' | 'rw') =>
    execFileSync('mount', ['-o', `remount,${mode}`, root], { stdio: 'pipe' })
  afterAll(() => dropDisk(root))

  test('that is read-only, trash and purge go on, and bytes go when it can be written again', async () => {
    const ctx = { ...(await buildCtx(database.db)), storage: await openLocalStorage(root) }
    const { media } = await buildOrphan(ctx)
    const { media: other } = await buildPicture(ctx, coverOf('BOOK', (await buildBook(ctx)).id))
    ctx.clock.ms += graceMs
    remount('ro')
    try {
      await purgeMedium(ctx, other.id)
      expect(await collectGarbage(ctx)).toMatchObject({ fileCount: 1 })
      const failed: unknown = await runPendingDeletions(ctx, ctx.log).catch((error: unknown) => error)
      expect(failed).toBeInstanceOf(ObjectsRefused)
      expect((failed as Error).message).toContain('EROFS')
      expect(await whyKept(ctx, { storageKey: media.storageKey })).toMatchObject({
        state: 'PENDING_DELETION',
        failure: expect.stringContaining('EROFS') as string,
      })
      expect(await isThere(root, media.storageKey)).toBe(true)
      expect(await checkMedia(ctx)).toEqual([])
      expect(await verifyStorage(ctx)).toMatchObject({ fileCount: 1, problemCount: 0 })
    } finally {
      remount('rw')
    }
    await runPendingDeletions(ctx, ctx.log)
    expect(await isThere(root, media.storageKey)).toBe(false)
  })

  test('that is full, purging and collecting make room for what is uploaded next', async () => {
    const ctx = { ...(await buildCtx(database.db)), storage: await openLocalStorage(root) }
    const { media } = await buildOrphan(ctx)
    ctx.clock.ms += graceMs
    const filler = join(root, 'filler')
    // Takes what there is.
    await writeFile(filler, Buffer.alloc(5 * 2 ** 20)).catch(() => {})
    const book = await buildBook(ctx)
    await expect(buildPicture(ctx, coverOf('BOOK', book.id))).rejects.toThrow(/ENOSPC/)
    await collectGarbage(ctx)
    await runPendingDeletions(ctx, ctx.log)
    expect(await isThere(root, media.storageKey)).toBe(false)
    await rm(filler)
    await buildPicture(ctx, coverOf('BOOK', book.id))
    expect(await checkMedia(ctx)).toEqual([])
  })
})

/** What answers the requests of an S3 client: with an error, late, or well. */
async function startStore() {
  const store = { answer: 204, lateMs: 0, requests: 0 }
  const codes: Record<number, string> = { 500: 'InternalError', 503: 'SlowDown' }
  const server = createServer((_request, response) => {
    store.requests += 1
    void delay(store.lateMs).then(() => {
      const code = codes[store.answer]
      response.writeHead(store.answer, { 'content-type': 'application/xml' })
      response.end(code && `<?xml version="1.0"?><Error><Code>${code}</Code><Message>No.</Message></Error>`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { store, endpoint, close: () => server.close() }
}

test.each([500, 503])(
  'an object store that answers %i keeps nothing from going on, and loses its objects later',
  async (status) => {
    const { store, endpoint, close } = await startStore()
    const local = await buildCtx(database.db)
    const { media } = await buildOrphan(local, { derived: true })
    const config = { endpoint, region: 'us-east-1', bucket: 'bucket', prefix: '', forcePathStyle: true }
    const keys = { accessKeyId: 'key', secretAccessKey: 'secret' }
    const ctx = { ...local, storage: await openS3Storage({ ...config, keys }, await temporaryFolder()) }
    ctx.clock.ms += graceMs
    expect(await collectGarbage(ctx)).toMatchObject({ fileCount: 1, thumbnailCount: 10 })

    store.answer = status
    await expect(runPendingDeletions(ctx, ctx.log)).rejects.toThrow(
      'The object store is too busy to answer. Try again later',
    )
    expect(await whyKept(ctx, { storageKey: media.storageKey })).toMatchObject({
      state: 'PENDING_DELETION',
      failure: expect.stringContaining(status === 503 ? 'SlowDown' : 'InternalError') as string,
    })
    expect(await checkMedia(ctx)).toEqual([])

    // It is slow when it comes back, which harms nobody.
    Object.assign(store, { answer: 204, lateMs: 300 })
    const waiting = runPendingDeletions(ctx, ctx.log)
    await purgeMedium(ctx, (await buildPicture(local, coverOf('BOOK', (await buildBook(ctx)).id))).media.id)
    await waiting
    const { workspaceId } = ctx.actor
    expect(await ctx.db.prisma.pendingDeletion.count({ where: { workspaceId } })).toBe(0)
    close()
  },
)
