import type { JobWithMetadata } from 'pg-boss'
import type { CollectionReport } from '../domain/collection.ts'
import type { PurgeReport } from '../domain/purge.ts'
import { runCollection, startDailyCollections } from '../usecases/ask-for-collection.ts'
import { forgetIdempotencyKeys } from '../usecases/forget-idempotency-keys.ts'
import { type Ctx, type Log, newId, type Services, systemActor } from '../usecases/context.ts'
import { continueIndexing, indexLibrary } from '../usecases/index-library.ts'
import { startDailyPurges } from '../usecases/daily-purge.ts'
import { runJob } from '../usecases/jobs.ts'
import { runPurge } from '../usecases/purge-trash.ts'
import { forgetReservations } from '../usecases/quota.ts'
import { runRemovals } from '../usecases/remove-objects.ts'
import { renderThumbnails } from '../usecases/render-thumbnails.ts'
import { tidyResumables } from '../usecases/resumable-uploads.ts'
import { sweepStorage } from '../usecases/sweep-storage.ts'
import type { JobName, JobPayloads, TrackedJobs } from './queue.ts'

type Handlers = {
  [Name in JobName]: (
    services: Services,
    log: Log,
    payload: JobPayloads[Name],
    /** It is not tried again when it fails. */
    isLast: boolean,
  ) => Promise<unknown>
}

const ctxOf = (services: Services, log: Log, workspaceId: string): Ctx => ({
  ...services,
  log,
  actor: systemActor(workspaceId),
  requestId: newId(),
})

/** Every handler may run twice for one job: it looks at the world anew and does what is still due. */
const handlers: Handlers = {
  'purge-trash': (services, log, job, isLast) =>
    runJob<PurgeReport>(services, log, job, isLast, (ctx, request, attempt) =>
      runPurge(ctx, request as TrackedJobs['purge-trash'], attempt),
    ),
  'collect-garbage': (services, log, job, isLast) =>
    runJob<CollectionReport>(services, log, job, isLast, (ctx, request, attempt) =>
      runCollection(ctx, request as TrackedJobs['collect-garbage'], attempt),
    ),
  'daily-purge': (services, log) => startDailyPurges(services, log),
  'daily-collection': (services, log) => startDailyCollections(services, log),
  'remove-objects': (services, log) => runRemovals(services, log),
  'render-thumbnails': (services, log, { workspaceId, blobId }) =>
    renderThumbnails(ctxOf(services, log, workspaceId), { blobId }),
  'forget-idempotency-keys': async (services) => {
    await forgetIdempotencyKeys(services)
    await forgetReservations(services)
  },
  'index-library': (services) => indexLibrary(services),
  'sweep-storage': (services) => sweepStorage(services),
  'tidy-resumable-uploads': (services, log) => tidyResumables(services, log),
}

/** When the daily jobs run. */
export interface Schedule {
  readonly purgeCron: string
  readonly collectCron: string
  readonly timeZone: string
}

/** Runs the jobs of this database in this process, and the daily ones on one process only, however many there are. */
export async function runJobs(
  services: Services,
  log: Log,
  { purgeCron, collectCron, timeZone: tz }: Schedule,
): Promise<void> {
  const { boss } = services.queue
  for (const name of Object.keys(handlers) as JobName[]) {
    const handle = handlers[name] as Handlers[typeof name] & Handlers['render-thumbnails']
    await boss.work(
      name,
      { pollingIntervalSeconds: 1, batchSize: 20, includeMetadata: true },
      async (jobs: JobWithMetadata<JobPayloads['render-thumbnails']>[]) => {
        const failures: { id: string; message: string }[] = []
        for (const { id, data, retryCount, retryLimit } of jobs) {
          const startedAt = Date.now()
          try {
            await handle(services, log, data, retryCount >= retryLimit)
            log.info({ job: name, id, ms: Date.now() - startedAt }, 'Job done')
          } catch (err) {
            log.error({ job: name, id, err }, 'Job failed; it is tried again')
            failures.push({ id, message: err instanceof Error ? err.message : String(err) })
          }
        }
        // Each by itself: thrown, one would have the others done again. At the end: the queue completes what runs of the batch
        // when this returns, and another server may be at a second attempt of what was failed long before.
        for (const { id, message } of failures) await boss.fail(name, id, { message })
      },
    )
  }
  await boss.schedule('daily-purge', purgeCron, {}, { tz })
  // Also for servers that do not run at that time; and one that was killed may have left some.
  await boss.send('daily-purge', {}, { singletonKey: 'at a start', singletonSeconds: 600 })
  await boss.schedule('daily-collection', collectCron, {}, { tz })
  // Also for servers that do not run at that time.
  await boss.send('daily-collection', {}, { singletonKey: 'at a start', singletonSeconds: 6 * 3600 })
  await boss.send('remove-objects', {}, { singletonKey: 'at a start', singletonSeconds: 600 })
  await boss.schedule('forget-idempotency-keys', '30 0 * * *')
  await boss.schedule('sweep-storage', '40 0 * * *')
  // Also for servers that do not run at night; those that start together need it once.
  await boss.send('sweep-storage', {}, { singletonKey: 'at a start', singletonSeconds: 3600 })
  await boss.schedule('tidy-resumable-uploads', '50 0 * * *')
  // A server that was killed may have left some that are whole.
  await boss.send('tidy-resumable-uploads', {})
  await continueIndexing(services)
}
