import { transact, type Tx } from '../../db/client.ts'
import { countTombstones, eraseTombstones } from '../../db/trash/tombstones.ts'
import {
  countPurged,
  type Due,
  lockPurged,
  markPurged,
  type PurgedDeletion,
} from '../../db/trash/due-deletions.ts'
import {
  emptyHolders,
  type HolderTable,
  holderTables,
  type PurgedMedium,
  releaseTags,
  removeDeletions,
  removeHanging,
  removeHolders,
  removeMedia,
  uncountReferences,
} from '../../db/trash/purge-rows.ts'
import { giveBackBytes } from '../../db/media/quota.ts'
import { lockAssociations, lockTagTree } from '../../db/tags/tag-tree.ts'
import { assertCan } from '../../domain/access.ts'
import { nothingPurged, type PurgeReport } from '../../domain/purge.ts'
import { zeroUuid } from '../../domain/text.ts'
import { laterNow } from '../clocks.ts'
import { record } from '../audit.ts'
import type { Ctx } from '../context.ts'
import { recordWrite } from '../media-events.ts'
import { planPurge } from './plan-purge.ts'

/**
 * The maximum number of rows that one transaction removes. It holds its locks for tens of milliseconds, so that readers
 * and writers are not delayed.
 */
const batchRows = 1_000
/** The maximum number of deletions that one transaction reads, marks or removes. */
const batchDeletions = 500

/** Another run is purging the trash of the workspace. */
export class PurgeUnderWay extends Error {
  override readonly name = 'PurgeUnderWay'
}

interface Purge {
  /**
   * What to purge besides what is already marked: due deletions, or everything that was in the trash at a time;
   * undefined: nothing.
   */
  readonly due?: Due | undefined
  /** Ignores the safety limit. */
  readonly force?: boolean
  /** The result of earlier attempts. */
  readonly before?: PurgeReport | undefined
  /** Stops between two batches; the next run continues. */
  readonly signal?: AbortSignal
  /** How long to wait for another run of the workspace, in milliseconds. Default: not at all. */
  readonly waitMs?: number
  /** Stores the result so far, in the transaction that removed it. */
  readonly keep?: (tx: Tx, report: PurgeReport, total: number) => Promise<void>
  readonly onProgress?: (report: PurgeReport, total: number) => void
}

/**
 * Permanently removes the workspace's trash. First marks the deletions, which then have left the trash, then removes
 * their rows in batches. Can be interrupted at any time and run again; one run at a time. Throws `PurgeUnderWay`.
 */
export async function purgeTrash(ctx: Ctx, purge: Purge): Promise<PurgeReport> {
  assertCan(ctx.actor, 'purge')
  const { workspaceId } = ctx.actor
  // Others need not interrupt the holder of this lock: it does the same work.
  const lock = await ctx.locks.take(`purge ${workspaceId}`, purge.waitMs ?? 0, () => {})
  if (!lock) throw new PurgeUnderWay('Another process is purging this trash. The purge is retried later.')
  try {
    const { due } = purge
    const stopped = due && !purge.force ? (await planPurge(ctx, due)).safetyLimit : null
    if (due && !stopped) await markDue(ctx, due, purge.signal)
    const report = await removePurged(ctx, purge)
    await recordPurge(ctx, report, purge.before)
    return { ...report, safetyLimit: stopped }
  } finally {
    await lock.free()
  }
}

/** Records how much this run removed. Who wanted it is recorded with the request. */
async function recordPurge(ctx: Ctx, report: PurgeReport, before = nothingPurged) {
  const itemCount = report.itemCount - before.itemCount
  const deletionCount = report.deletionCount - before.deletionCount
  if (itemCount + deletionCount === 0) return
  const freedBytes = String(report.freedBytes - before.freedBytes)
  await record(ctx, ctx.db, { action: 'TRASH_PURGED', details: { deletionCount, itemCount, freedBytes } })
}

async function markDue(ctx: Ctx, due: Due, signal: AbortSignal | undefined) {
  const by = ctx.actor.id
  for (let found = batchDeletions; found === batchDeletions && !signal?.aborted;) {
    found = await transact(ctx.db, async (tx) => {
      const mark = { at: ctx.now(), by, limit: batchDeletions }
      return (await markPurged(tx, ctx.actor.workspaceId, due, mark)).found
    })
  }
}

/**
 * Removes the rows of marked deletions in batches, from the first deletion to the last, and repeats until nothing more
 * can go: an item that still contained others may be empty afterwards, and new deletions may have been marked
 * meanwhile.
 */
