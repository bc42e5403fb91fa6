import { delayAfter } from '../domain/jobs.ts'
import type { Outcome } from '../queue/attempts.ts'

/** Why an attempt failed. */
interface AttemptFailure {
  readonly failure: string
  /** Its process died, which may have had any reason: the job is tried again at once. */
  readonly died?: boolean
}

/** The failure of an attempt whose process died. */
export const died: AttemptFailure = {
  failure: 'The process that did the job ended before it was done.',
  died: true,
}

/** How a job continues after its attempt of this number failed: it is tried again later, or given up after the last. */
export function outcomeOf(attempts: number, { failure, died = false }: AttemptFailure, at: Date): Outcome {
  const delayMs = delayAfter(attempts, Math.random())
  if (delayMs === undefined)
    return { status: 'FAILED', failure, nextAttemptAt: null, finishedAt: at, delayMs: 0 }
  const waitMs = died ? 0 : delayMs
  const nextAttemptAt = new Date(at.getTime() + waitMs)
  return { status: 'RETRYING', failure, nextAttemptAt, finishedAt: null, delayMs: waitMs }
}
