import type { App } from '../app.ts'
import { type DueWorkspace, dueWorkspaces } from '../db/trash/trashed-workspaces.ts'
import { defaultWorkspaceId } from '../domain/access.ts'
import { earlierNow } from '../usecases/clocks.ts'
import { newId, systemActor } from '../usecases/context.ts'
import { purgeWorkspace, type WorkspacePurged } from '../usecases/trash/purge-workspace.ts'
import { noProgress, progress } from './progress.ts'

interface Options {
  readonly dryRun?: boolean
  /** The ID of the only workspace to process. */
  readonly workspace?: string
  readonly force?: boolean
  readonly json?: boolean
}

/** How long to wait for a purge that a server is running, in milliseconds. */
const waitMs = 10_000

interface Outcome extends Pick<DueWorkspace, 'id' | 'name'> {
  /** Null for a dry run. */
  readonly purged: WorkspacePurged | null
  readonly safetyLimit: WorkspacePurged['safetyLimit']
  readonly failure: string | null
}

/** Permanently removes the workspaces whose retention is over, or only the named one. */
export async function purgeWorkspaces(
  { services, log }: Pick<App, 'services' | 'log'>,
  { dryRun = false, workspace, force = false, json = false }: Options,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const due = await dueWorkspaces(services.db, await earlierNow(services))
  for (const { id, name } of due.filter((one) => workspace === undefined || one.id === workspace)) {
    if (signal.aborted) break
    say(`Workspace ${id} (${name}), in the trash`)
    const ctx = { ...services, log, actor: systemActor(defaultWorkspaceId), requestId: newId() }
    const { update, stop } = json || dryRun ? noProgress : progress('rows')
    const outcome = dryRun
      ? { purged: null, safetyLimit: null, failure: null }
      : await purgeWorkspace(ctx, {
          trashedId: id,
          force,
          signal,
          waitMs,
          onProgress: ({ rowCount }) => update(rowCount, rowCount),
        }).then(
          (purged) => ({ purged, safetyLimit: purged.safetyLimit, failure: null }),
          (error: unknown) => ({
            purged: null,
            safetyLimit: null,
            failure: error instanceof Error ? error.message : String(error),
          }),
        )
    stop()
    outcomes.push({ id, name, ...outcome })
    say(`  ${lineOf(outcome)}`)
  }
  return outcomes
}

function lineOf({ purged, safetyLimit, failure }: Omit<Outcome, 'id' | 'name'>): string {
  if (failure !== null) return failure
  if (!purged) return 'To remove: the whole workspace.'
  if (safetyLimit) return safetyLimit.message
  const { rowCount, objectCount, freedBytes, outcome } = purged
  const removed = `Removed: ${rowCount} rows. Requested the removal of ${objectCount} objects (${freedBytes} bytes).`
  return outcome === 'REMOVED' ? `${removed} The workspace is gone.` : `${removed} It is not complete yet.`
}