async function removePurged(
  ctx: Ctx,
  { before = nothingPurged, signal, keep, onProgress }: Purge,
): Promise<PurgeReport> {
  let report: PurgeReport = { ...before, heldItemCount: 0, safetyLimit: null }
  const left = report.itemCount + (await countPurged(ctx.db, ctx.actor.workspaceId))
  for (let again = true; again && !signal?.aborted;) {
    again = false
    report = { ...report, heldItemCount: 0 }
    for (let after: string | undefined = zeroUuid; after !== undefined && !signal?.aborted;) {
      const [from, sofar]: [string, PurgeReport] = [after, report]
      const { next, sum } = await transact(ctx.db, async (tx) => {
        const batch = await removeBatch(ctx, tx, from)
        const added = add(sofar, batch)
        await keep?.(tx, added, Math.max(left, added.itemCount))
        return { next: batch.next, sum: added }
      })
      again ||= sum.itemCount > report.itemCount || sum.deletionCount > report.deletionCount
      report = sum
      after = next
      onProgress?.(report, Math.max(left, report.itemCount))
    }
  }
  return report
}

interface Batch {
  readonly deletions: number
  readonly items: number
  readonly held: number
  readonly orphaned: number
  readonly bytes: bigint
}

const add = (report: PurgeReport, batch: Batch): PurgeReport => ({
  deletionCount: report.deletionCount + batch.deletions,
  itemCount: report.itemCount + batch.items,
  orphanedFileCount: report.orphanedFileCount + batch.orphaned,
  freedBytes: report.freedBytes + batch.bytes,
  heldItemCount: report.heldItemCount + batch.held,
  safetyLimit: null,
})

/** Removes some rows of the purged deletions after an ID. `next` is where to continue, undefined at the end. */
async function removeBatch(ctx: Ctx, tx: Tx, after: string) {
  const { workspaceId } = ctx.actor
  const deletions = await lockPurged(tx, workspaceId, after, batchDeletions)
  const last = deletions.at(-1)
  const nothing: Batch = { deletions: 0, items: 0, held: 0, orphaned: 0, bytes: 0n }
  if (!last) return { ...nothing, next: undefined }
  const ids = deletions.map(({ id }) => id)
  const ofTags = deletions.some(({ kind }) => kind === 'TAG')
  // A merge attaches tags to objects that are being removed, and removing a tag changes the counts of objects without
  // locking them.
  await lockAssociations(tx, workspaceId, ofTags ? 'exclusive' : 'shared')
  if (ofTags) await lockTagTree(tx, workspaceId)

  let room = batchRows
  if (ofTags) room -= await releaseTags(tx, workspaceId, ids, room)
  const media = await removeMedia(tx, workspaceId, ids, room)
  room -= media.length
  let items = media.length
  for (const table of holderTables) {
    const removed = await removeEmpty(tx, table, workspaceId, ids, room)
    room = removed.room
    items += removed.items
  }
  const freed = await recordPurged(ctx, tx, deletions, media)
  // There may be more of these.
  if (room <= 0) return { ...nothing, ...freed, items, next: after }
  const gone = await removeDeletions(tx, workspaceId, ids)
  if (gone === ids.length) return { ...freed, items, deletions: gone, held: 0, next: last.id }
  room -= await eraseTombstones(tx, workspaceId, ids, room)
  if (room <= 0) return { ...nothing, ...freed, items, deletions: gone, next: after }
  return {
    ...freed,
    items,
    deletions: gone,
    held: await countTombstones(tx, workspaceId, ids),
    next: last.id,
  }
}

/**
 * Removes rows of a table that contain nothing, as long as there is room for them and their dependent rows. Removing a
 * tag may leave its parent empty.
 */
async function removeEmpty(
  tx: Tx,
  table: HolderTable,
  workspaceId: string,
  deletionIds: readonly string[],
  room: number,
) {
  let left = room
  let items = 0
  while (left > 0) {
    const ids = await emptyHolders(tx, table, workspaceId, deletionIds, left)
    if (ids.length === 0) break
    left -= await removeHanging(tx, table, workspaceId, ids, left)
    if (left <= 0) break
    await removeHolders(tx, table, workspaceId, ids)
    left -= ids.length
    items += ids.length
    if (table !== 'tags') break
  }
  return { room: left, items }
}

/** Updates the counts of the blobs and the charged bytes of the workspace, and records what was removed and by whom. */
async function recordPurged(
  ctx: Ctx,
  tx: Tx,
  deletions: readonly PurgedDeletion[],
  media: readonly PurgedMedium[],
) {
  if (media.length === 0) return { orphaned: 0, bytes: 0n }
  const { workspaceId } = ctx.actor
  for (const by of new Set(deletions.map(({ purgedBy }) => purgedBy))) {
    const theirs = new Set(deletions.filter(({ purgedBy }) => purgedBy === by).map(({ id }) => id))
    const mediaIds = media.filter(({ deletionId }) => theirs.has(deletionId)).map(({ id }) => id)
    if (mediaIds.length === 0) continue
    const changes = [{ change: 'purge', mediaIds }] as const
    const outcome = { decision: 'REPLACE', mediaIds, changes } as const
    await recordWrite({ ...ctx, actor: { ...ctx.actor, id: by } }, tx, { operation: 'PURGE' }, outcome)
  }
  const blobIds = media.map(({ blobId }) => blobId)
  const since = await laterNow({ ...ctx, db: tx })
  const freed = await uncountReferences(tx, workspaceId, blobIds, since)
  if (freed.bytes > 0n) await giveBackBytes(tx, workspaceId, freed.bytes)
  return freed
}
