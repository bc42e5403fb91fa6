import { transact } from '../db/client.ts'
import type { Condition } from '../db/page.ts'
import { onlyWorkspace, workspacesOf } from '../db/people/members.ts'
import { sortKeyColumn } from '../db/rows.ts'
import { isLiveWorkspace, lockWorkspace } from '../db/workspaces.ts'
import { type Actor, assertCan, canOperate, isPerson } from '../domain/access.ts'
import { Failure, VersionConflict } from '../domain/failure.ts'
import type { WorkspacePlan } from '../domain/quota.ts'
import { InputCheck, textLimits } from '../domain/text.ts'
import { type Ctx, newId } from './context.ts'
import { claimKey } from './idempotency.ts'
import { changed, created, type Expecting, given, named, type Optional } from './inputs.ts'

export { isLiveWorkspace }

/** The workspaces that the actor can name in a request: a person those of theirs, a token its own one. */
export function ownWorkspaces(actor: Actor): Condition[] {
  if (actor.scope !== undefined) return [onlyWorkspace(actor.workspaceId)]
  return isPerson(actor) ? [workspacesOf(actor.id)] : []
}

/** The trashed workspaces that the actor may know of: an operator all, a person those that they own. */
export function ownTrashedWorkspaces(actor: Actor): Condition[] {
  if (canOperate(actor)) return []
  return isPerson(actor) && actor.scope === undefined
    ? [workspacesOf(actor.id, 'OWNER')]
    : ownWorkspaces(actor)
}

export async function createWorkspace(
  ctx: Ctx,
  input: { name: string; idempotencyKey?: string | null | undefined },
) {
  assertCan(ctx.actor, 'manage')
  const { name, idempotencyKey: key } = input
  const check = new InputCheck()
  check.line('name', name, textLimits.name)
  check.line('idempotencyKey', key, textLimits.idempotencyKey)
  const invalid = check.failure()
  if (invalid) return invalid

  return transact(ctx.db, async (tx) => {
    const id = newId()
    const claim = await claimKey(ctx, tx, {
      key,
      operation: 'createWorkspace',
      input: { name },
      resultIds: [id],
    })
    if (claim instanceof Failure) return claim
    if (claim) return tx.workspace.findUniqueOrThrow({ where: { id: claim[0] ?? id }, omit: sortKeyColumn })
    return tx.workspace.create({
      data: { id, ...named(name), ...created(ctx) },
      omit: sortKeyColumn,
    })
  })
}

/** Updates the actor's workspace. A quota below the bytes in use refuses new files; nothing is lost. */
export async function updateWorkspace(
  ctx: Ctx,
  input: Optional<{ name: string; plan: WorkspacePlan; quotaBytes: bigint }> & Expecting,
) {
  assertCan(ctx.actor, 'manage')
  const check = new InputCheck()
  check.present('name', input.name)
  check.line('name', input.name, textLimits.name)
  check.present('plan', input.plan)
  const invalid = check.failure()
  if (invalid) return invalid

  return transact(ctx.db, async (tx) => {
    const where = { id: ctx.actor.workspaceId }
    await lockWorkspace(tx, where.id)
    const current = await tx.workspace.findUniqueOrThrow({ where, omit: sortKeyColumn })
    if (input.expectedVersion != null && input.expectedVersion !== current.version) {
      return new VersionConflict({ __typename: 'Workspace' as const, ...current }, current.version)
    }
    return tx.workspace.update({
      where,
      data: {
        ...given({
          ...named(input.name ?? undefined),
          plan: input.plan ?? undefined,
          quotaBytes: input.quotaBytes,
        }),
        ...changed(ctx),
      },
      omit: sortKeyColumn,
    })
  })
}
