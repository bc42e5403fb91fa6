import type { Tx } from '../client.ts'
import { type Queryable, sql } from '../sql.ts'

/** Marks a workspace as purged: it leaves the trash, and its rows are removed from now on. */
export const markWorkspacePurged = (tx: Tx, id: string, at: Date) =>
  tx.execute(sql`update workspaces set purged_at = ${at}::timestamptz where id = ${id}::uuid`)

/** A workspace whose retention is over, or whose rows are not all removed yet. */
export interface DueWorkspace {
  readonly id: string
  readonly name: string
  readonly purgedAt: Date | null
}

/** The workspaces that a purge at `now` removes, oldest deletion first. */
export const dueWorkspaces = (db: Queryable, now: Date): Promise<DueWorkspace[]> =>
  db.query(sql`select id, name, purged_at as "purgedAt" from workspaces
    where deleted_at is not null and (purged_at is not null or purge_after <= ${now}::timestamptz)
    order by deleted_at, id`)

/** Makes the waiting jobs of a workspace due at once. They were postponed while it was in the trash. */
export const releaseJobs = (tx: Tx, workspaceId: string) =>
  tx.execute(sql`update jobs set due_at = now()
    where workspace_id = ${workspaceId}::uuid and status = 'QUEUED' and due_at > now() and once is null`)
