import { addPendingDeletions, unknownKeys } from '../../db/upkeep/garbage.ts'
import { transact } from '../../db/client.ts'
import {
  collectableSince,
  type CollectedObject,
  exceedsCollectionSafetyLimit,
  unknownSince,
} from '../../domain/garbage-collection.ts'
import type { StorageCategory } from '../../domain/storage-key.ts'
import type { StoredObject } from '../../storage/file-storage.ts'
import { earlier, earlierNow } from '../clocks.ts'
import type { Ctx } from '../context.ts'
import type { GarbageCollection, Tally } from './tally.ts'

const categories: readonly StorageCategory[] = ['files', 'thumbnails']

interface UnknownObject extends StoredObject {
  readonly since: Date
}

/** What was last used by this time is collected. */
export async function collectedUntil(ctx: Ctx, { asOf }: GarbageCollection): Promise<Date> {
  const now = await earlierNow(ctx)
  return collectableSince(asOf ? earlier(asOf, now) : now)
}

/**
 * Collects objects that no row of any workspace knows. It lists the storage twice: the first time it only counts, for
 * the safety limit, so that it need not keep the list in memory.
 */
export async function collectObjects(ctx: Ctx, collection: GarbageCollection, tally: Tally): Promise<void> {
  const until = await collectedUntil(ctx, collection)
  const { items, bytes, known, unknown } = await survey(ctx, collection, tally, until)
  if (collection.signal?.aborted) return
  const safetyLimit = collection.force
    ? undefined
    : exceedsCollectionSafetyLimit({ items, bytes }, { known, unknown }, ctx.limits.purge)
  if (safetyLimit) tally.add({ safetyLimit })
  if (safetyLimit || items === 0 || collection.dryRun) return
  for (const category of categories) {
    for await (const { objects } of ctx.storage.list(category)) {
      if (collection.signal?.aborted) return
      const old = (await unknownOf(ctx, objects)).filter(({ since }) => since <= until)
      if (old.length > 0) await takeObjects(ctx, old, tally)
      await collection.onProgress?.(tally.report, tally.report.unknownCount, items)
    }
  }
}

/** Counts the objects. In a dry run it also reports those that would go. */
async function survey(ctx: Ctx, collection: GarbageCollection, tally: Tally, until: Date) {
  const sum = { items: 0, bytes: 0n, known: 0, unknown: 0 }
  // The attempt before this one may have counted already.
  tally.add({ listedCount: 0, foreignCount: 0, youngCount: 0, youngBytes: 0n })
  for (const category of categories) {
    for await (const { objects, others } of ctx.storage.list(category)) {
      if (collection.signal?.aborted) return sum
      const unknown = await unknownOf(ctx, objects)
      const [old, young] = [
        unknown.filter(({ since }) => since <= until),
        unknown.filter(({ since }) => since > until),
      ]
      sum.items += old.length
      sum.bytes += bytesOf(old)
      if (category === 'files') {
        sum.known += objects.length - unknown.length
        sum.unknown += unknown.length
      }
      const { report } = tally
      tally.add({
        listedCount: report.listedCount + objects.length,
        foreignCount: report.foreignCount + others,
        youngCount: report.youngCount + young.length,
        youngBytes: report.youngBytes + bytesOf(young),
      })
      if (collection.dryRun) addTaken(tally, old)
      await collection.onProgress?.(tally.report, tally.report.listedCount, null)
    }
  }
  return sum
}

async function unknownOf(ctx: Ctx, objects: readonly StoredObject[]): Promise<UnknownObject[]> {
  if (objects.length === 0) return []
  const unknown = await unknownKeys(
    ctx.db,
    objects.map(({ key }) => key),
  )
  return objects
    .filter(({ key }) => unknown.has(key))
    .map((object) => ({ ...object, since: unknownSince(object) }))
}

/** Has objects removed, unless a row knows them by now. */
async function takeObjects(ctx: Ctx, objects: readonly UnknownObject[], tally: Tally) {
  const asked = objects.map(({ key, sizeBytes }) => ({ storageKey: key, sizeBytes: BigInt(sizeBytes) }))
  const gone = await transact(ctx.db, async (tx) => {
    await ctx.queue.enqueue(tx, 'remove-objects', {})
    return addPendingDeletions(tx, ctx.actor.workspaceId, asked, ctx.now())
  })
  addTaken(
    tally,
    objects.filter(({ key }) => gone.has(key)),
  )
}

function addTaken(tally: Tally, objects: readonly UnknownObject[]) {
  const { report } = tally
  const things = objects.map(({ key, sizeBytes, since }): CollectedObject => {
    return { storageKey: key, sizeBytes: BigInt(sizeBytes), why: 'UNKNOWN', since: since.toISOString() }
  })
  const change = {
    unknownCount: report.unknownCount + objects.length,
    unknownBytes: report.unknownBytes + bytesOf(objects),
  }
  tally.add(change, things)
}

const bytesOf = (objects: readonly StoredObject[]) =>
  objects.reduce((sum, { sizeBytes }) => sum + BigInt(sizeBytes), 0n)
