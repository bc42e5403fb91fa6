import type { App } from '../app.ts'
import { defaultWorkspaceId } from '../domain/access.ts'
import type { CollectedObject, GarbageCollectionReport } from '../domain/garbage-collection.ts'
import { collectGarbage } from '../usecases/upkeep/collect-garbage.ts'
import { newId, systemActor } from '../usecases/context.ts'
import {
  type PendingDeletionReport,
  removeObjects,
  PendingDeletionsUnderWay,
} from '../usecases/upkeep/remove-objects.ts'
import { noProgress, plain, progress } from './progress.ts'
import { workspacesNamed } from './workspaces.ts'

export interface CollectOptions {
  readonly dryRun?: boolean
  /** The ID of the only workspace to process. */
  readonly workspace?: string
  readonly force?: boolean
  readonly json?: boolean
}

const reasons: Readonly<Record<CollectedObject['why'], string>> = {
  ORPHANED: 'unused since',
  THUMBNAIL: 'thumbnail of a file that is unused since',
  UNKNOWN: 'no row knows it; in the storage since',
}

/**
 * Runs a garbage collection, in the default workspace also of unknown objects, and removes the bytes. Returns false if
 * the safety limit stopped it or something could not be removed.
 */
export async function collect({ services, log }: App, options: CollectOptions, signal: AbortSignal) {
  const { dryRun = false, force = false, json = false } = options
  const say = json ? () => {} : (line: string) => console.log(line)
  const reports: { workspaceId: string; name: string; report: GarbageCollectionReport }[] = []
  const things: CollectedObject[] = []
  for (const { id, name } of await workspacesNamed(services.db, options.workspace)) {
    if (signal.aborted) break
    say(`Workspace ${id} (${name})`)
    const ctx = { ...services, log, actor: systemActor(id), requestId: newId() }
    const { update, stop } = json || dryRun ? noProgress : progress('files')
    const report = await collectGarbage(ctx, {
      dryRun,
      force,
      installation: id === defaultWorkspaceId,
      signal,
      onProgress: (_report, done, total) => {
        if (total !== null) update(done, total)
      },
      onThing: (thing) => {
        if (dryRun && json) things.push(thing)
        else if (dryRun)
          say(`  ${thing.storageKey} (${thing.sizeBytes} bytes): ${reasons[thing.why]} ${thing.since}`)
      },
    }).finally(stop)
    reports.push({ workspaceId: id, name, report })
    for (const line of lines(report)) say(`  ${line}`)
  }
  const removal = dryRun || signal.aborted ? null : await remove(services, json, signal)
  if (json) {
    const workspaces = reports.map(({ report, ...of }) => ({ ...of, ...report, examples: undefined }))
    const output = { dryRun, ended: signal.aborted, workspaces, removal, ...(dryRun ? { things } : {}) }
    console.log(JSON.stringify(output, plain, 2))
  } else {
    if (removal) say(pendingDeletionLine(removal))
    else if (!dryRun && !signal.aborted) say('A server is already removing the bytes.')
    if (signal.aborted) say('Stopped. Run the command again to continue.')
  }
  return reports.every(({ report }) => report.safetyLimit === null) && (removal?.refusedCount ?? 0) === 0
}

async function remove(
  services: App['services'],
  json: boolean,
  signal: AbortSignal,
): Promise<PendingDeletionReport | null> {
  const { update, stop } = json ? noProgress : progress('objects')
  return removeObjects(services, { signal, onProgress: update })
    .catch((error: unknown) => {
      // That process removes the bytes for us.
      if (error instanceof PendingDeletionsUnderWay) return null
      throw error
    })
    .finally(stop)
}

function lines(report: GarbageCollectionReport): string[] {
  const verb = report.dryRun ? 'To collect' : 'Collected'
  const { fileCount, fileBytes, thumbnailCount, thumbnailBytes, unknownCount, unknownBytes } = report
  const { youngCount, foreignCount, listedCount, safetyLimit } = report
  return [
    `${verb}: ${fileCount} files without a media item (${fileBytes} bytes) and ${thumbnailCount} of their ` +
      `thumbnails (${thumbnailBytes} bytes).`,
    ...(listedCount + foreignCount === 0
      ? []
      : [
          `Of ${listedCount} objects in the storage, ${unknownCount} (${unknownBytes} bytes) have had no row ` +
            'for 7 days; ' +
            `${youngCount} more are newer. ${foreignCount} others were not made by this server and stay.`,
        ]),
    ...(safetyLimit ? [safetyLimit.message] : []),
  ]
}

const pendingDeletionLine = ({ removedCount, removedBytes, refusedCount, failure }: PendingDeletionReport) =>
  `Removed: ${removedCount} objects (${removedBytes} bytes).` +
  (refusedCount === 0
    ? ''
    : ` The storage refused to remove at least ${refusedCount}. The last error: ${failure}`)
