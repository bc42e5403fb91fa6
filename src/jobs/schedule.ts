import cronParser from 'cron-parser'
import { enqueueOnce, type PlainJob } from '../queue/queue.ts'
import type { Services } from '../usecases/context.ts'
import { lastRemovals } from '../usecases/job-control/removal-runs.ts'

/** When the daily jobs run. */
export interface Schedule {
  readonly purgeCron: string
  readonly garbageCollectionCron: string
  readonly timeZone: string
}

interface DailyJob {
  readonly name: PlainJob
  readonly cron: string
  readonly timeZone: string
}

/** Every job that starts by the clock: the short ones one after the other, some minutes after midnight. */
export function dailyJobs({ purgeCron, garbageCollectionCron, timeZone }: Schedule): DailyJob[] {
  const crons: Partial<Record<PlainJob, string>> = {
    'daily-purge': purgeCron,
    'daily-garbage-collection': garbageCollectionCron,
    'forget-idempotency-keys': '30 0 * * *',
    'sweep-storage': '40 0 * * *',
    'tidy-resumable-uploads': '50 0 * * *',
  }
  return Object.entries(crons).map(([name, cron]) => ({ name: name as PlainJob, cron, timeZone }))
}

/** So long after its time a daily job is still enqueued: more than the time between two looks. */
const lateMs = 2 * 60_000

/** The last time of a daily job before now. */
const lastTime = ({ cron, timeZone }: DailyJob, now: Date) =>
  cronParser.parseExpression(cron, { tz: timeZone, currentDate: now }).prev().toDate()

/** The daily jobs whose time came a moment ago, and that time. */
export const dueDaily = (daily: readonly DailyJob[], now: Date) =>
  daily.flatMap((job) => {
    const at = lastTime(job, now)
    return now.getTime() - at.getTime() < lateMs ? [{ name: job.name, at }] : []
  })

/** Enqueues a daily job for one of its times, once, however many servers look. */
const enqueueFor = ({ db }: Services, name: PlainJob, at: Date) =>
  enqueueOnce(db, name, `daily ${at.toISOString()}`)

/** Enqueues the daily jobs whose time has come. */
export async function enqueueDaily(services: Services, daily: readonly DailyJob[], now: Date) {
  for (const { name, at } of dueDaily(daily, now)) await enqueueFor(services, name, at)
}

/** Jobs for a server that does not run at night, and the seconds in which servers that start together need one. */
const atStart = {
  'remove-objects': 600,
  'sweep-storage': 3600,
  // A server that was killed may have left some that are whole: nearly every start needs it.
  'tidy-resumable-uploads': 1,
} as const

/**
 * Enqueues the jobs that a server begins with. Of those that permanently remove something only the ones whose last time
 * passed while no server ran.
 */
export async function enqueueStart(services: Services, daily: readonly DailyJob[], now: Date): Promise<void> {
  for (const [name, seconds] of Object.entries(atStart))
    await enqueueOnce(
      services.db,
      name as keyof typeof atStart,
      `start ${Math.floor(now.getTime() / 1000 / seconds)}`,
    )
  const ran = await lastRemovals(services)
  for (const job of daily.filter(({ name }) => ran.has(name))) {
    const [at, ranAt] = [lastTime(job, now), ran.get(job.name)]
    if (!ranAt || ranAt < at) await enqueueFor(services, job.name, at)
  }
}
