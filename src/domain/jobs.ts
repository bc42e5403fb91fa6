import { Failure } from './failure.ts'

/** The maximum number of attempts of a job. They span about an hour and a half, longer than most outages. */
export const maxAttempts = 8

/** The delay after the first failure, in milliseconds. It triples with every further failure. */
const firstDelayMs = 5_000
const growth = 3

/**
 * Jitter: adds a random part of up to this fraction to each delay, so that jobs that failed together are not all
 * retried at the same moment.
 */
const spread = 0.2

/**
 * The delay after the n-th failed attempt, in milliseconds: 5 s, 15 s, 45 s, 2 min, 7 min, 20 min and 1 h, plus up to a
 * fifth. Undefined: no further attempt. `random` is from 0 to 1.
 */
export const delayAfter = (attempts: number, random: number): number | undefined =>
  attempts >= maxAttempts
    ? undefined
    : Math.round(firstDelayMs * growth ** (Math.max(1, attempts) - 1) * (1 + spread * random))

/** How many days listed jobs are kept. Failed jobs stay for a quarter of a year, so that rare jobs are seen too. */
export const rememberedJobDays = { DONE: 30, FAILED: 90 } as const

/** How many days a done job that clients do not see is kept: its key prevents a second job with the same key. */
export const unlistedJobDays = 1

/** The job is not over yet, or it is done, so it cannot be retried. */
type JobStatus = 'QUEUED' | 'RUNNING' | 'RETRYING' | 'DONE' | 'FAILED'

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
