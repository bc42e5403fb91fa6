import { transact } from '../db/client.ts'
import { assertCan } from '../domain/access.ts'
import { Failure, VersionConflict } from '../domain/failure.ts'
import { InputCheck, textLimits } from '../domain/text.ts'
import { type Ctx, newId } from './context.ts'
import { claimKey } from './idempotency.ts'

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
    if (claim) return tx.workspace.findUniqueOrThrow({ where: { id: claim[0] ?? id } })
    const now = ctx.now()
    return tx.workspace.create({ data: { id, name, createdAt: now, updatedAt: now } })
  })
}

/** Renames the actor's workspace. */
export async function updateWorkspace(
  ctx: Ctx,
  input: { name: string; expectedVersion?: number | null | undefined },
) {
  assertCan(ctx.actor, 'manage')
  const check = new InputCheck()
  check.line('name', input.name, textLimits.name)
  const invalid = check.failure()
  if (invalid) return invalid

  return transact(ctx.db, async (tx) => {
    const where = { id: ctx.actor.workspaceId }
    await tx.$queryRaw`select id from workspaces where id = ${where.id}::uuid for no key update`
    const current = await tx.workspace.findUniqueOrThrow({ where })
    if (input.expectedVersion != null && input.expectedVersion !== current.version) {
      return new VersionConflict({ __typename: 'Workspace' as const, ...current }, current.version)
    }
    return tx.workspace.update({
      where,
      data: { name: input.name, version: { increment: 1 }, updatedAt: ctx.now() },
    })
  })
}
