import { transact, type Tx } from '../../db/client.ts'
import type { JobRow } from '../../db/rows.ts'
import { systemActor, type Ctx, type Log, type Services } from '../context.ts'
import type { Message } from '../../queue/messages.ts'
import type { JobName, JobPayloads, JobRef } from '../../queue/queue.ts'
import { findJob, lockOf, missed, missedFirst, refOf, workspaceOf } from './job-rows.ts'
import { fromStored, storable } from './track-jobs.ts'

/** What the work of a job is given: what came of its attempts before, how to tell how far it is, and when to make room. */
export interface Attempt<Result> {
  readonly before: Result | undefined
  /** With a transaction it is told when and only when that commits. Throws when another process has taken the job over. */
  onProgress(result: Result, done: number, total: number | null, tx?: Tx): Promise<void>
  /** Work that takes long calls `throwIfAborted` between two steps: it goes on in another turn, and this counts as no attempt. */
  readonly signal: AbortSignal
}

/** The work of a kind of job. What it gives is kept in the row of the job, if it has one. */
export type Work = (ctx: Ctx, input: never, attempt: Attempt<never>) => Promise<unknown>

/** Thrown by work that cannot be done just now, through no fault: it is tried later, and this counts as no attempt. */
export class JobPostponed extends Error {
  override readonly name = 'JobPostponed'
  readonly afterMs: number

  constructor(message: string, afterMs: number) {
    super(message)
    this.afterMs = afterMs
  }
}

/** Who does the job may be about to let go of it; after `busyMs` it is asked for again. */
const [patienceMs, busyMs] = [2_000, 30_000]

/** One that was delivered, and what does it. */
export interface Delivery {
  readonly message: Message
  readonly work: Work
  readonly signal: AbortSignal
}

/** Does a job and records how it went. Throws only when that could not be recorded. */
export async function runJob(services: Services, log: Log, delivery: Delivery): Promise<void> {
  const { message, signal } = delivery
  const ref = refOf(message)
  // Its turn was over before it began.
  if (signal.aborted) return repeat(services, message, 0)
  const lock = await services.locks.take(lockOf(message), ref ? patienceMs : 0, () => {})
  if (!lock) {
    if (ref) await repeat(services, message, busyMs)
    return
  }
  try {
    await (ref ? runTracked(services, log, delivery, ref) : runUntracked(services, log, delivery))
  } finally {
    await lock.free()
  }
}

/** Puts a message back. */
const repeat = (services: Services, message: Message, afterMs: number) =>
  transact(services.db, async (tx) => {
    if (!(await services.queue.remove(tx, message))) return
    await services.queue.enqueue(
      tx,
      message.name as JobName,
      (message.data ?? {}) as JobPayloads['daily-purge'],
      afterMs,
    )
  })

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** How long the work is put off, if it did not fail but made room. */
const postponedBy = (error: unknown, { aborted, reason }: AbortSignal): number | undefined => {
  if (error instanceof JobPostponed) return error.afterMs
  return aborted && error === reason ? 0 : undefined
}

async function runTracked(services: Services, log: Log, { message, work, signal }: Delivery, ref: JobRef) {
  const { prisma } = services.db
  const found = await findJob(prisma, ref)
  if (!found || found.status === 'DONE' || found.status === 'FAILED') return
  if (found.status === 'RUNNING') {
    // Its lock is free: it is not.
    await transact(services.db, (tx) => missed(services, tx, found, { failure: died, died: true }))
    return
  }
  const job = await prisma.job.update({
    where: { workspaceId_id: { workspaceId: found.workspaceId, id: found.id } },
    data: {
      status: 'RUNNING',
      attempts: { increment: 1 },
      startedAt: services.now(),
      nextAttemptAt: null,
    },
  })
  const { workspaceId, id, attempts } = job
  // Not of an attempt that somebody else took for dead.
  const where = { workspaceId, id, attempts, status: 'RUNNING' as const }
  const actor = { id: job.requestedBy, workspaceId, role: 'OWNER' as const }
  const told = { job: job.name, id, attempt: attempts }
  const startedAt = Date.now()
  try {
    const result = await work({ ...services, log, actor, requestId: id }, fromStored(job.payload) as never, {
      before: (job.result === null ? undefined : fromStored(job.result)) as undefined,
      onProgress: async (soFar: object, done, total, tx) => {
        const data = { result: storable(soFar), done, total }
        const { count } = await (tx ?? prisma).job.updateMany({ where, data })
        if (count === 0) throw new Error('Another process has taken over the job.')
      },
      signal,
    })
    const kept = isObject(result) ? { result: storable(result) } : {}
    await prisma.job.updateMany({
      where,
      data: { ...kept, status: 'DONE', failure: null, finishedAt: services.now() },
    })
    log.info({ ...told, ms: Date.now() - startedAt }, 'Job done')
  } catch (err) {
    const ms = Date.now() - startedAt
    const afterMs = postponedBy(err, signal)
    if (afterMs !== undefined) {
      await postpone(services, job, message, afterMs)
      log.info({ ...told, ms, afterMs }, `Job postponed: ${messageOf(err)}`)
      return
    }
    const outcome = await transact(services.db, async (tx) => {
      await services.queue.remove(tx, message)
      return missed(services, tx, job, { failure: messageOf(err) })
    })
    log.error({ ...told, ms, nextAttemptAt: outcome?.nextAttemptAt, err }, endings[outcome?.status ?? 'DONE'])
  }
}

/** What is told of a process that did not. */
export const died = 'The process that ran the job ended before the job was done.'

const endings: Record<JobRow['status'], string> = {
  RETRYING: 'Job failed; it will be retried',
  FAILED: 'Job failed for the last time',
  QUEUED: 'Job failed',
  RUNNING: 'Job failed',
  DONE: 'Job failed; another process has taken it over',
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Lets others go first; that is no attempt. */
function postpone(services: Services, job: JobRow, message: Message, afterMs: number) {
  const { workspaceId, id, attempts } = job
  return transact(services.db, async (tx) => {
    await services.queue.remove(tx, message)
    const { count } = await tx.job.updateMany({
      where: { workspaceId, id, attempts, status: 'RUNNING' },
      data: { status: 'QUEUED', attempts: { decrement: 1 } },
    })
    if (count > 0) await services.queue.enqueue(tx, job.name as JobName, { workspaceId, jobId: id }, afterMs)
  })
}

/** A job without a row gets one when it fails. */
async function runUntracked(services: Services, log: Log, { message, work, signal }: Delivery) {
  const { name, id } = message
  const told = { job: name, id, attempt: 1 }
  const ctx = { ...services, log, actor: systemActor(workspaceOf(message)), requestId: id }
  const startedAt = Date.now()
  try {
    await work(ctx, (message.data ?? {}) as never, {
      before: undefined,
      onProgress: () => Promise.resolve(),
      signal,
    })
    // Not by pg-boss alone, which does it when the lock is free.
    await services.queue.boss.complete(name, id)
    log.info({ ...told, ms: Date.now() - startedAt }, 'Job done')
  } catch (err) {
    const ms = Date.now() - startedAt
    const afterMs = postponedBy(err, signal)
    if (afterMs !== undefined) return repeat(services, message, afterMs)
    const row = await missedFirst(services, message, { failure: messageOf(err) })
    log.error({ ...told, id: row?.id ?? id, ms, nextAttemptAt: row?.nextAttemptAt, err }, endings.RETRYING)
  }
}
