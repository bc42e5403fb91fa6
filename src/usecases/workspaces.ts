import { transact, type Tx } from '../db/client.ts'
import type { Condition } from '../db/page.ts'
import { onlyWorkspace, putMember, workspacesOf } from '../db/people/members.ts'
import { presentPerson } from '../db/people/persons.ts'
import { sortKeyColumn } from '../db/rows.ts'
import { acrossWorkspaces, isLiveWorkspace, lockWorkspace } from '../db/workspaces.ts'
import {
  type Actor,
  assertCan,
  assertCanOperate,
  canOperate,
  isPerson,
  noSuchPerson,
} from '../domain/access.ts'
import type { AuditDetails } from '../domain/audit.ts'
import { Failure, NotFound, VersionConflict } from '../domain/failure.ts'
import { limitSettings } from '../domain/limits.ts'
import type { WorkspacePlan } from '../domain/quota.ts'
import { InputCheck, isUuid, textLimits } from '../domain/text.ts'
import { record } from './audit.ts'
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
    return insertWorkspace(ctx, tx, id, name)
  })
}

/** A person who creates a workspace is its first owner. */
async function insertWorkspace(ctx: Ctx, tx: Tx, id: string, name: string) {
  const { actor } = ctx
  if (isPerson(actor) && !(await presentPerson(tx, actor.id))) throw noSuchPerson()
  const workspace = await tx.workspace.create({
    data: { id, ...named(name), ...created(ctx) },
    omit: sortKeyColumn,
  })
  if (isPerson(actor)) await putMember(tx, { workspaceId: id, userId: actor.id, role: 'OWNER' }, ctx.now())
  await record(ctx, tx, { action: 'WORKSPACE_CREATED', workspaceId: id, subjectId: id })
  return workspace
}

type WorkspaceChanges = Optional<{
  workspaceId: string
  name: string
  plan: WorkspacePlan
  quotaBytes: bigint
  retentionDays: number
}>

/**
 * Updates the actor's workspace, or for operators any. A quota below the bytes in use refuses new files; nothing is lost.
 * Where people sign in, operators alone set plan and quota, since they answer for the space.
 */
export async function updateWorkspace(ctx: Ctx, input: WorkspaceChanges & Expecting) {
  const { actor } = ctx
  assertCan(actor, 'manage')
  const id = input.workspaceId ?? actor.workspaceId
  if (id !== actor.workspaceId && !(canOperate(actor) && isUuid(id))) return new NotFound('Workspace', id)
  if (isPerson(actor) && (input.plan != null || input.quotaBytes !== undefined)) assertCanOperate(actor)
  const invalid = problems(input)
  if (invalid) return invalid
  // A workspace that the request does not work in may be trashed meanwhile: its row says so.
  const db = id === actor.workspaceId ? ctx.db : acrossWorkspaces(ctx.db)
  return transact(db, (tx) => changeWorkspace(ctx, tx, id, input))
}

function problems({ name, plan, retentionDays }: WorkspaceChanges) {
  const check = new InputCheck()
  check.present('name', name)
  check.line('name', name, textLimits.name)
  check.present('plan', plan)
  const { min, max } = limitSettings.retentionDays
  if (retentionDays != null && (retentionDays < min || retentionDays > max))
    check.refuse('retentionDays', `Give a number from ${min} to ${max}.`)
  return check.failure()
}

async function changeWorkspace(ctx: Ctx, tx: Tx, id: string, input: WorkspaceChanges & Expecting) {
  await lockWorkspace(tx, id)
  const where = { id, deletedAt: null }
  const current = await tx.workspace.findUnique({ where, omit: sortKeyColumn })
  if (!current) return new NotFound('Workspace', id)
  if (input.expectedVersion != null && input.expectedVersion !== current.version)
    return new VersionConflict({ __typename: 'Workspace' as const, ...current }, current.version)
  const { plan, quotaBytes, retentionDays } = input
  const changes = given({ plan: plan ?? undefined, quotaBytes, retentionDays })
  const details = Object.entries(changes).map(([name, value]) => [
    name,
    value === null ? null : String(value),
  ])
  await record(ctx, tx, {
    action: 'WORKSPACE_UPDATED',
    workspaceId: id,
    subjectId: id,
    details: Object.fromEntries(details) as AuditDetails,
  })
  const data = { ...given(named(input.name ?? undefined)), ...changes }
  return tx.workspace.update({
    where,
    data: { ...data, ...changed(ctx) },
    omit: sortKeyColumn,
  })
}
