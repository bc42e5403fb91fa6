import type { Tx } from '../db/client.ts'
import type { Prisma } from '../db/generated/client.ts'
import type { JobRow } from '../db/rows.ts'
import type { JobName, TrackedJobs } from '../jobs/queue.ts'
import { type Ctx, type Log, newId, type Services } from './context.ts'

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

/** What the work of a job is given: what came of its attempts before, and how to tell how far it is. */
export interface Attempt<Result> {
  readonly before: Result | undefined
  /** With a transaction it is told when and only when that commits. */
  readonly onProgress: (result: Result, done: number, total: number | null, tx?: Tx) => Promise<void>
}

/** Another process is doing the job. */
export class JobUnderWay extends Error {
  override readonly name = 'JobUnderWay'
}

/**
 * Does a job that can be asked for, as the one who asked for it, and keeps what came of it. Nothing, when it is over. Throws when
 * the work fails: `isLast` says that it is not tried again then.
 */
export async function runJob<Result extends object>(
  services: Services,
  log: Log,
  { workspaceId, jobId: id }: { workspaceId: string; jobId: string },
  isLast: boolean,
  work: (ctx: Ctx, input: unknown, attempt: Attempt<Result>) => Promise<Result>,
): Promise<void> {
  const { prisma } = services.db
  const where = { workspaceId_id: { workspaceId, id } }
  const lock = await services.locks.take(`job ${id}`, 0, () => {})
  if (!lock) throw new JobUnderWay('Another process is doing this job.')
  try {
    const job = await prisma.job.findUnique({ where })
    if (!job || job.status === 'DONE' || job.status === 'FAILED') return
    await prisma.job.update({
      where,
      data: { status: 'RUNNING', attempts: { increment: 1 }, startedAt: services.now() },
    })
    const actor = { id: job.requestedBy, workspaceId, role: 'OWNER' as const }
    const ctx: Ctx = { ...services, log, actor, requestId: id }
    const attempt: Attempt<Result> = {
      before: job.result === null ? undefined : (fromStored(job.result) as Result),
      onProgress: async (result, done, total, tx) => {
        await (tx ?? prisma).job.update({ where, data: { result: storable(result), done, total } })
      },
    }
    try {
      const result = await work(ctx, fromStored(job.payload), attempt)
      await prisma.job.update({
        where,
        data: { status: 'DONE', result: storable(result), failure: null, finishedAt: services.now() },
      })
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error)
      const end = isLast
        ? { status: 'FAILED' as const, finishedAt: services.now() }
        : { status: 'RETRYING' as const }
      await prisma.job.update({ where, data: { ...end, failure } })
      throw error
    }
  } finally {
    await lock.free()
  }
}

/** JSON has no numbers of 64 bits: they are kept as texts that say so. */
const storable = (value: object) =>
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

/** The names of jobs that can be asked for. */
export const isTracked = (name: JobName): name is keyof TrackedJobs => name in trackedNames

const trackedNames: Record<keyof TrackedJobs, true> = { 'purge-trash': true, 'collect-garbage': true }
