import type { Tx } from './client.ts'
import { sql } from './sql.ts'

/** Locks the row of a workspace until the end of the transaction. */
export async function lockWorkspace(tx: Tx, id: string): Promise<void> {
  await tx.query(sql`select id from workspaces where id = ${id}::uuid for no key update`)
}
