import type { Tx } from '../client.ts'
import { sql } from '../sql.ts'

/**
 * Waits for the lock of a name and holds it until the end of the transaction; a `shared` one together with other
 * transactions that share it.
 */
export async function lockName(tx: Tx, name: string, mode: 'exclusive' | 'shared' = 'exclusive') {
  const key = sql`hashtextextended(${name}, 0)`
  await tx.execute(
    mode === 'shared'
      ? sql`select pg_advisory_xact_lock_shared(${key})`
      : sql`select pg_advisory_xact_lock(${key})`,
  )
}
