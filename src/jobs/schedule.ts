import type { Services } from '../usecases/context.ts'
import type { JobName } from '../queue/queue.ts'

/** When the daily jobs run. */
export interface Schedule {
  readonly purgeCron: string
  readonly garbageCollectionCron: string
  readonly timeZone: string
}

/** Every job that is not asked for, and when it begins: the short ones one after the other, some minutes after midnight. */
const daily = ({ purgeCron, garbageCollectionCron }: Schedule): Partial<Record<JobName, string>> => ({
  'daily-purge': purgeCron,
  'daily-garbage-collection': garbageCollectionCron,
  'forget-idempotency-keys': '30 0 * * *',
  'sweep-storage': '40 0 * * *',
  'tidy-resumable-uploads': '50 0 * * *',
})

/** Has the daily jobs begin at their times, on one process however many there are, and no others. */
export async function scheduleJobs({ queue: { boss } }: Services, schedule: Schedule): Promise<void> {
  const jobs = daily(schedule)
  // Of an older version.
  for (const { name } of await boss.getSchedules()) if (!(name in jobs)) await boss.unschedule(name)
  for (const [name, cron] of Object.entries(jobs))
    await boss.schedule(name, cron, {}, { tz: schedule.timeZone })

  // Also for servers that do not run at night; those that start together need it once.
  await boss.send('daily-purge', {}, { singletonKey: 'at a start', singletonSeconds: 600 })
  await boss.send('daily-garbage-collection', {}, { singletonKey: 'at a start', singletonSeconds: 6 * 3600 })
  await boss.send('remove-objects', {}, { singletonKey: 'at a start', singletonSeconds: 600 })
  await boss.send('sweep-storage', {}, { singletonKey: 'at a start', singletonSeconds: 3600 })
  // A server that was killed may have left some that are whole.
  await boss.send('tidy-resumable-uploads', {})
}
