import { collectableOrphans } from '../../db/upkeep/garbage.ts'
import { transact } from '../../db/client.ts'
import { assertCanInScope, defaultWorkspaceId } from '../../domain/access.ts'
import {
  collectableSince,
  type GarbageCollectionReport,
  type GarbageCollectionRequest,
  nothingCollected,
} from '../../domain/garbage-collection.ts'
import { collectGarbage, collectUnknown } from './collect-garbage.ts'
import type { GarbageCollection } from './tally.ts'
import { type Ctx, type Log, newId, type Services, systemActor } from '../context.ts'
import { earlierNow } from '../clocks.ts'
import { isRemovalHeld, mayBeginRemoval } from '../job-control/removal-runs.ts'
import type { Optional } from '../inputs.ts'
import { JobUnderWay, startOnlyJob } from '../job-control/start-job.ts'
import type { Attempt } from '../job-control/attempt.ts'

/** A job that collects the garbage of this workspace waits or runs already. */
export class GarbageCollectionUnderWay extends JobUnderWay {
  readonly __typename = 'GarbageCollectionUnderWay'
  readonly message = 'A garbage collection of this workspace is already in progress. Wait for its job.'
}

/** Starts a job that collects what nobody has needed for 7 days, or with `dryRun` only reports it. */
export async function requestGarbageCollection(ctx: Ctx, asked: Optional<GarbageCollectionRequest>) {
  assertCanInScope(ctx.actor, 'purge', asked)
  const request = {
    dryRun: asked.dryRun === true,
    installation: asked.installation === true,
    force: asked.force === true,
    automatic: asked.automatic === true,
    askedAt: (await earlierNow(ctx)).toISOString(),
  }
  return startOnlyJob(ctx, 'collect-garbage', request, (running) => new GarbageCollectionUnderWay(running))
}

/** The work of that job. */
export async function runGarbageCollection(
  ctx: Ctx,
  request: GarbageCollectionRequest,
  attempt: Attempt<GarbageCollectionReport>,
): Promise<GarbageCollectionReport> {
  if (request.automatic && (await isRemovalHeld(ctx))) {
    ctx.log.info({ workspaceId: ctx.actor.workspaceId }, 'Collected no garbage: automatic removal is on hold')
    return attempt.before ?? nothingCollected
  }
  // A dry run takes nothing, so it would find the same objects twice.
  const found = request.dryRun ? nothingCollected : attempt.before
  const onProgress: GarbageCollection['onProgress'] = (soFar, done, total) =>
    attempt.onProgress(soFar, done, total)
  const { signal } = attempt
  // A job may wait for long, in a restored backup too: it takes no more than when it was asked for.
  const asOf = request.askedAt === undefined ? undefined : new Date(request.askedAt)
  const files = { ...request, installation: false, signal, before: found, onProgress, asOf }
  const ofFiles = await collectGarbage(ctx, files)
  signal.throwIfAborted()
  // A listing cannot be continued: stopped at the end of the turn, it would start over again and again.
  const report = request.installation
    ? await collectUnknown(ctx, { ...request, before: ofFiles, onProgress, asOf })
    : ofFiles
  if (!request.dryRun) await transact(ctx.db, (tx) => ctx.queue.enqueue(tx, 'remove-objects', {}))
  const { safetyLimit } = report
  const { workspaceId } = ctx.actor
  const { fileCount, thumbnailCount, unknownCount, dryRun } = report
  const bytes = String(report.fileBytes + report.thumbnailBytes + report.unknownBytes)
  const fields = { workspaceId, dryRun, fileCount, thumbnailCount, unknownCount, bytes }
  if (safetyLimit) ctx.log.error(fields, safetyLimit.message)
  else ctx.log.info(fields, 'Collected garbage')
  return report
}

/** What the garbage collection would remove. Objects without a row are known only after listing the storage. */
function dueOf(orphaned: Awaited<ReturnType<typeof collectableOrphans>>) {
  const files = orphaned.reduce((sum, { count }) => sum + count, 0)
  const bytes = orphaned.reduce((sum, one) => sum + one.bytes, 0n)
  return {
    isDue: true,
    counts: { files, bytes: String(bytes) },
    words: `${files} unused files of ${bytes} bytes, and the objects of the storage that have no row`,
  }
}

/** Starts a garbage collection in each workspace that needs one, and of the installation in the default workspace. */
export async function startDailyGarbageCollections(services: Services, log: Log): Promise<void> {
  const { db } = services
  const now = await earlierNow(services)
  const orphaned = await collectableOrphans(db, collectableSince(now))
  const removal = { name: 'daily-garbage-collection', now, due: dueOf(orphaned) } as const
  if (!(await mayBeginRemoval(services, log, removal))) return
  const due = orphaned.map(({ workspaceId }) => workspaceId)
  for (const workspaceId of new Set([...due, defaultWorkspaceId])) {
    const ctx: Ctx = { ...services, log, actor: systemActor(workspaceId), requestId: newId() }
    const installation = workspaceId === defaultWorkspaceId
    await requestGarbageCollection(ctx, { installation, automatic: true })
  }
  // The storage is asked at least daily for the objects that it refused to remove.
  await transact(db, (tx) => services.queue.enqueue(tx, 'remove-objects', {}))
}
