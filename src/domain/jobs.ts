import { Failure } from './failure.ts'

/** How often a job is begun before it is given up: over about an hour and a half, longer than most outages. */
export const maxAttempts = 8

/** The wait after the first failure, in milliseconds; after each further one it is three times as long. */
const firstDelayMs = 5_000
const growth = 3

/** Jobs that failed together are not all tried again at the same moment: up to so much of the wait is added, by chance. */
const spread = 0.2

/**
 * How long a job waits after its n-th failed attempt, in milliseconds: 5 s, 15 s, 45 s, 2 min, 7 min, 20 min and 1 h, and up to a
 * fifth more. Undefined: it is given up. `random` is from 0 to 1.
 */
export const delayAfter = (attempts: number, random: number): number | undefined =>
  attempts >= maxAttempts
    ? undefined
    : Math.round(firstDelayMs * growth ** (Math.max(1, attempts) - 1) * (1 + spread * random))

/** How long jobs are remembered, in days: what was done until nobody asks any more, what failed a quarter, for rare jobs too. */
export const rememberedJobDays = { DONE: 30, FAILED: 90 } as const

/** A job that is not over yet, or is done, and so cannot be asked for again. */
export type JobStatus = 'QUEUED' | 'RUNNING' | 'RETRYING' | 'DONE' | 'FAILED'

export class JobNotFailed extends Failure {
  readonly __typename = 'JobNotFailed'
  readonly message: string
  readonly status: JobStatus

  constructor(status: JobStatus) {
    super()
    this.status = status
    this.message =
      status === 'DONE'
        ? 'The job is done, so there is nothing to retry.'
        : 'The job has not failed; the server retries it automatically. Check its status and nextAttemptAt.'
  }
}
