import { setTimeout as delay } from 'node:timers/promises'
import { type Db, transact } from '../../../src/db/client.ts'
import { openSessionLocks } from '../../../src/db/postgres/session-locks.ts'
import type { Message } from '../../../src/queue/messages.ts'
import { openQueue, startQueue } from '../../../src/queue/queue.ts'
import { runJobs } from '../../../src/jobs/run.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { startJob } from '../../../src/usecases/jobs/track-jobs.ts'
import { runJob, type Work } from '../../../src/usecases/jobs/run-job.ts'
import type { useDatabase } from '../database.ts'

export const schedule = { purgeCron: '0 0 * * *', garbageCollectionCron: '0 1 * * *', timeZone: 'UTC' }

/** Services with a queue and locks of their own, as another process has them. */
export function inAnotherProcess(ctx: Ctx, { db, connection }: ReturnType<typeof useDatabase>) {
  const locks = openSessionLocks(connection, () => {})
  return { ...ctx, queue: openQueue(db, () => {}), locks }
}

/** Runs the jobs until `over` holds. */
export async function runJobsUntil(
  ctx: Ctx,
  database: ReturnType<typeof useDatabase>,
  over: () => Promise<boolean>,
) {
  const services = inAnotherProcess(ctx, database)
  await startQueue(database.db, services.queue)
  const running = await runJobs(services, ctx.log, schedule)
  while (!(await over())) await delay(50)
  await running.stop()
  await services.queue.stop(10_000)
  await services.locks.close()
}

/** The messages of a job that nobody has begun or finished. */
export async function messagesOf({ pool }: Db, jobId: string) {
  const { rows } = await pool.query<{ id: string; state: string }>(
    `select id, state::text from pgboss.job where data->>'jobId' = $1 and state < 'completed'`,
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

/** Takes the next message of a kind, as a worker of pg-boss does. */
export async function delivered(ctx: Ctx, name: string): Promise<Message> {
  await ctx.db.pool.query(`update pgboss.job set start_after = now() where name = $1`, [name])
  const { rows } = await ctx.db.pool.query<Message>(
    `update pgboss.job set state = 'active', started_on = now() - interval '10 seconds' where id = (
       select id from pgboss.job where name = $1 and state < 'active' and data->>'workspaceId' = $2 order by created_on limit 1)
     returning name, id, data, created_on as "createdOn", output`,
    [name, ctx.actor.workspaceId],
  )
  if (!rows[0]) throw new Error('There is no message.')
  return rows[0]
}

export const runMessage = (ctx: Ctx, message: Message, work: Work, signal = new AbortController().signal) =>
  runJob(ctx, ctx.log, { message, work, signal })

export const failing: Work = () => Promise.reject(new Error('The storage is on fire.'))
