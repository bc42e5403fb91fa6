import {
  runGarbageCollection,
  startDailyGarbageCollections,
} from '../usecases/upkeep/request-garbage-collection.ts'
import { runCopy } from '../usecases/copies/run-copy.ts'
import { runVerification } from '../usecases/upkeep/request-verification.ts'
import { startDailyPurges } from '../usecases/trash/daily-purge.ts'
import { forgetIdempotencyKeys } from '../usecases/forget-idempotency-keys.ts'
import type { Ctx } from '../usecases/context.ts'
import { indexLibrary } from '../usecases/search/index-library.ts'
import { forgetAuditEvents } from '../usecases/people/audit.ts'
import { storeNameKeys } from '../usecases/search/name-keys.ts'
import { forgetAttempts } from '../usecases/people/attempts.ts'
import { forgetSignIns } from '../usecases/people/forget-sign-ins.ts'
import { forgetJobs } from '../usecases/job-control/forget-jobs.ts'
import { runWorkspacePurge } from '../usecases/trash/purge-workspace.ts'
import { runPurge } from '../usecases/trash/request-purge.ts'
import { forgetReservations } from '../usecases/media/quota.ts'
import { runPendingDeletions } from '../usecases/upkeep/remove-objects.ts'
import { renderThumbnails } from '../usecases/media/render-thumbnails.ts'
import { tidyResumables } from '../usecases/media/resumable-uploads.ts'
import type { Attempt } from '../usecases/job-control/attempt.ts'
import { sweepStorage } from '../usecases/upkeep/sweep-storage.ts'
import type { JobInputs, JobName } from '../queue/kinds.ts'

type Handlers = {
  [Name in JobName]: (ctx: Ctx, input: JobInputs[Name], attempt: Attempt<never>) => Promise<unknown>
}

/** Every handler may run twice for one job: it reads the state again and does only the rest. */
export const handlers: Handlers = {
  'purge-trash': runPurge,
  'collect-garbage': runGarbageCollection,
  'verify-storage': runVerification,
  'copy-items': runCopy,
  'purge-workspace': runWorkspacePurge,
  'daily-purge': (ctx) => startDailyPurges(ctx, ctx.log),
  'daily-garbage-collection': (ctx) => startDailyGarbageCollections(ctx, ctx.log),
  'remove-objects': (ctx, _input, { signal }) => runPendingDeletions(ctx, ctx.log, signal),
  'render-thumbnails': (ctx, { blobId }) => renderThumbnails(ctx, { blobId }),
  'forget-idempotency-keys': async (ctx) => {
    await forgetIdempotencyKeys(ctx)
    await forgetReservations(ctx)
    await forgetJobs(ctx)
    await forgetAuditEvents(ctx)
    await forgetAttempts(ctx)
    await forgetSignIns(ctx)
  },
  'index-library': (ctx) => indexLibrary(ctx),
  'store-name-keys': (ctx) => storeNameKeys(ctx),
  'sweep-storage': (ctx) => sweepStorage(ctx),
  'tidy-resumable-uploads': (ctx) => tidyResumables(ctx, ctx.log),
}
