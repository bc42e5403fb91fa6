import { transact } from '../../db/client.ts'
import { runningJobs } from '../../db/jobs/running-jobs.ts'
import type { Message } from '../../queue/messages.ts'
import type { JobName, JobRef } from '../../queue/queue.ts'
import type { Log, Services } from '../context.ts'
import { findJob, lockOf, missed, missedFirst, refOf } from './job-rows.ts'
import { died } from './run-job.ts'

/**
 * Finds jobs whose process died, by their locks, which are free then, and has them done again at once; or gives up those that
 * processes died of too often. Says how many it found.
 */
export async function recoverJobs(services: Services, log: Log): Promise<number> {
  // One process is enough. That two do no harm is a matter of the locks of the jobs.
  const lock = await services.locks.take('recover jobs', 0, () => {})
  if (!lock) return 0
  try {
    let found = 0
    const look = async (name: string, recover: () => Promise<boolean>) => {
      try {
        if (await ifNobodyDoes(services, name, recover)) found += 1
      } catch (err) {
        // One that cannot be recovered must not keep the others from it.
        log.error({ lock: name, err }, 'Could not recover a job whose process has ended')
      }
    }
    for (const message of await services.queue.lost()) {
      await look(lockOf(message), () => recoverMessage(services, message))
    }
    // What is left of them has no message, which only somebody who changes the queue by hand can bring about.
    for (const ref of await runningJobs(services.db)) {
      await look(`job ${ref.jobId}`, () => recoverRow(services, ref))
    }
    if (found > 0) log.warn({ jobs: found }, 'Found jobs whose process has ended; they will run again')
    return found
  } finally {
    await lock.free()
  }
}

async function ifNobodyDoes(services: Services, name: string, recover: () => Promise<boolean>) {
  const lock = await services.locks.take(name, 0, () => {})
  if (!lock) return false
  try {
    return await recover()
  } finally {
    await lock.free()
  }
}

async function recoverMessage(services: Services, message: Message): Promise<boolean> {
  const failure = message.output?.message ?? died
  const ref = refOf(message)
  if (!ref) return (await missedFirst(services, message, { failure, died: true })) !== undefined
  return transact(services.db, async (tx) => {
    if (!(await services.queue.remove(tx, message))) return false
    const job = await findJob(tx, ref)
    if (job?.status === 'RUNNING') {
      await missed(services, tx, job, { failure, died: true })
      return true
    }
    if (job?.status !== 'QUEUED' && job?.status !== 'RETRYING') return false
    await services.queue.enqueue(tx, message.name as JobName, ref)
    return true
  })
}

/** The row is read anew: it may have ended since it was found. */
const recoverRow = (services: Services, ref: JobRef) =>
  transact(services.db, async (tx) => {
    const job = await findJob(tx, ref)
    if (job?.status !== 'RUNNING') return false
    return (await missed(services, tx, job, { failure: died, died: true })) !== undefined
  })
