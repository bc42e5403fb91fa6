import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { collectGarbage } from '../../src/usecases/upkeep/collect-garbage.ts'
import { runPendingDeletions } from '../../src/usecases/upkeep/remove-objects.ts'
import { whyKept } from '../../src/usecases/upkeep/why-kept.ts'
import { graceMs } from '../../src/domain/garbage-collection.ts'
import { storedKey } from '../../src/domain/storage-key.ts'
import { checkMedia } from '../../src/usecases/media/check-media.ts'
import { buildBook, buildCtx, buildPicture, coverOf } from '../support/builders.ts'
import { asOperator, buildOrphan, dayMs } from '../support/upkeep/collecting.ts'
import { useDatabase } from '../support/database.ts'
import { testStore } from '../support/object-store.ts'
import { startProxy } from '../support/proxy.ts'
import { useBucket } from './under-test.ts'

describe.skipIf(!testStore)('an object store from which is removed', () => {
  const database = useDatabase()
  const { openNew } = useBucket()

  test('that is away keeps its objects on the list, and loses them when it is back', async () => {
    const proxy = await startProxy(testStore?.endpoint ?? '')
    const { storage } = await openNew({ endpoint: proxy.url })
    const ctx = { ...(await buildCtx(database.db)), storage }
    const { media: kept } = await buildPicture(ctx, coverOf('BOOK', (await buildBook(ctx)).id))
    const { media } = await buildOrphan(ctx, { derived: true })
    ctx.clock.ms += graceMs
    proxy.down()
    expect(await collectGarbage(ctx)).toMatchObject({ fileCount: 1, thumbnailCount: 10 })
    await expect(runPendingDeletions(ctx, ctx.log)).rejects.toThrow('The object store cannot be reached')
    expect(await whyKept(ctx, { storageKey: media.storageKey })).toMatchObject({
      state: 'PENDING_DELETION',
      attempts: 1,
      failure: expect.stringContaining('cannot be reached. Check S3_ENDPOINT') as string,
    })
    expect(await checkMedia(ctx)).toEqual([])
    await expect(collectGarbage(asOperator(ctx), { installation: true })).rejects.toThrow('cannot be reached')

    proxy.up()
    await runPendingDeletions(ctx, ctx.log)
    expect(await storage.size(storedKey(media.storageKey))).toBeNull()
    expect((await buffer(storage.read(storedKey(kept.storageKey)))).length).toBe(Number(kept.sizeBytes))
    proxy.close()
  }, 30_000)

  test('loses what no row knows, by its own clock too', async () => {
    const { storage, putForeign } = await openNew()
    const ctx = asOperator({ ...(await buildCtx(database.db)), storage })
    await buildPicture(ctx, coverOf('BOOK', (await buildBook(ctx)).id))
    await putForeign('files/1-jpg-000000000001')
    await putForeign('files/notes.txt')
    const collect = () => collectGarbage(ctx, { installation: true })
    expect(await collect()).toMatchObject({ unknownCount: 0, youngCount: 1, foreignCount: 1 })
    expect((await whyKept(ctx, { storageKey: 'files/1-jpg-000000000001' })).state).toBe('UNKNOWN')
    ctx.clock.ms += graceMs + dayMs
    expect(await collect()).toMatchObject({ unknownCount: 1, safetyLimit: null })
    await runPendingDeletions(ctx, ctx.log)
    expect(await storage.size('files/1-jpg-000000000001')).toBeNull()
    expect(await collect()).toMatchObject({ unknownCount: 0, foreignCount: 1 })
  })
})
