import { transact } from '../../db/client.ts'
import { sizeOfDue, workspacesToPurge } from '../../db/trash/due-deletions.ts'
import { earlierNow } from '../clocks.ts'
import { type Log, newId, type Services, systemActor } from '../context.ts'
import { mayBeginRemoval } from '../job-control/removal-runs.ts'
import { startJob } from '../job-control/start-job.ts'

/** Starts a purge of each workspace with due deletions. */
export async function startDailyPurges(services: Services, log: Log): Promise<void> {
  const { db } = services
  const now = await earlierNow(services)
  const workspaceIds = await workspacesToPurge(db, now)
  const due = await dueIn(services, workspaceIds, now)
  if (!(await mayBeginRemoval(services, log, { name: 'daily-purge', now, due }))) return
  for (const workspaceId of workspaceIds) {
    const ctx = { ...services, log, actor: systemActor(workspaceId), requestId: newId() }
    const request = { what: 'DUE', askedAt: now.toISOString(), force: false, automatic: true } as const
    await transact(db, (tx) => startJob(ctx, tx, 'purge-trash', request))
  }
}

/** What a purge of these workspaces would mark. */
async function dueIn({ db }: Services, workspaceIds: readonly string[], now: Date) {
  let [deletions, items, bytes] = [0, 0, 0n]
  for (const id of workspaceIds) {
    const size = await sizeOfDue(db, id, { expiredAt: now })
    deletions += size.deletions
    items += size.items
    bytes += size.bytes
  }
  return {
    isDue: deletions > 0,
    counts: { workspaces: workspaceIds.length, deletions, items, bytes: String(bytes) },
    words: `${deletions} expired deletions with ${items} items and ${bytes} bytes`,
  }
}
