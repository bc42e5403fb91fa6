import { SingleBar } from 'cli-progress'
import type { App } from '../app.ts'
import { isUuid } from '../domain/text.ts'
import { newId, systemActor } from '../usecases/context.ts'
import { rebuildThumbnails } from '../usecases/rebuild-thumbnails.ts'

export interface RebuildOptions {
  readonly all?: boolean
  /** The id of the one workspace to do it in. */
  readonly workspace?: string
}

class NoSuchWorkspace extends Error {
  readonly expected = true
}

/** How much goes by between two lines where there is no terminal. */
const lineEvery = 0.1

/** A bar on a terminal, lines elsewhere. */
function progress(name: string) {
  if (!process.stdout.isTTY) {
    let next = lineEvery
    const update = (done: number, total: number) => {
      if (done < total * next) return
      console.log(`  ${name}: ${done} of ${total}`)
      next = done / total + lineEvery
    }
    return { update, stop: () => {} }
  }
  const bar = new SingleBar({
    format: `  ${name} {bar} {value} of {total}, {eta_formatted} left`,
    hideCursor: true,
  })
  bar.start(0, 0)
  const update = (done: number, total: number) => {
    bar.setTotal(total)
    bar.update(done)
  }
  return { update, stop: () => bar.stop() }
}

/** Makes missing or outdated thumbnails and says how it went. Gives false when some could not be made. */
export async function rebuild({ services, log }: App, options: RebuildOptions, signal: AbortSignal) {
  const { all = false, workspace: only } = options
  const workspaces = await services.db.prisma.workspace.findMany({
    where: only === undefined ? {} : { id: isUuid(only) ? only : { in: [] } },
    orderBy: { id: 'asc' },
  })
  if (only !== undefined && workspaces.length === 0)
    throw new NoSuchWorkspace(`There is no workspace ${only}.`)
  let failed = 0
  for (const { id, name } of workspaces) {
    if (signal.aborted) break
    console.log(`Workspace ${id} (${name})`)
    const { update, stop } = progress('files')
    const ctx = { ...services, log, actor: systemActor(id), requestId: newId() }
    const done = await rebuildThumbnails(ctx, { all, signal, onProgress: update }).finally(stop)
    const { looked, made, removed, failures } = done
    console.log(
      `  Files looked at: ${looked}. Made: ${made}. Removed: ${removed}. Failed: ${failures.length}.`,
    )
    for (const { blobId, fileName, reason } of failures)
      console.log(`  ${fileName ?? 'no name'} (${blobId}): ${reason}`)
    failed += failures.length
  }
  if (signal.aborted) console.log('Stopped. Run it again to go on.')
  return failed === 0
}
