import type { Tx } from './client.ts'
import { type Queryable, sql } from './sql.ts'

/** Locks the row of a workspace until the end of the transaction. */
export async function lockWorkspace(tx: Tx, id: string): Promise<void> {
  await tx.query(sql`select id from workspaces where id = ${id}::uuid for no key update`)
}

/** Asks the database for nothing, to see whether it answers. */
export async function ping(db: Queryable): Promise<void> {
  await db.query(sql`select 1`)
}
