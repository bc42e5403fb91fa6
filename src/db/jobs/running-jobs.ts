import { type Db, read, type Tx } from '../client.ts'
import { lockName } from '../postgres/named-locks.ts'

/** At most so many are looked at in one go. */
const limit = 1_000

/** The jobs that are being done, in every workspace, oldest first, or were when their process ended. */
export function runningJobs(db: Db): Promise<{ workspaceId: string; jobId: string }[]> {
  const text = `select workspace_id as "workspaceId", id as "jobId" from jobs where status = 'RUNNING' order by id limit ${limit}`
  return read(db, text, [])
}

/** Of those who ask for a job of which a workspace has one at a time, makes the next one wait and find this one's. */
export async function lockAsking(tx: Tx, workspaceId: string, name: string) {
  await lockName(tx, `ask for ${name} ${workspaceId}`)
}
