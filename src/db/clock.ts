import { type Queryable, sql } from './sql.ts'

/** The time by the clock of the database, also within a transaction. */
export async function databaseTime(db: Queryable): Promise<Date> {
  const [row] = await db.query<{ now: Date }>(sql`select clock_timestamp()::timestamptz(3) as now`)
  if (!row) throw new Error('The database does not tell the time.')
  return row.now
}
