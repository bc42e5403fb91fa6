import { transact } from '../../db/client.ts'
import { workspacesToPurge } from '../../db/trash/due-deletions.ts'
import { type Log, newId, type Services, systemActor } from '../context.ts'
import { startJob } from '../job-control/start-job.ts'

/** Starts a purge of each workspace with due deletions. */
export async function startDailyPurges(services: Services, log: Log): Promise<void> {
  const { db, now } = services
  for (const workspaceId of await workspacesToPurge(db, now())) {
    const ctx = { ...services, log, actor: systemActor(workspaceId), requestId: newId() }
    const request = { what: 'DUE', askedAt: now().toISOString(), force: false } as const
    await transact(db, (tx) => startJob(ctx, tx, 'purge-trash', request))
  }
}
