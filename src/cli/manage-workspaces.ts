import type { App } from '../app.ts'
import { defaultWorkspaceId } from '../domain/access.ts'
import { Failure } from '../domain/failure.ts'
import { type Ctx, newId, systemActor } from '../usecases/context.ts'
import { restoreWorkspace, trashWorkspace } from '../usecases/trash/trash-workspace.ts'
import { plain } from './progress.ts'

const ctxOf = ({ services, log }: App): Ctx => ({
  ...services,
  log,
  actor: systemActor(defaultWorkspaceId),
  requestId: newId(),
})

export interface WorkspacesOptions {
  readonly json?: boolean
}

/** Lists all workspaces, also those in the trash. */
export async function listWorkspaces({ services: { db } }: App, { json = false }: WorkspacesOptions) {
  const rows = await db.prisma.workspace.findMany({ orderBy: { id: 'asc' } })
  const workspaces = rows.map(({ id, name, plan, usedBytes, deletedAt, purgeAfter, purgedAt }) => ({
    ...{ id, name, plan, usedBytes },
    state: purgedAt ? 'PURGING' : deletedAt ? 'IN_TRASH' : 'LIVE',
    ...{ deletedAt, purgeAfter },
  }))
  if (json) {
    console.log(JSON.stringify(workspaces, plain, 2))
    return
  }
  const states = {
    LIVE: () => '',
    IN_TRASH: (until: Date | null) => `; in the trash, can be restored until ${until?.toISOString()}`,
    PURGING: () => '; being removed permanently',
  }
  for (const { id, name, plan, usedBytes, state, purgeAfter } of workspaces)
    console.log(
      `${id} ${name}: ${plan}, ${usedBytes} bytes${states[state as keyof typeof states](purgeAfter)}`,
    )
}

export interface TrashOptions {
  /** The name of the workspace. */
  readonly confirm: string
  readonly reason?: string
}

/** Moves a workspace to the trash. Returns false if it stays. */
export async function trash(app: App, id: string, { confirm, reason }: TrashOptions): Promise<boolean> {
  const result = await trashWorkspace(ctxOf(app), { workspaceId: id, confirmName: confirm, reason })
  if (result instanceof Failure) return refused(result)
  console.log(
    `Workspace ${id} is in the trash. Until ${result.purgeAfter.toISOString()} you can restore it with: ` +
      `npm run cli -- workspaces restore ${id}`,
  )
  return true
}

/** Takes a workspace out of the trash. Returns false if that is not possible. */
export async function restore(app: App, id: string): Promise<boolean> {
  const result = await restoreWorkspace(ctxOf(app), { workspaceId: id })
  if (result instanceof Failure) return refused(result)
  console.log(`Workspace ${id} is live again.`)
  return true
}

function refused({ message }: Failure): false {
  console.error(message)
  return false
}
