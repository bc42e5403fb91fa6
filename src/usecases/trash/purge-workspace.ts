import { transact, type Tx } from '../../db/client.ts'
import { sizeOfWorkspace } from '../../db/trash/due-deletions.ts'
import { markWorkspacePurged } from '../../db/trash/trashed-workspaces.ts'
import {
  movePendingDeletions,
  removeBlobsOfWorkspace,
  removeRowsOfWorkspace,
  removeWorkspace,
  resumablesOfWorkspace,
  tablesOfWorkspace,
} from '../../db/trash/workspace-rows.ts'
import { addPendingDeletions } from '../../db/upkeep/garbage.ts'
import { lockWholeWorkspace } from '../../db/workspaces.ts'
import { assertCanOperate, defaultWorkspaceId } from '../../domain/access.ts'
import { exceedsPurgeSafetyLimit, type PurgeSafetyLimitExceeded } from '../../domain/purge.ts'
import { isTrashed, nothingRemoved, type WorkspacePurgeReport } from '../../domain/workspace-trash.ts'
import { earlierNow } from '../clocks.ts'
import { record } from '../audit.ts'
import type { Ctx } from '../context.ts'
import { type Attempt, JobPostponed } from '../job-control/attempt.ts'
import { isRemovalHeld } from '../job-control/removal-runs.ts'
import { PurgeUnderWay } from './run-purge.ts'

/** The most rows, and the most blobs with their thumbnails, that one transaction removes. */
const [batchRows, batchBlobs] = [1_000, 200]

/** The delay before retrying a job that met another purge of the workspace, in milliseconds. */
const busyMs = 5_000

export interface WorkspacePurge {
  /** The workspace in the trash. */
  readonly trashedId: string
  /** Ignores the safety limit. */
  readonly force?: boolean
  /** Nobody asked for it: it stops while automatic removal is on hold. */
  readonly automatic?: boolean
  /** Stops between two batches; the next run continues. */
  readonly signal?: AbortSignal
  /** How long to wait for another run of the workspace, in milliseconds. Default: not at all. */
  readonly waitMs?: number
  readonly before?: WorkspacePurgeReport | undefined
  readonly onProgress?: (report: WorkspacePurgeReport) => Promise<void> | void
}

/** The outcome of a purge of a workspace. */
export interface WorkspacePurged extends WorkspacePurgeReport {
  /** `REMOVED`: nothing is left. `KEPT`: it is live, or its retention is not over. */
  readonly outcome: 'REMOVED' | 'KEPT' | 'STOPPED' | 'SAFETY_LIMIT'
  readonly safetyLimit: PurgeSafetyLimitExceeded | null
}

/**
 * Permanently removes a workspace whose retention is over. First marks it, so that it has left the trash, then removes
 * its rows in batches, and its own row last. Can be interrupted at any time and run again. Throws `PurgeUnderWay`.
 */
export async function purgeWorkspace(ctx: Ctx, purge: WorkspacePurge): Promise<WorkspacePurged> {
  assertCanOperate(ctx.actor)
  const { trashedId, before = nothingRemoved } = purge
  const lock = await ctx.locks.take(`purge ${trashedId}`, purge.waitMs ?? 0, () => {})
  if (!lock) throw new PurgeUnderWay('Another process is purging this workspace. The purge is retried later.')
  try {
    const refused = await beginPurge(ctx, purge)
    if (refused) return { ...before, ...refused }
    const { report, isOver } = await removeEverything(ctx, purge)
    return { ...report, outcome: isOver ? 'REMOVED' : 'STOPPED', safetyLimit: null }
  } finally {
    await lock.free()
  }
}

/** Marks a due workspace as purged, or says why not. A restore comes before or after, never in between. */
async function beginPurge(ctx: Ctx, { trashedId, force, automatic }: WorkspacePurge) {
  const nothing = { safetyLimit: null } as const
  if (automatic && (await isRemovalHeld(ctx))) return { outcome: 'STOPPED', ...nothing } as const
  return transact(ctx.db, async (tx) => {
    const row = await lockWholeWorkspace(tx, trashedId)
    if (row?.purgedAt) return undefined
    if (!row || !isTrashed(row) || row.purgeAfter > (await earlierNow({ ...ctx, db: tx })))
      return { outcome: 'KEPT', ...nothing } as const
    const safetyLimit = exceedsPurgeSafetyLimit(await sizeOfWorkspace(tx, trashedId), ctx.limits.purge)
    // A returned failure would roll back, and there is nothing to roll back.
    if (safetyLimit && !force) return { outcome: 'SAFETY_LIMIT', safetyLimit } as const
    await markWorkspacePurged(tx, trashedId, ctx.now())
    return undefined
  })
}

