import { transact, type Tx } from '../../db/client.ts'
import { revokeInvitationsOf } from '../../db/people/invitations.ts'
import {
  lockMembers,
  memberOf,
  type MemberRow,
  onlyOwnedBy,
  removeMemberRow,
  setRole,
} from '../../db/people/member-lists.ts'
import { acrossWorkspaces } from '../../db/workspaces.ts'
import { AccessDenied, assertCan, isPerson, ownerId, type Role } from '../../domain/access.ts'
import { NotFound } from '../../domain/failure.ts'
import { LastOwner, MemberChanged } from '../../domain/members.ts'
import { SignInDisabled } from '../../domain/people.ts'
import { isUuid } from '../../domain/text.ts'
import { record } from '../audit.ts'
import type { Ctx } from '../context.ts'
import type { Expecting } from '../inputs.ts'
import { notAsPerson } from './viewer.ts'

interface NamesMember {
  readonly personId: string
}

/** Gives a member of the actor's workspace another role. The last owner keeps it. */
export async function updateMember(
  ctx: Ctx,
  { personId, role, expectedVersion }: NamesMember & { readonly role: Role } & Expecting,
) {
  assertCan(ctx.actor, 'manage')
  if (ctx.actor.id === ownerId) return new SignInDisabled()
  return transact(ctx.db, async (tx) => {
    const member = await memberToChange(ctx, tx, personId)
    if (!member) return new NotFound('Member', personId)
    if (expectedVersion != null && expectedVersion !== member.version) return new MemberChanged(member)
    if (member.role === role) return member
    const last = await lastOwner(tx, member)
    if (last) return last
    await setRole(tx, member, role, ctx.now())
    // An invitation is only as good as the right to make it.
    if (member.role === 'OWNER') await revokeInvitationsOf(tx, member.workspaceId, member.id, ctx.now())
    const details = { from: member.role, to: role }
    await record(ctx, tx, { action: 'MEMBER_UPDATED', subjectId: personId, details })
    return { ...member, role, version: member.version + 1 }
  })
}

/** Removes a member from the actor's workspace. The last owner stays. */
export async function removeMember(ctx: Ctx, { personId }: NamesMember) {
  assertCan(ctx.actor, 'manage')
  if (ctx.actor.id === ownerId) return new SignInDisabled()
  return transact(ctx.db, async (tx) => {
    const member = await memberToChange(ctx, tx, personId)
    if (!member) return new NotFound('Member', personId)
    return (await endMembership(ctx, tx, member)) ?? member
  })
}

/** Ends the membership of the person whose request this is, in any workspace. The last owner stays. */
export async function leaveWorkspace(ctx: Ctx, { workspaceId }: { readonly workspaceId: string }) {
  const disabled = notAsPerson(ctx.actor)
  if (disabled) return disabled
  if (!isUuid(workspaceId)) return new NotFound('Workspace', workspaceId)
  return transact(acrossWorkspaces(ctx.db), async (tx) => {
    await lockMembers(tx, workspaceId)
    const member = await memberOf(tx, workspaceId, ctx.actor.id)
    if (!member) return new NotFound('Workspace', workspaceId)
    return (await endMembership(ctx, tx, member)) ?? member
  })
}

/** The member, once no other change of members is in progress. */
async function memberToChange({ actor }: Ctx, tx: Tx, personId: string): Promise<MemberRow | undefined> {
  await lockMembers(tx, actor.workspaceId)
  await assertStillOwner({ actor }, tx)
  return isUuid(personId) ? memberOf(tx, actor.workspaceId, personId) : undefined
}

/** Throws `AccessDenied` when the actor has lost the right to manage the workspace since the request began. */
export async function assertStillOwner({ actor }: Pick<Ctx, 'actor'>, tx: Tx): Promise<void> {
  if (!isPerson(actor)) return
  const own = await memberOf(tx, actor.workspaceId, actor.id)
  if (own?.role !== 'OWNER') throw new AccessDenied('You are no longer an owner of this workspace.')
}

async function lastOwner(tx: Tx, { workspaceId, id }: MemberRow): Promise<LastOwner | undefined> {
  const owned = await onlyOwnedBy(tx, [workspaceId], id)
  return owned.length > 0 ? new LastOwner(owned) : undefined
}

async function endMembership(ctx: Ctx, tx: Tx, member: MemberRow): Promise<LastOwner | undefined> {
  const last = await lastOwner(tx, member)
  if (last) return last
  const { workspaceId, id, role } = member
  await removeMemberRow(tx, member, ctx.now())
  await revokeInvitationsOf(tx, workspaceId, id, ctx.now())
  await record(ctx, tx, { action: 'MEMBER_REMOVED', workspaceId, subjectId: id, details: { role } })
  return undefined
}
