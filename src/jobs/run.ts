import type { JobWithMetadata } from 'pg-boss'
import type { Log, Services } from '../usecases/context.ts'
import { continueIndexing } from '../usecases/search/index-library.ts'
import { recoverJobs } from '../usecases/jobs/recover-jobs.ts'
import { runJob } from '../usecases/jobs/run-job.ts'
import { handlers } from './handlers.ts'
import { type JobName, jobNames, queues } from '../queue/queue.ts'
import { type Schedule, scheduleJobs } from './schedule.ts'

/** How long a job may go on before others that wait get a turn, if it can be interrupted. */
const turnMs = 10 * 60_000

/** How often jobs are looked for whose process died. */
const recoverMs = 60_000

/** Jobs that run in this process. */
export interface RunningJobs {
  /** Asks those under way to end, or to go on elsewhere. Closing the queue begins no more and waits for them. */
  stop(): Promise<void>
}

/** Runs the jobs of this database in this process, each kind beside the others, and the daily ones on one process only. */
export async function runJobs(services: Services, log: Log, schedule: Schedule): Promise<RunningJobs> {
  const turns: Turns = { underWay: new Set(), ending: false }
  for (const name of jobNames) {
    for (let count = 0; count < queues[name].turns; count += 1) await workOn(services, log, name, turns)
  }
  await scheduleJobs(services, schedule)
  await continueIndexing(services)
  const recover = () =>
    recoverJobs(services, log).catch((err: unknown) =>
      log.error({ err }, 'Could not check for jobs whose process has ended'),
    )
  let recovering = recover()
  await recovering
  const timer = setInterval(() => (recovering = recover()), recoverMs)
  return {
    stop: async () => {
      clearInterval(timer)
      turns.ending = true
      turns.underWay.forEach(end)
      await recovering
    },
  }
}

interface Turns {
  readonly underWay: Set<AbortController>
  /** Those that begin now are over at once. */
  ending: boolean
}

const end = (turn: AbortController) => turn.abort(new Error('This process is ending.'))

/** One after the other: a job that takes long holds up only what has no other turn, and that not for long. */
async function workOn(services: Services, log: Log, name: JobName, turns: Turns) {
  const { boss } = services.queue
  const worker = { id: '' }
  const options = { pollingIntervalSeconds: 1, batchSize: 1, includeMetadata: true } as const
  worker.id = await boss.work(name, options, async ([job]: JobWithMetadata[]) => {
    if (!job) return
    const turn = new AbortController()
    const over = setTimeout(() => turn.abort(new Error('Other jobs get a turn.')), turnMs)
    turns.underWay.add(turn)
    if (turns.ending) end(turn)
    try {
      const message = { ...job, output: job.output as { message?: string } | null }
      await runJob(services, log, { message, work: handlers[name], signal: turn.signal })
    } catch (err) {
      log.error({ job: name, id: job.id, err }, 'Could not record the outcome of a job; it will run again')
      throw err
    } finally {
      clearTimeout(over)
      turns.underWay.delete(turn)
    }
    // The next one at once, not at the next tick.
    boss.notifyWorker(worker.id)
  })
}
