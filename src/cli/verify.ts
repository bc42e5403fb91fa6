import type { App } from '../app.ts'
import { defaultWorkspaceId } from '../domain/access.ts'
import { newId, systemActor } from '../usecases/context.ts'
import type { StorageProblem } from '../domain/verification.ts'
import { verifyStorage } from '../usecases/upkeep/verify-storage.ts'
import { noProgress, plain, progress } from './progress.ts'

export interface VerifyOptions {
  readonly hash?: boolean
  readonly json?: boolean
}

/**
 * Checks that every row has its object in the storage, and every object its row. Returns false if there is a problem.
 */
export async function verify({ services, log }: App, options: VerifyOptions, signal: AbortSignal) {
  const { hash = false, json = false } = options
  const { update, stop } = json ? noProgress : progress('files')
  const ctx = { ...services, log, actor: systemActor(defaultWorkspaceId), requestId: newId() }
  const problems: StorageProblem[] = []
  const report = await verifyStorage(ctx, {
    ...{ hash, installation: true, signal },
    onProgress: (_report, done, total) => update(done, total),
    onProblem: (problem) => problems.push(problem),
  }).finally(stop)
  if (json) {
    const output = { ...report, problems, cursor: undefined, complete: undefined, ended: !report.complete }
    console.log(JSON.stringify(output, plain, 2))
    return report.problemCount === 0
  }
  for (const { kind, storageKey, message } of problems) console.log(`  ${kind} ${storageKey}: ${message}`)
  console.log(
    `Files: ${report.fileCount} (${report.fileBytes} bytes${hash ? ', all read' : ''}). Objects: ` +
      `${report.objectCount}, of which ` +
      `${report.youngCount} belong to uploads in progress or interrupted and ${report.waitingCount} are ` +
      'pending deletion. ' +
      `Missing thumbnails: ${report.missingThumbnailCount}. Foreign names: ${report.foreignCount}.`,
  )
  if (!report.complete) console.log('Stopped before the end. Run the command again to check everything.')
  else
    console.log(
      report.problemCount === 0
        ? 'Everything is in order.'
        : `PROBLEMS: ${report.problemCount}. Nothing was changed.`,
    )
  return report.problemCount === 0
}
