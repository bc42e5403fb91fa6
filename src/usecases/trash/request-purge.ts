import { transact, type Tx } from '../../db/client.ts'
import { lockDeletion } from '../../db/trash/deletions.ts'
import type { Due } from '../../db/trash/due-deletions.ts'
import { rowsById } from '../../db/lookup.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import type { PurgeReport, PurgeRequest } from '../../domain/purge.ts'
import { NotInTrash } from '../../domain/restore.ts'
import { InputCheck, isUuid } from '../../domain/text.ts'
import { checkIds, inOrder } from './bulk-trash.ts'
import { record } from '../audit.ts'
import type { Ctx } from '../context.ts'
import { primaryKey } from '../inputs.ts'
import { earlier, earlierNow } from '../clocks.ts'
import { isRemovalHeld } from '../job-control/removal-runs.ts'
import { startJob } from '../job-control/start-job.ts'
import { auditWrite } from '../media-events.ts'
import { planPurge } from './plan-purge.ts'
import { purgeTrash, PurgeUnderWay } from './run-purge.ts'
import { type Attempt, JobPostponed } from '../job-control/attempt.ts'

/**
 * The delay before retrying a job that met another purge of its workspace, in milliseconds. It waits in the queue,
 * where it blocks nothing.
 */
const busyMs = 5_000

/** Purges one deletion: it leaves the trash at once, and a job removes its contents. */
export async function purgeDeletion(ctx: Ctx, { deletionId }: { deletionId: string }) {
  const purging = () => {
    assertCan(ctx.actor, 'purge')
    return transact(ctx.db, async (tx) => {
      const purged = await markOne(ctx, tx, deletionId)
      if (purged instanceof Failure) return purged
      const job = await startJob(ctx, tx, 'purge-trash', purgeOfMarked(ctx))
      return { ...purged, job }
    })
  }
  assertCan(ctx.actor, 'read')
  const [found] = isUuid(deletionId)
    ? await rowsById(ctx.db, 'deletions', ctx.actor.workspaceId, [deletionId])
    : []
  if (found?.kind !== 'MEDIA') return purging()
  return auditWrite(ctx, { operation: 'PURGE', mediaIds: [found.itemId] }, purging)
}

/** Purges several deletions: they leave the trash at once, and one job removes their contents. */
export async function purgeDeletions(ctx: Ctx, { deletionIds }: { deletionIds: readonly string[] }) {
  assertCan(ctx.actor, 'purge')
  const check = new InputCheck()
  checkIds(check, 'deletionIds', deletionIds)
  const invalid = check.failure()
  if (invalid) return invalid

  const { workspaceId } = ctx.actor
  const ids = [...new Set(deletionIds)].sort()
  const purged = await transact(ctx.db, async (tx) => {
    const results = new Map<string, Awaited<ReturnType<typeof markOne>>>()
    for (const id of ids) results.set(id, await markOne(ctx, tx, id))
    const some = [...results.values()].some((result) => !(result instanceof Failure))
    return { results, job: some ? await startJob(ctx, tx, 'purge-trash', purgeOfMarked(ctx)) : null }
  })
  const refused = ids.filter((id) => isUuid(id) && purged.results.get(id) instanceof Failure)
  for (const { kind, id, itemId } of await rowsById(ctx.db, 'deletions', workspaceId, refused)) {
    if (kind !== 'MEDIA') continue
    await auditWrite(ctx, { operation: 'PURGE', mediaIds: [itemId] }, () =>
      Promise.resolve(purged.results.get(id)),
    )
  }
  return { results: inOrder(deletionIds, purged.results), job: purged.job }
}

/** Marks a deletion as purged, if it is in the trash. */
async function markOne(ctx: Ctx, tx: Tx, deletionId: string) {
  const { workspaceId, id: purgedBy } = ctx.actor
  const deletion = isUuid(deletionId) ? await lockDeletion(tx, workspaceId, deletionId) : undefined
  if (!deletion || deletion.purgedAt) return new NotFound('Deletion', deletionId)
  if (deletion.restoredAt) return new NotInTrash()
  await tx.deletion.update({ where: primaryKey(deletion), data: { purgedAt: ctx.now(), purgedBy } })
  const { kind, itemCount } = deletion
  await record(ctx, tx, { action: 'DELETION_PURGED', subjectId: deletionId, details: { kind, itemCount } })
  return { deletionId, itemCount }
}

/** Asks the job to remove what is marked, and to mark nothing more. */
const purgeOfMarked = (ctx: Ctx): PurgeRequest => ({
  what: 'MARKED',
  askedAt: ctx.now().toISOString(),
  force: false,
})

interface EmptyTrash {
  readonly force?: boolean | null | undefined
  readonly expiredOnly?: boolean | null | undefined
}

/**
 * Starts a job that permanently removes what is in the trash now, or only what has expired; fails if that would exceed
 * the safety limit.
 */
export async function emptyTrash(ctx: Ctx, { force, expiredOnly }: EmptyTrash) {
  assertCan(ctx.actor, 'purge')
  const now = expiredOnly === true ? await earlierNow(ctx) : ctx.now()
  if (force !== true) {
    const plan = await planPurge(ctx, expiredOnly === true ? { expiredAt: now } : { trashedUntil: now })
    if (plan.safetyLimit) return plan.safetyLimit
  }
  const request: PurgeRequest = {
    what: expiredOnly === true ? 'DUE' : 'ALL',
    askedAt: now.toISOString(),
    force: force === true,
  }
  return transact(ctx.db, async (tx) => {
    const job = await startJob(ctx, tx, 'purge-trash', request)
    const details = { expiredOnly: expiredOnly === true, force: request.force }
    await record(ctx, tx, { action: 'TRASH_EMPTIED', subjectId: job.id, details })
    return { job }
  })
}

/** The deletions that a purge job marks. */
async function dueOf(ctx: Ctx, { what, askedAt, automatic }: PurgeRequest): Promise<Due | undefined> {
  if (what === 'MARKED') return undefined
  const asked = new Date(askedAt)
  if (what === 'ALL') return { trashedUntil: asked }
  if (automatic && (await isRemovalHeld(ctx))) return undefined
  // A job may wait for long, in a restored backup too: it takes no more than when it was asked for.
  return { expiredAt: earlier(asked, await earlierNow(ctx)) }
}

/** The work of a purge job. */
export async function runPurge(
  ctx: Ctx,
  request: PurgeRequest,
  attempt: Attempt<PurgeReport>,
): Promise<PurgeReport> {
  const { force } = request
  const due = await dueOf(ctx, request)
  const report = await purgeTrash(ctx, {
    due,
    force,
    before: attempt.before,
    signal: attempt.signal,
    keep: (tx, soFar, total) => attempt.onProgress(soFar, soFar.itemCount, total, tx),
  }).catch((error: unknown) => {
    if (error instanceof PurgeUnderWay) throw new JobPostponed(error.message, busyMs)
    throw error
  })
  // If it was interrupted, it is not done.
  attempt.signal.throwIfAborted()
  const fields = { workspaceId: ctx.actor.workspaceId, ...report, freedBytes: String(report.freedBytes) }
  if (report.safetyLimit) ctx.log.error(fields, report.safetyLimit.message)
  else ctx.log.info(fields, 'Purged the trash')
  return report
}
