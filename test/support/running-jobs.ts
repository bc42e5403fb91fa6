import { setTimeout as delay } from 'node:timers/promises'
import type { Db } from '../../src/db/client.ts'
import { openSessionLocks } from '../../src/db/session-locks.ts'
import { runJobs } from '../../src/jobs/run.ts'
import { openQueue, startQueue } from '../../src/jobs/queue.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import type { useDatabase } from './database.ts'

export const schedule = { purgeCron: '0 0 * * *', collectCron: '0 1 * * *', timeZone: 'UTC' }

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
  running.stop()
  await services.queue.boss.stop({ graceful: true, wait: true, timeout: 10_000 })
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
