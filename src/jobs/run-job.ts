import { fromStored } from '../domain/stored-json.ts'
import { WorkspaceRequired } from '../domain/workspace-trash.ts'
import {
  beginAttempt,
  type DueJob,
  recordDone,
  recordFailed,
  recordPostponed,
  recordProgress,
  type RunningJob,
} from '../queue/attempts.ts'
import type { JobOutcome } from '../observe/metrics.ts'
import { type Ctx, type Log, type Services, servicesIn } from '../usecases/context.ts'
import { isLiveWorkspace } from '../usecases/workspaces.ts'
import { type Attempt, JobPostponed } from '../usecases/job-control/attempt.ts'
import { outcomeOf } from './failure.ts'

/** The work of a kind of job. Its result is kept in the row of the job. */
export type Work = (ctx: Ctx, input: never, attempt: Attempt<never>) => Promise<unknown>

/** A due job, the work of its kind, and the signal that ends its turn. */
interface Delivery {
  readonly job: DueJob
  readonly work: Work
  readonly signal: AbortSignal
}

/** Whoever runs a job holds this lock. It is held by a connection: a process that dies holds none. */
export const lockOf = ({ id }: { readonly id: string }) => `job ${id}`

/**
 * Makes one attempt of a job and records its end. A job is RUNNING only while its lock is held: the lock is taken before
 * the attempt begins and freed after its end is recorded. False when no attempt began: another process was first, or
 * the turn is over. Throws only when the end could not be recorded: the job stays RUNNING without a lock, and is
 * recovered.
 */
export async function runJob(
  services: Services,
  log: Log,
  { job, work, signal }: Delivery,
): Promise<boolean> {
  if (isOver(signal)) return false
  const lock = await services.locks.take(lockOf(job), 0, () => {})
  if (!lock) return false
  try {
    const begun = await beginAttempt(services.db, job, services.now())
    if (!begun) return false
    // The turn ended meanwhile. Work that cannot be interrupted must not begin.
    if (isOver(signal)) await recordPostponed(services.db, begun, 0)
    else await attempt(services, log, begun, work, signal)
    return true
  } finally {
    await lock.free()
  }
}

/** A function, so that the compiler does not take it for the same before and after a wait. */
const isOver = ({ aborted }: AbortSignal) => aborted

async function attempt(services: Services, log: Log, job: RunningJob, work: Work, signal: AbortSignal) {
  const { db, now } = services
  const { workspaceId, id, attempts } = job
  const actor = { id: job.requestedBy, workspaceId, role: 'OWNER' as const }
  const fields = { job: job.name, id, attempt: attempts }
  const startedAt = Date.now()
  const passed = () => ({ ...fields, ms: Date.now() - startedAt })
  const report = (outcome: JobOutcome) =>
    services.metrics?.jobEnded(job.name, outcome, (Date.now() - startedAt) / 1_000)
  try {
    // `handlers` pairs each kind with the work that takes what that kind stores.
    const input = fromStored(job.payload) as never
    if (!(await isLiveWorkspace(db, workspaceId))) throw new WorkspaceRequired()
    const ctx = { ...servicesIn(services, workspaceId), log, actor, requestId: id }
    const result = await work(ctx, input, {
      before: (job.result === null ? undefined : fromStored(job.result)) as undefined,
      onProgress: async (soFar: object, done, total, tx) => {
        const recorded = await recordProgress(tx ?? db.prisma, job, { result: soFar, done, total })
        if (!recorded) throw new Error('Another process has taken the job over.')
      },
      signal,
    })
    const kept = typeof result === 'object' && result !== null ? result : undefined
    await recordDone(db, job, kept, now())
    report('done')
    log.info(passed(), 'Job done')
  } catch (err) {
    const afterMs = postponedBy(err, signal)
    if (afterMs !== undefined) {
      await recordPostponed(db, job, afterMs)
      report('postponed')
      log.info({ ...passed(), afterMs }, `Job put off: ${messageOf(err)}`)
      return
    }
    const outcome = outcomeOf(attempts, { failure: messageOf(err) }, now())
    const recorded = await recordFailed(db, job, outcome)
    report(outcome.status === 'FAILED' ? 'failed' : 'retrying')
    const ending = recorded ? endings[outcome.status] : 'Job failed; another process has taken it over'
    log.error({ ...passed(), nextAttemptAt: recorded ? outcome.nextAttemptAt : undefined, err }, ending)
  }
}

/** How long a job waits whose workspace is in the trash, in milliseconds. */
const trashedMs = 10 * 60_000

/** How long the job is put off, if the work did not fail but made room. */
const postponedBy = (error: unknown, { aborted, reason }: AbortSignal): number | undefined => {
  if (error instanceof JobPostponed) return error.afterMs
  // A restore makes it due at once.
  if (error instanceof WorkspaceRequired) return trashedMs
  return aborted && error === reason ? 0 : undefined
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const endings = {
  RETRYING: 'Job failed; it is tried again',
  FAILED: 'Job failed and was given up',
} as const
