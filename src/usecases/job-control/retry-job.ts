import { transact } from '../../db/client.ts'
import { assertCan } from '../../domain/access.ts'
import { NotFound } from '../../domain/failure.ts'
import { JobNotFailed } from '../../domain/jobs.ts'
import { isUuid, zeroUuid } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'
import { primaryKey } from '../inputs.ts'

/** Has a job that was given up tried again, as often as a new one. */
export async function retryJob(ctx: Ctx, { jobId }: { jobId: string }) {
  assertCan(ctx.actor, 'manage')
  return transact(ctx.db, async (tx) => {
    const where = { workspaceId: ctx.actor.workspaceId, id: isUuid(jobId) ? jobId : zeroUuid }
    // Of two who ask, the second one waits here and finds it changed. It is due already: its last attempt was.
    const { count } = await tx.job.updateMany({
      where: { ...where, status: 'FAILED' },
      data: { status: 'QUEUED', attempts: 0, finishedAt: null },
    })
    const job = await tx.job.findUnique({ where: { ...primaryKey(where), listed: true } })
    if (!job) return new NotFound('Job', jobId)
    return count === 0 ? new JobNotFailed(job.status) : job
  })
}
