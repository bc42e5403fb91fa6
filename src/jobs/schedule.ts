import cronParser from 'cron-parser'
import { enqueueOnce, type PlainJob } from '../queue/queue.ts'
import type { Services } from '../usecases/context.ts'

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

/** The daily jobs whose time came a moment ago, and that time. */
export const dueDaily = (daily: readonly DailyJob[], now: Date) =>
  daily.flatMap(({ name, cron, timeZone }) => {
    const at = cronParser.parseExpression(cron, { tz: timeZone, currentDate: now }).prev().toDate()
    return now.getTime() - at.getTime() < lateMs ? [{ name, at }] : []
  })

/** Enqueues the daily jobs whose time has come, each one once, however many servers look. */
export async function enqueueDaily({ db }: Services, daily: readonly DailyJob[], now: Date) {
  for (const { name, at } of dueDaily(daily, now)) await enqueueOnce(db, name, `daily ${at.toISOString()}`)
}

/** Jobs for a server that does not run at night, and the seconds in which servers that start together need one. */
const atStart = {
  'daily-purge': 600,
  'daily-garbage-collection': 6 * 3600,
  'remove-objects': 600,
  'sweep-storage': 3600,
  // A server that was killed may have left some that are whole: nearly every start needs it.
  'tidy-resumable-uploads': 1,
} as const

/** Enqueues the jobs that a server begins with. */
export async function enqueueStart({ db }: Services): Promise<void> {
  for (const [name, seconds] of Object.entries(atStart))
    await enqueueOnce(db, name as keyof typeof atStart, `start ${Math.floor(Date.now() / 1000 / seconds)}`)
}
