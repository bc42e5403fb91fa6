import type { Db, Tx } from '../db/client.ts'
import type { JobRow } from '../db/rows.ts'
import { literal, type Queryable, type Sql, sql } from '../db/sql.ts'
import { storable } from '../domain/stored-json.ts'
import type { JobName } from './kinds.ts'

/** One attempt of a job. Whoever lost the job to another process names an attempt that is over, and records nothing. */
type Attempted = Pick<JobRow, 'workspaceId' | 'id' | 'attempts'>

/** A job whose attempt has begun. */
export type RunningJob = JobRow

/** A job that may begin. */
export interface DueJob {
  readonly workspaceId: string
  readonly id: string
  readonly name: JobName
  readonly dueAt: Date
}

/** The most jobs of a kind that are read at once, and the most jobs that are checked for a dead process. */
const [dueLimit, runningLimit] = [10, 1_000]

/** Jobs of these kinds that may begin, of each kind the first ones, by when they became due. */
export const dueJobs = (db: Queryable, names: readonly JobName[]): Promise<DueJob[]> =>
  db.query(sql`select due.* from unnest(${names}::text[]) as kind(name), lateral (
    select workspace_id as "workspaceId", id, name, due_at as "dueAt" from jobs
    where jobs.name = kind.name and status in ('QUEUED', 'RETRYING') and due_at <= now()
    order by due_at, id limit ${literal(dueLimit)}) as due`)

/** Jobs that run, in every workspace, oldest first, or ran when their process ended. */
export const runningJobs = (db: Queryable): Promise<Attempted[]> =>
  db.query(sql`select workspace_id as "workspaceId", id, attempts from jobs
    where status = 'RUNNING' order by id limit ${literal(runningLimit)}`)

/** Begins the next attempt of a job. Undefined when it is no longer due: another process was first. */
export async function beginAttempt(
  { prisma }: Db,
  due: DueJob,
  startedAt: Date,
): Promise<RunningJob | undefined> {
  const { workspaceId, id, dueAt } = due
  const [job] = await prisma.job.updateManyAndReturn({
    where: { workspaceId, id, dueAt, status: { in: ['QUEUED', 'RETRYING'] } },
    data: { status: 'RUNNING', attempts: { increment: 1 }, startedAt, nextAttemptAt: null },
  })
  return job
}

const running = ({ workspaceId, id, attempts }: Attempted) => ({
  workspaceId,
  id,
  attempts,
  status: 'RUNNING' as const,
})

interface Progress {
  readonly result: object
  readonly done: number
  readonly total: number | null
}

/** Records how far an attempt is. False when the attempt is over. */
export async function recordProgress(
  client: Pick<Tx, 'job'>,
  attempt: Attempted,
  { result, done, total }: Progress,
): Promise<boolean> {
  const data = { result: storable(result), done, total }
  return (await client.job.updateMany({ where: running(attempt), data })).count > 0
}

/** Records that an attempt did the job. False when the attempt is over. */
export async function recordDone(
  { prisma }: Db,
  attempt: Attempted,
  result: object | undefined,
  finishedAt: Date,
): Promise<boolean> {
  const data = { status: 'DONE' as const, failure: null, finishedAt }
  const kept = result === undefined ? data : { ...data, result: storable(result) }
  return (await prisma.job.updateMany({ where: running(attempt), data: kept })).count > 0
}

/** Takes back an attempt that made room for others; the job is due `afterMs` later. False when the attempt is over. */
export const recordPostponed = (db: Queryable, attempt: Attempted, afterMs: number): Promise<boolean> =>
  updateRunning(db, attempt, sql`status = 'QUEUED', attempts = attempts - 1, due_at = ${inMs(afterMs)}`)

const inMs = (ms: number) => sql`now() + ${ms}::int * interval '1 millisecond'`

/** How the job goes on after an attempt that failed. */
export interface Outcome {
  readonly status: 'RETRYING' | 'FAILED'
  readonly failure: string
  readonly nextAttemptAt: Date | null
  readonly finishedAt: Date | null
  readonly delayMs: number
}

/** Records that an attempt failed; from now on clients see the job. False when the attempt is over. */
export const recordFailed = (db: Queryable, attempt: Attempted, outcome: Outcome): Promise<boolean> =>
  updateRunning(
    db,
    attempt,
    sql`status = ${outcome.status}::job_status, failure = ${outcome.failure},
      next_attempt_at = ${outcome.nextAttemptAt}::timestamptz, finished_at = ${outcome.finishedAt}::timestamptz,
      listed = true, due_at = ${inMs(outcome.delayMs)}`,
  )

async function updateRunning(
  db: Queryable,
  { workspaceId, id, attempts }: Attempted,
  changes: Sql,
): Promise<boolean> {
  const count = await db.execute(sql`update jobs set ${changes}
    where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid and attempts = ${attempts}::int
      and status = 'RUNNING'`)
  return count > 0
}
