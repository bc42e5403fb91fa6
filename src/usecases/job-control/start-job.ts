import type { Prisma } from '../../db/generated/client.ts'
import { transact, type Tx } from '../../db/client.ts'
import type { JobRow } from '../../db/rows.ts'
import { lockName } from '../../db/postgres/named-locks.ts'
import { Failure } from '../../domain/failure.ts'
import { storable } from '../../domain/stored-json.ts'
import type { RequestedJobs } from '../../queue/kinds.ts'
import { type Ctx, newId } from '../context.ts'

/** Enqueues a job that clients see from the beginning, in the transaction of the operation that asks for it. */
export async function startJob<Name extends keyof RequestedJobs>(
  ctx: Ctx,
  tx: Tx,
  name: Name,
  input: RequestedJobs[Name],
): Promise<JobRow> {
  const { workspaceId, id: requestedBy } = ctx.actor
  return tx.job.create({
    data: { workspaceId, id: newId(), name, payload: storable(input), requestedBy, createdAt: ctx.now() },
  })
}

/** A job of which a workspace has one at a time is under way, or is just about to be. */
export abstract class JobUnderWay extends Failure {
  readonly job: JobRow

  constructor(job: JobRow) {
    super()
    this.job = job
  }
}

/** Starts a job of which a workspace has one at a time. Of several that ask at once, all get the job of the first. */
export async function startOnlyJob<Name extends keyof RequestedJobs, UnderWay extends JobUnderWay>(
  ctx: Ctx,
  name: Name,
  input: RequestedJobs[Name],
  underWay: (running: JobRow) => UnderWay,
): Promise<{ job: JobRow } | UnderWay> {
  return transact(ctx.db, async (tx) => {
    const { workspaceId } = ctx.actor
    // The next one who asks waits, and finds this one's job.
    await lockName(tx, `ask for ${name} ${workspaceId}`)
    const where = {
      workspaceId,
      name,
      listed: true,
      status: { in: ['QUEUED', 'RUNNING', 'RETRYING'] },
    } satisfies Prisma.JobWhereInput
    const running = await tx.job.findFirst({ where })
    return running ? underWay(running) : { job: await startJob(ctx, tx, name, input) }
  })
}
