import type { Tx } from '../client.ts'
import { lockName } from '../postgres/named-locks.ts'
import { literal, type Queryable, sql } from '../sql.ts'

/** How many jobs are looked at in one run. */
const limit = 1_000

/** The jobs that are running, in every workspace, oldest first, or were running when their process ended. */
export function runningJobs(db: Queryable): Promise<{ workspaceId: string; jobId: string }[]> {
  return db.query(sql`select workspace_id as "workspaceId", id as "jobId" from jobs
    where status = 'RUNNING' order by id limit ${literal(limit)}`)
}

/**
 * Makes requests for a job that a workspace has only once wait for each other, so that the next one finds this one's
 * job.
 */
export async function lockAsking(tx: Tx, workspaceId: string, name: string) {
  await lockName(tx, `ask for ${name} ${workspaceId}`)
}
