import { identifier, type Queryable, sql } from '../sql.ts'

/** The tables whose rows are of no use after `expires_at`. */
export const expiringTables = ['sessions', 'verifications'] as const

/** Removes up to `limit` rows of a table that have expired, and returns how many. */
export const removeExpired = (
  db: Queryable,
  table: (typeof expiringTables)[number],
  now: Date,
  limit: number,
): Promise<number> =>
  db.execute(sql`delete from ${identifier(table)} where id in (
    select id from ${identifier(table)} where expires_at <= ${now}::timestamptz order by expires_at limit ${limit}::int)`)
