import { transact, type Tx } from '../db/client.ts'
import {
  countPurged,
  type Due,
  emptyHolders,
  eraseHeld,
  forgetRestored,
  type HolderTable,
  holderTables,
  lockPurged,
  markPurged,
  type PurgedDeletion,
  type PurgedMedium,
  releaseTags,
  removeDeletions,
  removeHolders,
  removeMedia,
  sizeOfDue,
  uncountReferences,
} from '../db/purge.ts'
import { giveBackBytes } from '../db/quota.ts'
import { lockAssociations, lockTagTree } from '../db/tag-tree.ts'
import { assertCan } from '../domain/access.ts'
import { brake, nothingPurged, type PurgeReport } from '../domain/purge.ts'
import type { Ctx } from './context.ts'
import { recordWrite } from './media-events.ts'

/** Rows that one transaction removes at most. Each locks for tens of milliseconds, so that readers and writers get between. */
const batchRows = 1_000
/** Deletions that one transaction looks at, marks or removes at most. */
const batchDeletions = 500

const firstId = '00000000-0000-0000-0000-000000000000'

/** Another run is removing the trash of the workspace. */
export class PurgeUnderWay extends Error {
  override readonly name = 'PurgeUnderWay'
}

export interface Purge {
  /** What to purge besides what is marked already: what is due, or all that was in the trash at a time; undefined: nothing. */
  readonly due?: Due | undefined
  /** Removes however much there is. */
  readonly overrideBrake?: boolean
  /** What an attempt before this one has removed. */
  readonly before?: PurgeReport | undefined
  /** Ends it between two batches; run again, it goes on. */
  readonly signal?: AbortSignal
  /** How long to wait for another run of the workspace, in milliseconds. Default: not at all. */
  readonly waitMs?: number
  readonly onProgress?: (report: PurgeReport, total: number) => Promise<void> | void
}

/** What a purge would remove, without doing it. */
export async function planPurge(ctx: Pick<Ctx, 'db' | 'actor' | 'limits'>, due: Due) {
  assertCan(ctx.actor, 'purge')
  const size = await sizeOfDue(ctx.db, ctx.actor.workspaceId, due)
  return { ...size, brake: brake(size, ctx.limits.purge) ?? null }
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
  if (!lock) throw new PurgeUnderWay('Another run is purging this trash. It is tried again later.')
  try {
    const due = purge.due
    if (due) {
      const stopped = purge.overrideBrake ? null : (await planPurge(ctx, due)).brake
      if (stopped) return { ...(purge.before ?? nothingPurged), brake: stopped }
      await markDue(ctx, due, purge.signal)
    }
    return await removePurged(ctx, purge)
  } finally {
    await lock.free()
  }
}

async function markDue(ctx: Ctx, due: Due, signal: AbortSignal | undefined) {
  const by = ctx.actor.id
  for (let marked = batchDeletions; marked === batchDeletions && !signal?.aborted;) {
    marked = await transact(ctx.db, async (tx) => {
      const mark = { at: ctx.now(), by, limit: batchDeletions }
      return (await markPurged(tx, ctx.actor.workspaceId, due, mark)).deletions
    })
  }
}

/** Removes the rows of what is marked, some at a time. What holds something of others is looked at again while anything goes. */
async function removePurged(
  ctx: Ctx,
  { before = nothingPurged, signal, onProgress }: Purge,
): Promise<PurgeReport> {
  let report = { ...before, heldItemCount: 0, brake: null }
  const total = report.itemCount + (await countPurged(ctx.db, ctx.actor.workspaceId))
  for (let again = true; again;) {
    again = false
    report = { ...report, heldItemCount: 0 }
    for (let after: string | undefined = firstId; after !== undefined && !signal?.aborted;) {
      const from: string = after
      const batch = await transact(ctx.db, (tx) => removeBatch(ctx, tx, from))
      report = {
        deletionCount: report.deletionCount + batch.deletions,
        itemCount: report.itemCount + batch.items,
        orphanedFileCount: report.orphanedFileCount + batch.orphaned,
        freedBytes: report.freedBytes + batch.bytes,
        heldItemCount: report.heldItemCount + batch.held,
        brake: null,
      }
      after = batch.next
      again ||= batch.items > 0
      await onProgress?.(report, Math.max(total, report.itemCount))
    }
    again &&= report.heldItemCount > 0 && !signal?.aborted
  }
  return report
}

/** Removes some rows of the purged deletions after an id; `next` is where to go on, undefined at the end. */
async function removeBatch(ctx: Ctx, tx: Tx, after: string) {
  const { workspaceId } = ctx.actor
  const deletions = await lockPurged(tx, workspaceId, after, batchDeletions)
  const last = deletions.at(-1)
  const nothing = { deletions: 0, items: 0, held: 0, orphaned: 0, bytes: 0n }
  if (!last) return { ...nothing, next: undefined }
  await lockAssociations(tx, workspaceId, 'shared')
  const ids = deletions.map(({ id }) => id)
  const kinds = new Set(deletions.map(({ kind }) => kind))
  if (kinds.has('TAG')) await lockTagTree(tx, workspaceId)

  let room = batchRows
  if (kinds.has('TAG')) room -= await releaseTags(tx, workspaceId, ids, room)
  const media = await removeMedia(tx, workspaceId, ids, room)
  await forgetRestored(
    tx,
    workspaceId,
    media.map(({ id }) => id),
  )
  room -= media.length
  let items = media.length
  for (const table of holderTables) {
    const removed = await removeEmpty(tx, table, workspaceId, ids, room)
    room -= removed
    items += removed
  }
  const freed = await recordPurged(ctx, tx, deletions, media)
  // There may be more of these.
  if (room <= 0) return { ...nothing, ...freed, items, next: after }
  const gone = await removeDeletions(tx, workspaceId, ids)
  const held = gone < ids.length ? await eraseHeld(tx, workspaceId, ids) : 0
  return { ...freed, items, deletions: gone, held, next: last.id }
}

/** Removes up to `room` rows of a table that hold nothing. With each tag that goes, the one above it may hold nothing. */
async function removeEmpty(
  tx: Tx,
  table: HolderTable,
  workspaceId: string,
  deletionIds: readonly string[],
  room: number,
) {
  let removed = 0
  while (removed < room) {
    const ids = await emptyHolders(tx, table, workspaceId, deletionIds, room - removed)
    if (ids.length > 0) await removeHolders(tx, table, workspaceId, ids)
    removed += ids.length
    if (ids.length === 0 || table !== 'tags') break
  }
  return removed
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
