import type { Tx } from './client.ts'
import { sql } from './sql.ts'

/** Sets a savepoint and gives the function that rolls back to it, which also gives back the locks taken since. */
export async function setSavepoint(tx: Tx): Promise<() => Promise<void>> {
  await tx.execute(sql`savepoint before_attempt`)
  return async () => {
    await tx.execute(sql`rollback to savepoint before_attempt`)
  }
}
