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
import { assertCan, assertCanOperate } from '../../domain/access.ts'
import {
  collectableSince,
  type CollectedObject,
  type GarbageCollectionReport,
  nothingCollected,
} from '../../domain/garbage-collection.ts'
import { collectObjects } from './collect-objects.ts'
import type { Ctx } from '../context.ts'

/** Blobs that one transaction removes at most, each with up to eight thumbnails. */
const batchBlobs = 200
/** So many of the things that go are in the report. */
const mostExamples = 100

export interface Collection {
  /** Says what would go, and takes nothing. */
  readonly dryRun?: boolean
  /** Also objects that no row of any workspace knows. */
  readonly installation?: boolean
  /** Takes such objects however many they are. */
  readonly force?: boolean
  /** What an attempt before this one has taken. */
  readonly before?: GarbageCollectionReport | undefined
  /** Ends it between two batches; run again, it goes on. */
  readonly signal?: AbortSignal
  readonly onProgress?: (
    report: GarbageCollectionReport,
    done: number,
    total: number | null,
  ) => Promise<void> | void
  /** Told of everything that goes. */
  readonly onThing?: (thing: CollectedObject) => void
}

/** What a collection adds to its report, and tells of it. */
export interface Tally {
  report: GarbageCollectionReport
  add(change: Partial<GarbageCollectionReport>, things?: readonly CollectedObject[]): void
}

function openTally({ dryRun = false, before = nothingCollected, onThing }: Collection): Tally {
  const tally: Tally = {
    report: { ...before, dryRun, safetyLimit: null },
    add: (change, things = []) => {
      const room = mostExamples - tally.report.examples.length
      const examples = room > 0 ? [...tally.report.examples, ...things.slice(0, room)] : tally.report.examples
      tally.report = { ...tally.report, ...change, examples }
      for (const thing of things) onThing?.(thing)
    },
  }
  return tally
}

/**
 * Collects what nobody has needed for 7 days: the workspace's blobs without a medium, and on request the objects in the storage
 * that no row knows. Rows go here; a job removes the bytes after them. Can be ended at any moment and run again.
 */
export async function collectGarbage(
  ctx: Ctx,
  collection: Collection = {},
): Promise<GarbageCollectionReport> {
  assertCan(ctx.actor, 'purge')
  if (collection.installation) assertCanOperate(ctx.actor)
  const tally = openTally(collection)
  await collectBlobs(ctx, collection, tally)
  if (collection.installation && !collection.signal?.aborted) await collectObjects(ctx, collection, tally)
  return tally.report
}

/** Collects the objects in the storage that no row of any workspace knows, and adds them to what was collected before. */
export async function collectUnknown(ctx: Ctx, collection: Collection): Promise<GarbageCollectionReport> {
  assertCanOperate(ctx.actor)
  const tally = openTally(collection)
  await collectObjects(ctx, collection, tally)
  return tally.report
}

async function collectBlobs(ctx: Ctx, collection: Collection, tally: Tally) {
  const { workspaceId } = ctx.actor
  const until = collectableSince(ctx.now())
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

/** Removes the rows of blobs that still have no medium, and has their bytes removed. */
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
