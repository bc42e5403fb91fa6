import { type DueJob, dueJobs } from '../queue/attempts.ts'
import { type JobName, jobNames, kinds } from '../queue/kinds.ts'
import type { Log, Services } from '../usecases/context.ts'
import { handlers } from './handlers.ts'
import { runJob } from './run-job.ts'

/** How often a process looks for jobs that are due, besides after each job that it did. */
const pollMs = 1_000

/** How long a job may run before others that wait get a turn, if it can be interrupted. */
const turnMs = 10 * 60_000

interface Turns {
  /** Begins no more jobs, interrupts those under way and waits for them. */
  stop(): Promise<void>
}

/** Looks for due jobs and does them, each kind beside the others. */
export function startTurns(services: Services, log: Log): Turns {
  const free = new Map(jobNames.map((name) => [name, kinds[name].turns]))
  const interrupts = new Set<AbortController>()
  const underWay = new Set<Promise<void>>()
  let ending = false
  let away = false
  let looking: Promise<void> | undefined
  let lookAgain = false

  const runOne = async (job: DueJob): Promise<boolean> => {
    const turn = new AbortController()
    const over = setTimeout(() => turn.abort(new Error('Others get a turn.')), turnMs)
    interrupts.add(turn)
    try {
      return await runJob(services, log, { job, work: handlers[job.name], signal: turn.signal })
    } catch (err) {
      log.error({ job: job.name, id: job.id, err }, 'How a job went could not be recorded; it is done again')
      return false
    } finally {
      clearTimeout(over)
      interrupts.delete(turn)
    }
  }

  /** Does the jobs of one kind, one after the other. Another turn may take from the same list. */
  const takeTurn = async (name: JobName, jobs: DueJob[]) => {
    let began = false
    for (let job = jobs.shift(); job && !ending; job = jobs.shift()) {
      if (await runOne(job)) began = true
    }
    free.set(name, (free.get(name) ?? 0) + 1)
    // There may be more. When none could be begun, other processes were faster: the next look is soon enough.
    if (began) look()
  }

  const lookOnce = async () => {
    const names = jobNames.filter((name) => free.get(name))
    if (names.length === 0) return
    const due = await dueJobs(services.db, names)
    for (const name of names) {
      const jobs = due.filter((job) => job.name === name)
      for (let turn = Math.min(free.get(name) ?? 0, jobs.length); turn > 0 && !ending; turn -= 1) {
        free.set(name, (free.get(name) ?? 0) - 1)
        const taken = takeTurn(name, jobs).finally(() => underWay.delete(taken))
        underWay.add(taken)
      }
    }
  }

  const lookUntilDone = async () => {
    while (lookAgain && !ending) {
      lookAgain = false
      try {
        await lookOnce()
        away = false
      } catch (err) {
        // Once for each time that the database is away, not every second.
        if (!away) log.error({ err }, 'Could not look for jobs that are due')
        away = true
      }
    }
    looking = undefined
  }

  const look = () => {
    lookAgain = true
    looking ??= lookUntilDone()
  }

  const timer = setInterval(look, pollMs)
  look()
  return {
    stop: async () => {
      ending = true
      clearInterval(timer)
      for (const turn of interrupts) turn.abort(new Error('This process is ending.'))
      await looking
      await Promise.all(underWay)
    },
  }
}
