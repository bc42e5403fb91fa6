import { workspacesToCollect } from '../../db/upkeep/garbage.ts'
import { transact } from '../../db/client.ts'
import { assertCan, assertCanOperate, defaultWorkspaceId } from '../../domain/access.ts'
import {
  collectableSince,
  type GarbageCollectionReport,
  type GarbageCollectionRequest,
  nothingCollected,
} from '../../domain/garbage-collection.ts'
import { collectGarbage, type Collection, collectUnknown } from './collect-garbage.ts'
import { type Ctx, type Log, newId, type Services, systemActor } from '../context.ts'
import { JobUnderWay, startOnlyJob } from '../jobs/track-jobs.ts'
import type { Attempt } from '../jobs/run-job.ts'

/** The workspace is being collected already, or is just about to be. */
export class GarbageCollectionUnderWay extends JobUnderWay {
  readonly __typename = 'GarbageCollectionUnderWay'
  readonly message = 'A garbage collection of this workspace is already in progress. Wait for its job.'
}

interface Asked {
  readonly dryRun?: boolean | null | undefined
  readonly installation?: boolean | null | undefined
  readonly force?: boolean | null | undefined
}

/** Has a job collect what nobody has needed for 7 days, or say what that is. */
export async function requestGarbageCollection(ctx: Ctx, asked: Asked) {
  assertCan(ctx.actor, 'purge')
  if (asked.installation === true) assertCanOperate(ctx.actor)
  const request: GarbageCollectionRequest = {
    dryRun: asked.dryRun === true,
    installation: asked.installation === true,
    force: asked.force === true,
  }
  return startOnlyJob(ctx, 'collect-garbage', request, (running) => new GarbageCollectionUnderWay(running))
}

/** The work of a job that collects. */
export async function runGarbageCollection(
  ctx: Ctx,
  request: GarbageCollectionRequest,
  attempt: Attempt<GarbageCollectionReport>,
): Promise<GarbageCollectionReport> {
  // A dry run takes nothing, so that it would find the same again.
  const found = request.dryRun ? nothingCollected : attempt.before
  const onProgress: Collection['onProgress'] = (soFar, done, total) => attempt.onProgress(soFar, done, total)
  const { signal } = attempt
  const files = { ...request, installation: false, signal, before: found, onProgress }
  const ofFiles = await collectGarbage(ctx, files)
  signal.throwIfAborted()
  // A listing cannot be gone on with: ended with the turn, it would begin anew for ever.
  const report = request.installation
    ? await collectUnknown(ctx, { ...request, before: ofFiles, onProgress })
    : ofFiles
  if (!request.dryRun) await transact(ctx.db, (tx) => ctx.queue.enqueue(tx, 'remove-objects', {}))
  const { safetyLimit } = report
  const { workspaceId } = ctx.actor
  const { fileCount, thumbnailCount, unknownCount, dryRun } = report
  const bytes = String(report.fileBytes + report.thumbnailBytes + report.unknownBytes)
  const told = { workspaceId, dryRun, fileCount, thumbnailCount, unknownCount, bytes }
  if (safetyLimit) ctx.log.error(told, safetyLimit.message)
  else ctx.log.info(told, 'Collected garbage')
  return report
}

/** Starts a collection of each workspace that has something to collect, and of the installation in its first one. */
export async function startDailyGarbageCollections(services: Services, log: Log): Promise<void> {
  const { db, now } = services
  const due = await workspacesToCollect(db, collectableSince(now()))
  for (const workspaceId of new Set([...due, defaultWorkspaceId])) {
    const ctx: Ctx = { ...services, log, actor: systemActor(workspaceId), requestId: newId() }
    await requestGarbageCollection(ctx, { installation: workspaceId === defaultWorkspaceId })
  }
  // What the storage refused before is tried at least daily.
  await transact(db, (tx) => services.queue.enqueue(tx, 'remove-objects', {}))
}