/** One batch: how many rows it removed, and the objects whose removal it requested. */
interface Batch {
  readonly rows: number
  readonly objects?: readonly { readonly sizeBytes: bigint }[]
  readonly isLast: boolean
}

/** The steps of a purge. Each is repeated until it has nothing more to remove. */
function stepsOf(ctx: Ctx, id: string): (() => Promise<Batch>)[] {
  const step = (remove: (tx: Tx) => Promise<number>) => async () => {
    const rows = await transact(ctx.db, remove)
    return { rows, isLast: rows < batchRows }
  }
  return [
    () => removeResumables(ctx, id),
    ...tablesOfWorkspace.map((table) => step((tx) => removeRowsOfWorkspace(tx, table, id, batchRows))),
    () => removeBlobBatch(ctx, id),
    step((tx) => movePendingDeletions(tx, id, batchRows)),
  ]
}

async function removeEverything(ctx: Ctx, purge: WorkspacePurge) {
  const { trashedId, before = nothingRemoved, automatic, signal, onProgress } = purge
  let report = before
  for (const step of stepsOf(ctx, trashedId)) {
    for (let isLast = false; !isLast;) {
      if (signal?.aborted || (automatic && (await isRemovalHeld(ctx)))) return { report, isOver: false }
      const batch = await step()
      isLast = batch.isLast
      const objects = batch.objects ?? []
      report = {
        rowCount: report.rowCount + batch.rows,
        objectCount: report.objectCount + objects.length,
        freedBytes: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, report.freedBytes),
      }
      if (batch.rows > 0) await onProgress?.(report)
    }
  }
  // A row that arrived meanwhile stops this by its foreign key. The job is retried.
  await transact(ctx.db, async (tx) => {
    await removeWorkspace(tx, trashedId)
    const details = { ...report, freedBytes: String(report.freedBytes) }
    // The events of the workspace have gone with it.
    await record(ctx, tx, { action: 'WORKSPACE_PURGED', subjectId: trashedId, workspaceId: null, details })
  })
  return { report, isOver: true }
}

/** Removes uploads: the chunks before the rows, since nothing else would find them. */
async function removeResumables(ctx: Ctx, id: string): Promise<Batch> {
  const ids = await resumablesOfWorkspace(ctx.db, id, batchBlobs)
  for (const upload of ids) await ctx.partials.remove(upload)
  await ctx.db.prisma.resumableUpload.deleteMany({ where: { workspaceId: id, id: { in: ids } } })
  return { rows: ids.length, isLast: ids.length < batchBlobs }
}

/** Removes blobs and requests the removal of their bytes, in the default workspace, which outlives this one. */
const removeBlobBatch = (ctx: Ctx, id: string): Promise<Batch> =>
  transact(ctx.db, async (tx) => {
    const { blobs, objects } = await removeBlobsOfWorkspace(tx, id, batchBlobs)
    if (objects.length > 0) {
      await addPendingDeletions(tx, defaultWorkspaceId, objects, ctx.now())
      await ctx.queue.enqueue(tx, 'remove-objects', {})
    }
    return { rows: objects.length, objects, isLast: blobs.length < batchBlobs }
  })

/** The work of the job. */
export async function runWorkspacePurge(
  ctx: Ctx,
  { trashedId }: { readonly trashedId: string },
  attempt: Attempt<WorkspacePurgeReport>,
): Promise<WorkspacePurged> {
  const purged = await purgeWorkspace(ctx, {
    trashedId,
    automatic: true,
    before: attempt.before,
    signal: attempt.signal,
    onProgress: (report) => attempt.onProgress(report, report.rowCount, null),
  }).catch((error: unknown) => {
    if (error instanceof PurgeUnderWay) throw new JobPostponed(error.message, busyMs)
    throw error
  })
  // If it was interrupted, it is not done.
  attempt.signal.throwIfAborted()
  const fields = { trashedId, ...purged, freedBytes: String(purged.freedBytes) }
  if (purged.safetyLimit) ctx.log.error(fields, purged.safetyLimit.message)
  else ctx.log.info(fields, 'Purged a workspace')
  return purged
}
