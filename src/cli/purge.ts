import type { App } from '../app.ts'
import type { PurgeSafetyLimitExceeded, PurgeReport } from '../domain/purge.ts'
import { earlierNow } from '../usecases/clocks.ts'
import { newId, systemActor } from '../usecases/context.ts'
import { holdRemoval, releaseRemoval } from '../usecases/job-control/removal-runs.ts'
import { planPurge } from '../usecases/trash/plan-purge.ts'
import { purgeTrash } from '../usecases/trash/run-purge.ts'
import { noProgress, plain, progress } from './progress.ts'
import { purgeWorkspaces } from './purge-workspaces.ts'
import { workspacesNamed } from './workspaces.ts'

export interface PurgeOptions {
  readonly dryRun?: boolean
  readonly all?: boolean
  /** The ID of the only workspace to process. */
  readonly workspace?: string
  readonly force?: boolean
  readonly json?: boolean
}

/** How long to wait for a purge that a server is running, in milliseconds. */
const waitMs = 10_000

/** The due purge of a workspace, and its result. */
interface Outcome {
  readonly due: { readonly deletions: number; readonly items: number; readonly bytes: bigint }
  readonly safetyLimit: PurgeSafetyLimitExceeded | null
  /** Null for a dry run. */
  readonly purged: PurgeReport | null
  /** Why the purge failed. */
  readonly failure: string | null
}

/**
 * Permanently removes expired items, or everything in the trash, and workspaces whose retention is over, and prints the
 * amount. Returns false if something was not removed.
 */
export async function purge({ services, log }: App, options: PurgeOptions, signal: AbortSignal) {
  const { dryRun = false, json = false } = options
  const say = json ? () => {} : (line: string) => console.log(line)
  const outcomes: (Outcome & { workspaceId: string; name: string })[] = []
  for (const { id, name } of await workspacesNamed(services.db, options.workspace, 'any')) {
    if (signal.aborted) break
    say(`Workspace ${id} (${name})`)
    const ctx = { ...services, log, actor: systemActor(id), requestId: newId() }
    const outcome = await purgeOne(ctx, options, signal)
    outcomes.push({ workspaceId: id, name, ...outcome })
    for (const line of lines(outcome, dryRun)) say(`  ${line}`)
  }
  const trashed = await purgeWorkspaces({ services, log }, options, signal, say)
  if (json)
    console.log(
      JSON.stringify(
        { dryRun, ended: signal.aborted, workspaces: outcomes, trashedWorkspaces: trashed },
        plain,
        2,
      ),
    )
  else if (signal.aborted) console.log('Stopped. Run the command again to continue.')
  const isDone = ({ safetyLimit, failure }: { safetyLimit: unknown; failure: string | null }) =>
    safetyLimit === null && failure === null
  return outcomes.every(isDone) && trashed.every(isDone)
}

/** Puts automatic removal on hold. */
export async function hold({ services }: App) {
  await holdRemoval(services)
  console.log(
    'Automatic removal is on hold on all servers: no expired deletion is purged and no garbage collected until you ' +
      'run: npm run cli -- purge release',
  )
}

/** Ends the hold. */
export async function release({ services }: App) {
  await releaseRemoval(services)
  console.log('Automatic removal is released. It continues at its next time, or when a server starts.')
}

async function purgeOne(
  ctx: Parameters<typeof purgeTrash>[0],
  { dryRun = false, all = false, force = false, json = false }: PurgeOptions,
  signal: AbortSignal,
): Promise<Outcome> {
  const due = all ? { trashedUntil: ctx.now() } : { expiredAt: await earlierNow(ctx) }
  const { safetyLimit, ...size } = await planPurge(ctx, due)
  const planned = { due: size, safetyLimit: force ? null : safetyLimit, purged: null, failure: null }
  if (dryRun) return planned
  const { update, stop } = json ? noProgress : progress('items')
  try {
    const onProgress = ({ itemCount }: PurgeReport, total: number) => update(itemCount, total)
    const purged = await purgeTrash(ctx, { due, force, signal, waitMs, onProgress })
    return { ...planned, safetyLimit: purged.safetyLimit, purged }
  } catch (error) {
    // Continue with the other workspaces.
    return { ...planned, failure: error instanceof Error ? error.message : String(error) }
  } finally {
    stop()
  }
}

function lines({ due, safetyLimit, purged, failure }: Outcome, dryRun: boolean): string[] {
  const would = `To remove: ${due.deletions} deletions with ${due.items} items. To free: ${due.bytes} bytes.`
  const notes = [
    ...(dryRun ? [would] : []),
    ...(safetyLimit ? [safetyLimit.message] : []),
    ...(failure === null ? [] : [failure]),
  ]
  if (!purged) return notes
  const { deletionCount, itemCount, orphanedFileCount, freedBytes, heldItemCount } = purged
  return [
    ...notes,
    `Removed: ${deletionCount} deletions with ${itemCount} items. Files no longer in use: ${orphanedFileCount}. ` +
      `Freed: ${freedBytes} bytes.`,
    ...(heldItemCount > 0
      ? [
          `Not removed completely yet, because they still contain items trashed earlier: ${heldItemCount} items.`,
        ]
      : []),
  ]
}
