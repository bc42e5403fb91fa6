import { assertCan, assertCanOperate } from '../../domain/access.ts'
import {
  nothingVerified,
  type VerificationReport,
  type VerificationRequest,
  type VerificationSoFar,
} from '../../domain/verification.ts'
import type { Ctx } from '../context.ts'
import { JobUnderWay, startOnlyJob } from '../jobs/track-jobs.ts'
import type { Attempt } from '../jobs/run-job.ts'
import { verifyStorage } from './verify-storage.ts'

/** The storage of the workspace is being verified already, or is just about to be. */
export class VerificationUnderWay extends JobUnderWay {
  readonly __typename = 'VerificationUnderWay'
  readonly message = 'A verification of this workspace is already in progress. Wait for its job.'
}

interface Asked {
  readonly hash?: boolean | null | undefined
  readonly installation?: boolean | null | undefined
}

/** Has a job look whether everything that rows tell of is in the storage, and the reverse. */
export async function requestVerification(ctx: Ctx, asked: Asked) {
  assertCan(ctx.actor, 'manage')
  if (asked.installation === true) assertCanOperate(ctx.actor)
  const request: VerificationRequest = {
    hash: asked.hash === true,
    installation: asked.installation === true,
  }
  return startOnlyJob(ctx, 'verify-storage', request, (running) => new VerificationUnderWay(running))
}

/** The work of a job that verifies. Another turn goes on where the one before it was; after a failure it begins anew. */
export async function runVerification(
  ctx: Ctx,
  request: VerificationRequest,
  { before, signal, ...attempt }: Attempt<VerificationSoFar>,
): Promise<VerificationReport> {
  const report = await verifyStorage(ctx, {
    ...{ ...request, before, signal },
    onProgress: (soFar, done, total) => attempt.onProgress(soFar, done, total),
  }).catch(async (error: unknown) => {
    // What a storage that is out of order seemed to have lost may be there the next time.
    if (!signal.aborted) await attempt.onProgress({ ...nothingVerified, ...request }, 0, null)
    throw error
  })
  // The look at the objects cannot be gone on with: a turn that was over meanwhile must not begin it anew, for ever.
  if (!report.complete) signal.throwIfAborted()
  const { fileCount, objectCount, problemCount } = report
  const told = { workspaceId: ctx.actor.workspaceId, fileCount, objectCount, problemCount }
  if (report.problemCount > 0) ctx.log.error(told, 'The storage does not match the database')
  else ctx.log.info(told, 'Verified the storage')
  return report
}
