import { transact } from '../db/client.ts'
import { lockDeletion } from '../db/trash.ts'
import { rowsById } from '../db/lookup.ts'
import { assertCan } from '../domain/access.ts'
import { NotFound } from '../domain/failure.ts'
import type { PurgeReport, PurgeRequest } from '../domain/purge.ts'
import { NotInTrash } from '../domain/restore.ts'
import { isUuid } from '../domain/text.ts'
import type { Ctx } from './context.ts'
import { primaryKey } from './items.ts'
import { startJob } from './jobs.ts'
import { audited } from './media-events.ts'
import { planPurge, purgeTrash, PurgeUnderWay } from './purge.ts'
import { type Attempt, JobPostponed } from './run-job.ts'

/** When a job is tried again that met another run of its workspace, in milliseconds. It waits in the queue, where it holds up nobody. */
const busyMs = 30_000

/** Takes one deletion out of the trash for good at once; a job removes what it holds. */
export async function purgeDeletion(ctx: Ctx, { deletionId }: { deletionId: string }) {
  const purging = () => {
    assertCan(ctx.actor, 'purge')
    return transact(ctx.db, async (tx) => {
      const { workspaceId, id: purgedBy } = ctx.actor
      const deletion = isUuid(deletionId) ? await lockDeletion(tx, workspaceId, deletionId) : undefined
      if (!deletion || deletion.purgedAt) return new NotFound('Deletion', deletionId)
      if (deletion.restoredAt) return new NotInTrash()
      const data = { purgedAt: ctx.now(), purgedBy }
      await tx.deletion.update({ where: primaryKey(deletion), data })
      const job = await startJob(ctx, tx, 'purge-trash', marked(ctx))
      return { itemCount: deletion.itemCount, job }
    })
  }
  assertCan(ctx.actor, 'read')
  const [found] = isUuid(deletionId)
    ? await rowsById(ctx.db, 'deletions', ctx.actor.workspaceId, [deletionId])
    : []
  if (found?.kind !== 'MEDIA') return purging()
  return audited(ctx, { operation: 'PURGE', mediaIds: [found.itemId] }, purging)
}

const marked = (ctx: Ctx): PurgeRequest => ({
  what: 'MARKED',
  askedAt: ctx.now().toISOString(),
  overrideBrake: false,
})

/** Has a job remove for good what is in the trash now, or says that this would be more than the brake allows. */
export async function emptyTrash(
  ctx: Ctx,
  { overrideBrake }: { overrideBrake?: boolean | null | undefined },
) {
  assertCan(ctx.actor, 'purge')
  const now = ctx.now()
  if (overrideBrake !== true) {
    const plan = await planPurge(ctx, { trashedUntil: now })
    if (plan.brake) return plan.brake
  }
  const request: PurgeRequest = {
    what: 'ALL',
    askedAt: now.toISOString(),
    overrideBrake: overrideBrake === true,
  }
  return { job: await transact(ctx.db, (tx) => startJob(ctx, tx, 'purge-trash', request)) }
}

/** The work of a job that purges. */
export async function runPurge(
  ctx: Ctx,
  { what, askedAt, overrideBrake }: PurgeRequest,
  attempt: Attempt<PurgeReport>,
): Promise<PurgeReport> {
  const due = { DUE: { expiredAt: ctx.now() }, ALL: { trashedUntil: new Date(askedAt) }, MARKED: undefined }[
    what
  ]
  const report = await purgeTrash(ctx, {
    due,
    overrideBrake,
    before: attempt.before,
    signal: attempt.signal,
    keep: (tx, soFar, total) => attempt.onProgress(soFar, soFar.itemCount, total, tx),
  }).catch((error: unknown) => {
    if (error instanceof PurgeUnderWay) throw new JobPostponed(error.message, busyMs)
    throw error
  })
  // Interrupted, it is not done.
  attempt.signal.throwIfAborted()
  const told = { workspaceId: ctx.actor.workspaceId, ...report, freedBytes: String(report.freedBytes) }
  if (report.brake) ctx.log.error(told, report.brake.message)
  else ctx.log.info(told, 'Purged the trash')
  return report
}
