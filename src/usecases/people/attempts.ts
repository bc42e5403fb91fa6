import { countAttempt, giveAttemptBack, removeAttempts } from '../../db/people/attempts.ts'
import { earlierNow } from '../clocks.ts'
import type { Services } from '../context.ts'
import { removeInBatches } from '../remove-in-batches.ts'
import { hashOf } from './secrets.ts'

/** A limit that all servers of a database share: how often one key may occur within a window. */
export interface SharedLimit {
  /** What is counted, e.g. wrong passwords for accounts. */
  readonly kind: string
  /** Whom it is counted for, e.g. the account. */
  readonly key: string
  /** 0: without a limit. */
  readonly max: number
  readonly windowMs: number
}

type Counting = Pick<Services, 'db' | 'now'>

const keyOf = ({ kind, key }: SharedLimit) => ({ kind, keyHash: hashOf(key) })

/**
 * Counts an attempt before it is made, so that any number of attempts at once stay within the limit. Gives the seconds
 * until the next one may be made when there are too many.
 */
export async function attempt({ db, now }: Counting, limit: SharedLimit): Promise<number | undefined> {
  if (limit.max === 0) return undefined
  const at = now()
  const ends = new Date(at.getTime() + limit.windowMs)
  const { count, resetsAt } = await countAttempt(db, keyOf(limit), at, ends)
  if (count <= limit.max) return undefined
  return Math.max(1, Math.ceil((resetsAt.getTime() - at.getTime()) / 1000))
}

/** Takes an attempt back that turned out well. */
export async function giveBack({ db, now }: Counting, limit: SharedLimit): Promise<void> {
  if (limit.max > 0) await giveAttemptBack(db, keyOf(limit), now())
}

/** How many counts are removed by one statement. */
const batch = 10_000

/** Removes the counts whose windows are over. */
export async function forgetAttempts(services: Services): Promise<void> {
  const before = await earlierNow(services)
  await removeInBatches(batch, (limit) => removeAttempts(services.db, before, limit))
}
