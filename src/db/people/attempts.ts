import { type Queryable, sql } from '../sql.ts'

/** What is counted. */
export interface AttemptKey {
  readonly kind: string
  readonly keyHash: Buffer
}

export interface AttemptCount {
  readonly count: number
  readonly resetsAt: Date
}

/** A count beyond every limit, far from the largest that the column takes. */
const countedUpTo = 1_000_000_000

/** Counts an attempt. The first one of a window says when the window ends; later ones do not extend it. */
export async function countAttempt(
  db: Queryable,
  { kind, keyHash }: AttemptKey,
  now: Date,
  resetsAt: Date,
): Promise<AttemptCount> {
  const isOver = sql`c.resets_at <= ${now}::timestamptz`
  const [row] = await db.query<AttemptCount>(sql`
    insert into attempt_counts as c (kind, key_hash, count, resets_at)
    values (${kind}, ${keyHash}, 1, ${resetsAt}::timestamptz)
    on conflict (kind, key_hash) do update set
      count = case when ${isOver} then 1 else least(c.count + 1, ${countedUpTo}::int) end,
      resets_at = case when ${isOver} then excluded.resets_at else c.resets_at end
    returning count, resets_at as "resetsAt"`)
  return row ?? { count: 1, resetsAt }
}

/** Takes an attempt back that turned out well. */
export const giveAttemptBack = (db: Queryable, { kind, keyHash }: AttemptKey, now: Date): Promise<number> =>
  db.execute(sql`
    update attempt_counts set count = count - 1
    where kind = ${kind} and key_hash = ${keyHash} and count > 0 and resets_at > ${now}::timestamptz`)

/** Removes up to `limit` counts whose windows are over, and returns how many. */
export const removeAttempts = (db: Queryable, now: Date, limit: number): Promise<number> =>
  db.execute(sql`delete from attempt_counts where (kind, key_hash) in (
    select kind, key_hash from attempt_counts where resets_at <= ${now}::timestamptz
    order by resets_at limit ${limit}::int)`)
