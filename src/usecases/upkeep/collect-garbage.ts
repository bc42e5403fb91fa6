import {
  addPendingDeletions,
  beforeAllOrphans,
  countOrphans,
  lockOrphans,
  orphans,
  type OrphanRow,
  removeBlobs,
  thumbnailsOfBlobs,
} from '../../db/upkeep/garbage.ts'
import { transact } from '../../db/client.ts'
import { assertCanInScope, assertCanOperate } from '../../domain/access.ts'
import type { CollectedObject, GarbageCollectionReport } from '../../domain/garbage-collection.ts'
import { collectedUntil, collectObjects } from './collect-objects.ts'
import type { Ctx } from '../context.ts'
import { type GarbageCollection, openTally, type Tally } from './tally.ts'

/** The most blobs that one transaction removes, each with some ten thumbnails. */
const batchBlobs = 200

/**
 * Collects what nobody has needed for 7 days: the workspace's blobs without a medium, and on request the objects in the
 * storage that no row knows. It removes the rows; a job removes the bytes afterwards. Run again, it continues.
 */
export async function collectGarbage(
  ctx: Ctx,
  collection: GarbageCollection = {},
): Promise<GarbageCollectionReport> {
  assertCanInScope(ctx.actor, 'purge', collection)
  const tally = openTally(collection)
  await collectBlobs(ctx, collection, tally)
  if (collection.installation && !collection.signal?.aborted) await collectObjects(ctx, collection, tally)
  return tally.report
}

/** Collects the objects in the storage that no row of any workspace knows, and adds them to an earlier report. */
export async function collectUnknown(
  ctx: Ctx,
  collection: GarbageCollection,
): Promise<GarbageCollectionReport> {
  assertCanOperate(ctx.actor)
  const tally = openTally(collection)
  await collectObjects(ctx, collection, tally)
  return tally.report
}

async function collectBlobs(ctx: Ctx, collection: GarbageCollection, tally: Tally) {
  const { workspaceId } = ctx.actor
  const until = await collectedUntil(ctx, collection)
  const total = await countOrphans(ctx.db, workspaceId, until)
  let looked = 0
  for (let after: OrphanRow | typeof beforeAllOrphans = beforeAllOrphans; !collection.signal?.aborted;) {
    const page: OrphanRow[] = await orphans(ctx.db, workspaceId, until, after, batchBlobs)
    const last = page.at(-1)
    if (!last) return
    const { blobs, derived } = collection.dryRun
      ? { blobs: page, derived: await thumbnailsOfBlobs(ctx.db, workspaceId, idsOf(page)) }
      : await takeBlobs(ctx, until, page)
    const since = new Map(blobs.map(({ id, orphanedAt }) => [id, orphanedAt.toISOString()]))
    const { report } = tally
    tally.add(
      {
        fileCount: report.fileCount + blobs.length,
        fileBytes: report.fileBytes + bytesOf(blobs),
        thumbnailCount: report.thumbnailCount + derived.length,
        thumbnailBytes: report.thumbnailBytes + bytesOf(derived),
      },
      [
        ...blobs.map((blob) => thing(blob, 'ORPHANED', since.get(blob.id))),
        ...derived.map((thumbnail) => thing(thumbnail, 'THUMBNAIL', since.get(thumbnail.blobId))),
      ],
    )
    looked += page.length
    await collection.onProgress?.(tally.report, looked, Math.max(total, looked))
    after = last
  }
}

/** Removes the rows of blobs that still have no media item, and enqueues the removal of their bytes. */
async function takeBlobs(ctx: Ctx, until: Date, page: readonly OrphanRow[]) {
  const { workspaceId } = ctx.actor
  return transact(ctx.db, async (tx) => {
    const blobs = await lockOrphans(tx, workspaceId, until, idsOf(page))
    if (blobs.length === 0) return { blobs, derived: [] }
    const derived = await removeBlobs(tx, workspaceId, idsOf(blobs))
    await addPendingDeletions(tx, workspaceId, [...blobs, ...derived], ctx.now())
    await ctx.queue.enqueue(tx, 'remove-objects', {})
    return { blobs, derived }
  })
}

const idsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id)

const bytesOf = (objects: readonly { readonly sizeBytes: bigint }[]) =>
  objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0n)

const thing = (
  { storageKey, sizeBytes }: { readonly storageKey: string; readonly sizeBytes: bigint },
  why: CollectedObject['why'],
  since = '',
): CollectedObject => ({ storageKey, sizeBytes, why, since })
