import { type Queryable, sql } from '../sql.ts'

/** Asks the database for nothing, to see whether it answers. */
export async function ping(db: Queryable): Promise<void> {
  await db.query(sql`select 1`)
}
