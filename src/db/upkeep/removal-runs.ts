import type { RemovalName, RemovalRun } from '../../domain/removal-run.ts'
import type { Tx } from '../client.ts'
import { type Queryable, sql } from '../sql.ts'

const columns = sql`ran_at as "ranAt", waits_until as "waitsUntil", held_at as "heldAt"`

/** The state of each removal. */
export const removalRuns = (db: Queryable): Promise<(RemovalRun & { readonly name: RemovalName })[]> =>
  db.query(sql`select name, ${columns} from removal_runs order by name`)

/** Reads the state of a removal and keeps others from changing it until the end of the transaction. */
export async function lockRemovalRun(tx: Tx, name: RemovalName): Promise<RemovalRun> {
  const [row] = await tx.query<RemovalRun>(
    sql`select ${columns} from removal_runs where name = ${name} for no key update`,
  )
  if (!row) throw new Error(`The table removal_runs has no row ${name}.`)
  return row
}

/** Records that a removal begins now: its wait is over. */
export const recordRemovalRun = (tx: Tx, name: RemovalName, ranAt: Date) =>
  tx.execute(
    sql`update removal_runs set ran_at = ${ranAt}::timestamptz, waits_until = null where name = ${name}`,
  )

/** Records that a removal waits. */
export const recordRemovalWait = (tx: Tx, name: RemovalName, until: Date) =>
  tx.execute(sql`update removal_runs set waits_until = ${until}::timestamptz where name = ${name}`)

/** Puts all removals on hold, or with null releases them. Those on hold already stay so since then. */
export const setRemovalHold = (db: Queryable, heldAt: Date | null) =>
  db.execute(
    heldAt
      ? sql`update removal_runs set held_at = ${heldAt}::timestamptz where held_at is null`
      : sql`update removal_runs set held_at = null`,
  )
