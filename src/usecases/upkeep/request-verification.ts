import { assertCanInScope } from '../../domain/access.ts'
import {
  nothingVerified,
  type VerificationReport,
  type VerificationRequest,
  type VerificationSoFar,
} from '../../domain/verification.ts'
import type { Ctx } from '../context.ts'
import type { Optional } from '../inputs.ts'
import { JobUnderWay, startOnlyJob } from '../job-control/start-job.ts'
import type { Attempt } from '../job-control/attempt.ts'
import { verifyStorage } from './verify-storage.ts'

/** A job that verifies the storage of this workspace waits or runs already. */
export class VerificationUnderWay extends JobUnderWay {
  readonly __typename = 'VerificationUnderWay'
  readonly message = 'A verification of this workspace is already in progress. Wait for its job.'
}

/** Starts a job that compares the rows with the storage. */
export async function requestVerification(ctx: Ctx, asked: Optional<VerificationRequest>) {
  assertCanInScope(ctx.actor, 'manage', asked)
  const request = { hash: asked.hash === true, installation: asked.installation === true }
  return startOnlyJob(ctx, 'verify-storage', request, (running) => new VerificationUnderWay(running))
}

/** The work of that job. Another turn continues where the one before stopped; after a failure it starts over. */
export async function runVerification(
  ctx: Ctx,
  request: VerificationRequest,
  { before, signal, ...attempt }: Attempt<VerificationSoFar>,
): Promise<VerificationReport> {
  const report = await verifyStorage(ctx, {
    ...{ ...request, before, signal },
    onProgress: (soFar, done, total) => attempt.onProgress(soFar, done, total),
  }).catch(async (error: unknown) => {
    // A storage that is out of order may have all files again the next time.
    if (!signal.aborted) await attempt.onProgress({ ...nothingVerified, ...request }, 0, null)
    throw error
  })
  // A listing of objects cannot be continued: a turn that ran out must not start it over, again and again.
  if (!report.complete) signal.throwIfAborted()
  const { fileCount, objectCount, problemCount } = report
  const fields = { workspaceId: ctx.actor.workspaceId, fileCount, objectCount, problemCount }
  if (report.problemCount > 0) ctx.log.error(fields, 'The storage does not match the database')
  else ctx.log.info(fields, 'Verified the storage')
  return report
}
