import { transact } from '../../db/client.ts'
import { sizeOfDue, sizeOfWorkspace, workspacesToPurge } from '../../db/trash/due-deletions.ts'
import { type DueWorkspace, dueWorkspaces } from '../../db/trash/trashed-workspaces.ts'
import { earlierNow } from '../clocks.ts'
import { type Log, newId, type Services, systemActor } from '../context.ts'
import { mayBeginRemoval } from '../job-control/removal-runs.ts'
import { startJob } from '../job-control/start-job.ts'

/** Starts a purge of each workspace with due deletions, and of each workspace whose own retention is over. */
export async function startDailyPurges(services: Services, log: Log): Promise<void> {
  const { db, queue } = services
  const now = await earlierNow(services)
  const workspaceIds = await workspacesToPurge(db, now)
  const trashed = await dueWorkspaces(db, now)
  const due = await dueIn(services, workspaceIds, trashed, now)
  if (!(await mayBeginRemoval(services, log, { name: 'daily-purge', now, due }))) return
  for (const workspaceId of workspaceIds) {
    const ctx = { ...services, log, actor: systemActor(workspaceId), requestId: newId() }
    const request = { what: 'DUE', askedAt: now.toISOString(), force: false, automatic: true } as const
    await transact(db, (tx) => startJob(ctx, tx, 'purge-trash', request))
  }
  for (const { id } of trashed)
    await transact(db, (tx) => queue.enqueue(tx, 'purge-workspace', { trashedId: id }))
}

/** What a purge of the trash of these workspaces would mark, and of these workspaces in the trash. */
async function dueIn(
  { db }: Services,
  workspaceIds: readonly string[],
  trashed: readonly DueWorkspace[],
  now: Date,
) {
  let [deletions, items, bytes] = [0, 0, 0n]
  for (const id of workspaceIds) {
    const size = await sizeOfDue(db, id, { expiredAt: now })
    deletions += size.deletions
    items += size.items
    bytes += size.bytes
  }
  // The others are marked already, and cannot be restored.
  const whole = trashed.filter(({ purgedAt }) => purgedAt === null)
  for (const { id } of whole) {
    const size = await sizeOfWorkspace(db, id)
    items += size.items
    bytes += size.bytes
  }
  return {
    isDue: deletions + whole.length > 0,
    counts: {
      workspaces: workspaceIds.length,
      trashedWorkspaces: whole.length,
      deletions,
      items,
      bytes: String(bytes),
    },
    words:
      `${deletions} expired deletions${whole.length > 0 ? ` and ${whole.length} expired workspaces` : ''} with ` +
      `${items} items and ${bytes} bytes`,
  }
}
