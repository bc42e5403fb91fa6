import { transact, type Tx } from '../../db/client.ts'
import { countTombstones, eraseTombstones } from '../../db/trash/tombstones.ts'
import {
  countPurged,
  type Due,
  lockPurged,
  markPurged,
  type PurgedDeletion,
  sizeOfDue,
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
import { exceedsPurgeSafetyLimit, nothingPurged, type PurgeReport } from '../../domain/purge.ts'
import { zeroUuid } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'
import { recordWrite } from '../media-events.ts'

/** Rows that one transaction removes at most. Each locks for tens of milliseconds, so that readers and writers get between. */
const batchRows = 1_000
/** Deletions that one transaction looks at, marks or removes at most. */
const batchDeletions = 500

/** Another run is removing the trash of the workspace. */
export class PurgeUnderWay extends Error {
  override readonly name = 'PurgeUnderWay'
}

export interface Purge {
  /** What to purge besides what is marked already: what is due, or all that was in the trash at a time; undefined: nothing. */
  readonly due?: Due | undefined
  /** Removes however much there is. */
  readonly force?: boolean
  /** What an attempt before this one has removed. */
  readonly before?: PurgeReport | undefined
  /** Ends it between two batches; run again, it goes on. */
  readonly signal?: AbortSignal
  /** How long to wait for another run of the workspace, in milliseconds. Default: not at all. */
  readonly waitMs?: number
  /** Keeps what was removed so far in the transaction that removed it. */
  readonly keep?: (tx: Tx, report: PurgeReport, total: number) => Promise<void>
  readonly onProgress?: (report: PurgeReport, total: number) => void
}

/** What a purge would remove, without doing it. */
export async function planPurge(ctx: Pick<Ctx, 'db' | 'actor' | 'limits'>, due: Due) {
  assertCan(ctx.actor, 'purge')
  const size = await sizeOfDue(ctx.db, ctx.actor.workspaceId, due)
  return { ...size, safetyLimit: exceedsPurgeSafetyLimit(size, ctx.limits.purge) ?? null }
}

/**
 * Removes the workspace's trash for good: first marks all that is to go, which is when it leaves the trash, then removes its rows
 * in batches. Can be ended at any moment and run again; one run at a time. Throws `PurgeUnderWay`.
 */
export async function purgeTrash(ctx: Ctx, purge: Purge): Promise<PurgeReport> {
  assertCan(ctx.actor, 'purge')
  const { workspaceId } = ctx.actor
  // Others ask for it in vain: whoever has it is at the same work.
  const lock = await ctx.locks.take(`purge ${workspaceId}`, purge.waitMs ?? 0, () => {})
  if (!lock) throw new PurgeUnderWay('Another process is purging this trash. The purge is retried later.')
  try {
    const { due } = purge
    const stopped = due && !purge.force ? (await planPurge(ctx, due)).safetyLimit : null
    if (due && !stopped) await markDue(ctx, due, purge.signal)
    return { ...(await removePurged(ctx, purge)), safetyLimit: stopped }
  } finally {
    await lock.free()
  }
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
 * Removes the rows of what is marked, some at a time, from the first deletion to the last, until there is nothing that goes: what
 * holds something of others may hold nothing after them, and somebody may have marked more meanwhile.
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

/** Removes some rows of the purged deletions after an id; `next` is where to go on, undefined at the end. */
async function removeBatch(ctx: Ctx, tx: Tx, after: string) {
  const { workspaceId } = ctx.actor
  const deletions = await lockPurged(tx, workspaceId, after, batchDeletions)
  const last = deletions.at(-1)
  const nothing: Batch = { deletions: 0, items: 0, held: 0, orphaned: 0, bytes: 0n }
  if (!last) return { ...nothing, next: undefined }
  const ids = deletions.map(({ id }) => id)
  const ofTags = deletions.some(({ kind }) => kind === 'TAG')
  // A merge gives tags to what is being removed; and what has a tag that is being removed is counted off without its lock.
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
 * Removes rows of a table that hold nothing, while there is room for them and for what hangs on them. With each tag that goes, the
 * one above it may hold nothing.
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

/** Keeps the counts of the blobs and what the workspace is charged, and records what went by whom. */
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
  const freed = await uncountReferences(tx, workspaceId, blobIds, ctx.now())
  if (freed.bytes > 0n) await giveBackBytes(tx, workspaceId, freed.bytes)
  return freed
}
