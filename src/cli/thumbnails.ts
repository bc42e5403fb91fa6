import type { App } from '../app.ts'
import { newId, systemActor } from '../usecases/context.ts'
import { rebuildThumbnails } from '../usecases/media/rebuild-thumbnails.ts'
import { progress } from './progress.ts'
import { workspacesNamed } from './workspaces.ts'

export interface RebuildOptions {
  readonly all?: boolean
  /** The ID of the only workspace to process. */
  readonly workspace?: string
}

/** Makes missing or outdated thumbnails and prints the results. Returns false if some could not be made. */
export async function rebuild({ services, log }: App, options: RebuildOptions, signal: AbortSignal) {
  const { all = false, workspace: only } = options
  let failed = 0
  for (const { id, name } of await workspacesNamed(services.db, only)) {
    if (signal.aborted) break
    console.log(`Workspace ${id} (${name})`)
    const { update, stop } = progress('files')
    const ctx = { ...services, log, actor: systemActor(id), requestId: newId() }
    const done = await rebuildThumbnails(ctx, { all, signal, onProgress: update }).finally(stop)
    const { looked, made, removed, failures } = done
    console.log(`  Files checked: ${looked}. Made: ${made}. Removed: ${removed}. Failed: ${failures.length}.`)
    for (const { blobId, fileName, reason } of failures)
      console.log(`  ${fileName ?? 'no name'} (${blobId}): ${reason}`)
    failed += failures.length
  }
  if (signal.aborted) console.log('Stopped. Run the command again to continue.')
  return failed === 0
}
