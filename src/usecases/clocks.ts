import type { Db, Tx } from '../db/client.ts'
import type { Services } from './context.ts'

type Clocks = Pick<Services, 'now' | 'databaseNow'> & { readonly db: Db | Tx }

/** Clocks that differ by less count as the same, in milliseconds. */
const toleranceMs = 60_000

/**
 * The earlier of the server's and the database's time. Whatever expires permanently expires by it, so that one wrong
 * clock removes nothing.
 */
export async function earlierNow({ db, now, databaseNow }: Clocks): Promise<Date> {
  return earlier(now(), await databaseNow(db))
}

/**
 * The later of both times. Whatever is kept for some time is kept from then on, so that a clock which is behind does
 * not shorten that time.
 */
export async function laterNow({ db, now, databaseNow }: Clocks): Promise<Date> {
  const [own, other] = [now(), await databaseNow(db)]
  return other.getTime() - own.getTime() > toleranceMs ? other : own
}

export const earlier = (one: Date, other: Date) => (one < other ? one : other)
