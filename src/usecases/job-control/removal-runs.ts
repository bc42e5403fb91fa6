import { transact } from '../../db/client.ts'
import {
  lockRemovalRun,
  recordRemovalRun,
  recordRemovalWait,
  removalRuns,
  setRemovalHold,
} from '../../db/upkeep/removal-runs.ts'
import { decideRemoval, type RemovalName } from '../../domain/removal-run.ts'
import type { Log, Services } from '../context.ts'
import { JobPostponed } from './attempt.ts'

/** What a removal would permanently remove. */
export interface DueRemoval {
  readonly isDue: boolean
  /** As it stands in the log. */
  readonly counts: Readonly<Record<string, number | string>>
  /** The same in words. */
  readonly words: string
}

const titles: Record<RemovalName, string> = {
  'daily-purge': 'purge',
  'daily-garbage-collection': 'garbage collection',
}

/**
 * Whether an automatic removal may begin now. If its last run was long ago, the clock may be wrong, or the database
 * restored from a backup: then it waits first, which throws `JobPostponed`, and the log says what will go.
 */
export async function mayBeginRemoval(
  { db, limits }: Services,
  log: Log,
  { name, now, due }: { name: RemovalName; now: Date; due: DueRemoval },
): Promise<boolean> {
  const { ranAt, decided } = await transact(db, async (tx) => {
    const run = await lockRemovalRun(tx, name)
    const decision = decideRemoval(run, { now, waitMs: limits.removalWaitMs, isDue: due.isDue })
    if (decision.decision === 'RUN') await recordRemovalRun(tx, name, now)
    if (decision.decision === 'WAIT' && decision.begins) await recordRemovalWait(tx, name, decision.until)
    return { ranAt: run.ranAt, decided: decision }
  })
  const title = titles[name]
  if (decided.decision === 'HELD') {
    log.warn(due.counts, `The ${title} is on hold. To release it, run: npm run cli -- purge release`)
    return false
  }
  if (decided.decision === 'RUN') return true
  const { until, begins } = decided
  if (begins) {
    const last = ranAt ? `was at ${ranAt.toISOString()}` : 'is unknown'
    log.warn(
      { ...due.counts, ranAt, until },
      `The last ${title} ${last}. At ${until.toISOString()} the next one permanently removes ${due.words}. Check ` +
        'the clock, and whether the database is a restored backup. To stop it, run: npm run cli -- purge hold',
    )
  }
  throw new JobPostponed(`The ${title} waits until ${until.toISOString()}.`, until.getTime() - now.getTime())
}

/** Whether automatic removal is on hold. */
export const isRemovalHeld = async ({ db }: Pick<Services, 'db'>): Promise<boolean> =>
  (await removalRuns(db)).some(({ heldAt }) => heldAt !== null)

/** When each automatic removal last ran. */
export async function lastRemovals({ db }: Pick<Services, 'db'>): Promise<ReadonlyMap<string, Date | null>> {
  return new Map((await removalRuns(db)).map(({ name, ranAt }) => [name, ranAt]))
}

/** Puts automatic removal on hold, on all servers, until it is released. */
export const holdRemoval = async ({ db, now }: Pick<Services, 'db' | 'now'>) => {
  await setRemovalHold(db, now())
}

/** Ends the hold. */
export const releaseRemoval = async ({ db }: Pick<Services, 'db'>) => {
  await setRemovalHold(db, null)
}
