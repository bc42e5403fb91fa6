import { recordFailed, runningJobs } from '../queue/attempts.ts'
import type { Log, Services } from '../usecases/context.ts'
import { died, outcomeOf } from './failure.ts'
import { lockOf } from './run-job.ts'

/**
 * Finds jobs whose process died: they are RUNNING, and their lock is free. Has them tried again at once, or gives up
 * those that processes died of too often. Says how many it found.
 */
export async function recoverJobs(services: Services, log: Log): Promise<number> {
  // One process is enough. Two do no harm: they take the lock of each job, and name the attempt that they end.
  const lock = await services.locks.take('recover jobs', 0, () => {})
  if (!lock) return 0
  try {
    let found = 0
    for (const job of await runningJobs(services.db)) {
      const ofJob = await services.locks.take(lockOf(job), 0, () => {})
      if (!ofJob) continue
      try {
        const outcome = outcomeOf(job.attempts, died, services.now())
        if (await recordFailed(services.db, job, outcome)) found += 1
      } catch (err) {
        // One that cannot be recovered must not keep the others from it.
        log.error({ id: job.id, err }, 'Could not recover a job whose process had ended')
      } finally {
        await ofJob.free()
      }
    }
    if (found > 0) log.warn({ jobs: found }, 'Found jobs whose process had ended; they are done again')
    return found
  } finally {
    await lock.free()
  }
}
