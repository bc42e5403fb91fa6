import { setTimeout as delay } from 'node:timers/promises'
import { type Db, transact } from '../../../src/db/client.ts'
import { openSessionLocks } from '../../../src/db/postgres/session-locks.ts'
import { runJob, type Work } from '../../../src/jobs/run-job.ts'
import { runJobs } from '../../../src/jobs/run.ts'
import type { DueJob } from '../../../src/queue/attempts.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { startJob } from '../../../src/usecases/job-control/start-job.ts'
import type { useDatabase } from '../database.ts'

export const schedule = { purgeCron: '0 0 * * *', garbageCollectionCron: '0 1 * * *', timeZone: 'UTC' }

/** Services with locks of their own, as another process has them. */
export function inAnotherProcess(
  ctx: Ctx,
  { connection }: Pick<ReturnType<typeof useDatabase>, 'connection'>,
) {
  return { ...ctx, locks: openSessionLocks(connection, () => {}) }
}

/** Runs the jobs until `over` holds. */
export async function runJobsUntil(
  ctx: Ctx,
  database: ReturnType<typeof useDatabase>,
  over: () => Promise<boolean>,
) {
  const services = inAnotherProcess(ctx, database)
  const running = await runJobs(services, ctx.log, schedule)
  while (!(await over())) await delay(50)
  await running.stop(10_000)
  await services.locks.close()
}

/** The row of a job, if the job waits or runs. */
export async function messagesOf({ pool }: Db, jobId: string) {
  const { rows } = await pool.query<{ id: string; state: string }>(
    `select id, status::text as state from jobs where id = $1 and status in ('QUEUED', 'RETRYING', 'RUNNING')`,
    [jobId],
  )
  return rows
}

export const purgeRequest = {
  what: 'MARKED',
  askedAt: '2026-01-01T00:00:00.000Z',
  force: false,
} as const
export const askForPurge = (ctx: Ctx) =>
  transact(ctx.db, (tx) => startJob(ctx, tx, 'purge-trash', purgeRequest))
export const jobOf = ({ db, actor: { workspaceId } }: Ctx, id: string) =>
  db.prisma.job.findUniqueOrThrow({ where: { workspaceId_id: { workspaceId, id } } })

/** Makes the next job of a kind due, and gives it as a worker finds it. */
export async function delivered(ctx: Ctx, name: string): Promise<DueJob> {
  const { rows } = await ctx.db.pool.query<DueJob>(
    `update jobs set due_at = now() where id = (select id from jobs
       where name = $1 and status in ('QUEUED', 'RETRYING') and workspace_id = $2 order by created_at, id limit 1)
     returning workspace_id as "workspaceId", id, name, due_at as "dueAt"`,
    [name, ctx.actor.workspaceId],
  )
  if (!rows[0]) throw new Error('No job is due.')
  return rows[0]
}

export const runMessage = (ctx: Ctx, job: DueJob, work: Work, signal = new AbortController().signal) =>
  runJob(ctx, ctx.log, { job, work, signal })

export const failing: Work = () => Promise.reject(new Error('The storage is on fire.'))
