import { setTimeout as delay } from 'node:timers/promises'
import { continueIndexing } from '../usecases/search/index-library.ts'
import { continueNameKeys } from '../usecases/search/name-keys.ts'
import type { Log, Services } from '../usecases/context.ts'
import { foldActivity } from '../usecases/upkeep/fold-activity.ts'
import { recoverJobs } from './recover-jobs.ts'
import { dailyJobs, enqueueDaily, enqueueStart, type Schedule } from './schedule.ts'
import { startTurns } from './turns.ts'

/**
 * How often this process looks for jobs whose process died, for daily jobs whose time has come, and for activity to add
 * up, which is too frequent for a job of its own.
 */
const [recoverMs, dailyMs, foldMs] = [60_000, 30_000, 10_000]

/** Jobs that run in this process. */
export interface RunningJobs {
  /** Begins no more jobs, asks those under way to end or to make room, and waits for them, for at most `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/**
 * Runs the jobs of this database in this process. The walk of one job:
 *
 * 1. It is enqueued: by `startJob` for clients, `Queue.enqueue` for the server, `schedule.ts` for the daily ones.
 * 2. `turns.ts` finds it due and gives it to a free turn of its kind.
 * 3. `run-job.ts` takes its lock, begins an attempt, calls its work (`handlers.ts`) and records the end: done, failed
 *    (`failure.ts` says when it is tried again) or postponed.
 * 4. `recover-jobs.ts` finds an attempt without an end by its lock, which is free when its process died.
 *
 * The statements of each step are in `src/queue/attempts.ts`.
 */
export async function runJobs(services: Services, log: Log, schedule: Schedule): Promise<RunningJobs> {
  const daily = dailyJobs(schedule)
  await enqueueStart(services, daily, services.now())
  await continueIndexing(services)
  await continueNameKeys(services)
  const recover = () =>
    recoverJobs(services, log).catch((err: unknown) =>
      log.error({ err }, 'Could not check for jobs whose process has ended'),
    )
  const begin = () =>
    enqueueDaily(services, daily, new Date()).catch((err: unknown) =>
      log.error({ err }, 'Could not enqueue the daily jobs'),
    )
  const fold = () =>
    foldActivity(services).catch((err: unknown) =>
      log.error({ err }, 'Could not add up the recorded activity'),
    )
  let [recovering, enqueuing, folding] = [recover(), begin(), fold()]
  // What it adds up may be locked for long, and no job needs it.
  await Promise.all([recovering, enqueuing])
  const timers = [
    setInterval(() => (recovering = recover()), recoverMs),
    setInterval(() => (enqueuing = begin()), dailyMs),
    setInterval(() => (folding = folding.then(fold)), foldMs),
  ]
  const turns = startTurns(services, log)
  return {
    stop: async (graceMs) => {
      timers.forEach(clearInterval)
      const ended = Promise.all([turns.stop(), recovering, enqueuing, folding])
      await Promise.race([ended, delay(graceMs, undefined, { ref: false })])
    },
  }
}
