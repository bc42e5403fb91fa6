import { type Db, transact, type Tx } from '../../db/client.ts'
import { lockAsking } from '../../db/jobs/running-jobs.ts'
import type { Prisma } from '../../db/generated/client.ts'
import type { JobRow } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import { JobNotFailed, rememberedJobDays } from '../../domain/jobs.ts'
import { isUuid, zeroUuid } from '../../domain/text.ts'
import type { JobName, TrackedJobs } from '../../queue/queue.ts'
import { type Ctx, newId, type Services } from '../context.ts'
import { primaryKey } from '../inputs.ts'

/** Enqueues a job that can be asked for, in the transaction that needs it. */
export async function startJob<Name extends keyof TrackedJobs>(
  ctx: Ctx,
  tx: Tx,
  name: Name,
  input: TrackedJobs[Name],
): Promise<JobRow> {
  const { workspaceId, id: requestedBy } = ctx.actor
  const job = await tx.job.create({
    data: {
      workspaceId,
      id: newId(),
      name,
      payload: storable(input),
      requestedBy,
      createdAt: ctx.now(),
    },
  })
  await ctx.queue.enqueue(tx, name, { workspaceId, jobId: job.id })
  return job
}

/** A job of which a workspace has one at a time is under way, or is just about to be. */
export abstract class JobUnderWay extends Failure {
  readonly job: JobRow

  constructor(job: JobRow) {
    super()
    this.job = job
  }
}

/** Starts a job of which a workspace has one at a time. However many ask at once, the next one is told of the first one's. */
export async function startOnlyJob<Name extends keyof TrackedJobs, UnderWay extends JobUnderWay>(
  ctx: Ctx,
  name: Name,
  input: TrackedJobs[Name],
  underWay: (running: JobRow) => UnderWay,
): Promise<{ job: JobRow } | UnderWay> {
  return transact(ctx.db, async (tx) => {
    const { workspaceId } = ctx.actor
    await lockAsking(tx, workspaceId, name)
    const where = {
      workspaceId,
      name,
      status: { in: ['QUEUED', 'RUNNING', 'RETRYING'] },
    } satisfies Prisma.JobWhereInput
    const running = await tx.job.findFirst({ where })
    return running ? underWay(running) : { job: await startJob(ctx, tx, name, input) }
  })
}

/** Has a job that was given up tried again, as often as a new one. */
export async function retryJob(ctx: Ctx, { jobId }: { jobId: string }) {
  assertCan(ctx.actor, 'manage')
  return transact(ctx.db, async (tx) => {
    const where = { workspaceId: ctx.actor.workspaceId, id: isUuid(jobId) ? jobId : zeroUuid }
    // Of two who ask, the second one waits here and finds it changed.
    const { count } = await tx.job.updateMany({
      where: { ...where, status: 'FAILED' },
      data: { status: 'QUEUED', attempts: 0, finishedAt: null },
    })
    const job = await tx.job.findUnique({ where: primaryKey(where) })
    if (!job) return new NotFound('Job', jobId)
    if (count === 0) return new JobNotFailed(job.status)
    await ctx.queue.enqueue(tx, job.name as JobName, { workspaceId: job.workspaceId, jobId: job.id })
    return job
  })
}

const dayMs = 24 * 60 * 60 * 1000

/** So many are removed by one statement. */
const batch = 1_000

/** Forgets jobs that have been over for long, in every workspace, and says how many. */
export async function forgetJobs({ db, now }: Pick<Services, 'db' | 'now'>): Promise<number> {
  let forgotten = 0
  for (const [status, days] of Object.entries(rememberedJobDays)) {
    const before = new Date(now().getTime() - days * dayMs)
    for (let count = batch; count === batch; forgotten += count) count = await forgetBatch(db, status, before)
  }
  return forgotten
}

const forgetBatch = ({ prisma }: Db, status: string, before: Date) => prisma.$executeRaw`
  delete from jobs where (workspace_id, id) in (select workspace_id, id from jobs
    where finished_at < ${before} and status = ${status}::job_status order by finished_at limit ${batch})`

/** JSON has no numbers of 64 bits: they are kept as texts that say so. */
export const storable = (value: object) =>
  JSON.parse(
    JSON.stringify(value, (_name, inner: unknown) =>
      typeof inner === 'bigint' ? { bigint: String(inner) } : inner,
    ),
  ) as Prisma.InputJsonObject

/** What `storable` made, as it was. */
export const fromStored = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && 'bigint' in inner ? BigInt(String(inner.bigint)) : inner,
  )
