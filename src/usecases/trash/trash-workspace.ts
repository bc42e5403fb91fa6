import { transact } from '../../db/client.ts'
import { sortKeyColumn, type WorkspaceRow } from '../../db/rows.ts'
import { releaseJobs } from '../../db/trash/trashed-workspaces.ts'
import { acrossWorkspaces, lockWholeWorkspace } from '../../db/workspaces.ts'
import { type Actor, assertCan, can, canOperate, defaultWorkspaceId } from '../../domain/access.ts'
import { InvalidInput, NotFound } from '../../domain/failure.ts'
import { purgeAfter } from '../../domain/restore.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import {
  isTrashed,
  type Trashed,
  WorkspaceAlreadyInTrash,
  workspaceExpired,
  WorkspaceNotInTrash,
  type WorkspaceTrash,
} from '../../domain/workspace-trash.ts'
import { laterNow } from '../clocks.ts'
import { record } from '../audit.ts'
import type { Ctx } from '../context.ts'

interface TrashWorkspace {
  /** Default: the workspace of the actor. */
  readonly workspaceId?: string | null | undefined
  /** The name of the workspace, so that nobody trashes another one by mistake. */
  readonly confirmName: string
  readonly reason?: string | null | undefined
}

/**
 * Moves a workspace to the trash. Waits for the transactions in progress in it; from then on all requests are refused as
 * if it did not exist.
 */
export async function trashWorkspace(ctx: Ctx, input: TrashWorkspace) {
  const { workspaceId = null, confirmName, reason } = input
  const id = workspaceId ?? ctx.actor.workspaceId
  assertCan(ctx.actor, 'manage')
  if (id !== ctx.actor.workspaceId && !canOperate(ctx.actor)) return new NotFound('Workspace', id)
  const check = new InputCheck()
  check.text('reason', reason, textLimits.reason)
  if (id === defaultWorkspaceId)
    check.refuse('workspaceId', 'The default workspace cannot be trashed. Trash what is in it.')
  const invalid = check.failure()
  if (invalid) return invalid

  return transact(acrossWorkspaces(ctx.db), async (tx) => {
    const found = isUuid(id) ? await lockWholeWorkspace(tx, id) : undefined
    if (!found || found.purgedAt) return new NotFound('Workspace', id)
    if (isTrashed(found)) return new WorkspaceAlreadyInTrash(found)
    if (found.name !== confirmName) {
      const message = 'Give the name of the workspace exactly as it is.'
      return new InvalidInput([{ path: 'confirmName', message }])
    }
    const until = purgeAfter(
      await laterNow({ ...ctx, db: tx }),
      found.retentionDays ?? ctx.limits.retentionDays,
    )
    const trashed = { deletedAt: ctx.now(), deletedBy: ctx.actor.id, purgeAfter: until }
    const data = { ...trashed, deletionReason: reason ?? null }
    await record(ctx, tx, { action: 'WORKSPACE_TRASHED', subjectId: id, workspaceId: id })
    return { ...(await tx.workspace.update({ where: { id }, data, omit: sortKeyColumn })), ...trashed }
  })
}

/**
 * Takes a workspace out of the trash, with everything that was in it. Its jobs continue. Finds none for those who may not
 * work on the whole installation.
 */
export async function restoreWorkspace(ctx: Ctx, { workspaceId: id }: { readonly workspaceId: string }) {
  assertCan(ctx.actor, 'manage')
  if (!canOperate(ctx.actor)) return new NotFound('Workspace', id)
  return transact(acrossWorkspaces(ctx.db), async (tx) => {
    const found = isUuid(id) ? await lockWholeWorkspace(tx, id) : undefined
    if (!found || found.purgedAt) return new NotFound('Workspace', id)
    if (!isTrashed(found)) return new WorkspaceNotInTrash(found)
    const expired = workspaceExpired(found, ctx.now())
    if (expired) return expired
    await releaseJobs(tx, id)
    await record(ctx, tx, { action: 'WORKSPACE_RESTORED', subjectId: id, workspaceId: id })
    const data = { deletedAt: null, deletedBy: null, deletionReason: null, purgeAfter: null }
    return tx.workspace.update({ where: { id }, data, omit: sortKeyColumn })
  })
}

/** Whether the actor may trash a workspace now. */
export const canTrashWorkspace = (actor: Actor, { id, deletedAt }: Pick<WorkspaceRow, 'id' | 'deletedAt'>) =>
  can(actor, 'manage') &&
  deletedAt === null &&
  id !== defaultWorkspaceId &&
  (id === actor.workspaceId || canOperate(actor))

/** Whether the actor may restore a workspace now. */
export const canRestoreWorkspace = (
  { actor, now }: Pick<Ctx, 'actor' | 'now'>,
  trashed: Trashed<WorkspaceTrash>,
) => canOperate(actor) && workspaceExpired(trashed, now()) === undefined
