import { transact, type Tx } from '../../db/client.ts'
import {
  invitationById,
  invitationCount,
  type ListedInvitation,
  revokeInvitationRow,
  withStatuses,
} from '../../db/people/invitation-lists.ts'
import { insertInvitation, invitationBySecret } from '../../db/people/invitations.ts'
import { lockMembers } from '../../db/people/member-lists.ts'
import { personById } from '../../db/people/persons.ts'
import { assertCan, isPerson, ownerId, type Role } from '../../domain/access.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import {
  endProblem,
  InvitationAccepted,
  invitationEnd,
  maxOpenInvitations,
  TooManyInvitations,
} from '../../domain/members.ts'
import { emailKey, emailProblem, isOpen, SignInDisabled } from '../../domain/people.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import { record } from '../audit.ts'
import { type Ctx, newId } from '../context.ts'
import { claimKey } from '../idempotency.ts'
import type { Keyed, Optional } from '../inputs.ts'
import { invitationMail, sendMail } from './mails.ts'
import { assertStillOwner } from './members.ts'
import { hashOf, newSecret } from './secrets.ts'

export type InvitationInput = { readonly role: Role } & Optional<{ email: string; expiresAt: Date }> & Keyed

/** The page on which a person accepts an invitation, below the URL of the server. */
export const invitationPath = (secret: string) => `/invitations/${secret}`

/**
 * Makes an invitation into the actor's workspace. Its link leads to `baseUrl`, the URL of the server; it is null when the
 * request was repeated. Sends it by mail if an address is given.
 */
export async function createInvitation(ctx: Ctx, input: InvitationInput, baseUrl: string) {
  assertCan(ctx.actor, 'manage')
  if (ctx.actor.id === ownerId) return new SignInDisabled()
  const invalid = problems(input, ctx.now())
  if (invalid) return invalid
  const secret = newSecret()
  const made = await transact(ctx.db, (tx) => makeOnce(ctx, tx, input, secret))
  if (made instanceof Failure) return made
  const { invitation, isNew } = made
  const link = isNew ? `${baseUrl}${invitationPath(secret)}` : null
  return { invitation, link, mail: link === null ? 'OFF' : await mailLink(ctx, invitation, link) } as const
}

function problems({ email, expiresAt, idempotencyKey }: InvitationInput, now: Date) {
  const check = new InputCheck()
  const badEmail = email == null ? undefined : emailProblem(email)
  if (badEmail) check.refuse('email', badEmail)
  const badEnd = endProblem(expiresAt, now)
  if (badEnd) check.refuse('expiresAt', badEnd)
  check.line('idempotencyKey', idempotencyKey, textLimits.idempotencyKey)
  return check.failure()
}

async function makeOnce(ctx: Ctx, tx: Tx, input: InvitationInput, secret: string) {
  const { idempotencyKey: key, ...request } = input
  const { workspaceId, id: by } = ctx.actor
  const id = newId()
  const keyed = { key, operation: 'createInvitation', input: { ...request, by }, resultIds: [id] }
  const claim = await claimKey(ctx, tx, keyed)
  if (claim instanceof Failure) return claim
  const before = claim && (await invitationById(tx, workspaceId, claim[0] ?? id))
  if (before) return { invitation: before, isNew: false }
  const invitation = await insert(ctx, tx, id, input, secret)
  return invitation instanceof Failure ? invitation : { invitation, isNew: true }
}

async function insert(
  ctx: Ctx,
  tx: Tx,
  id: string,
  { role, email, expiresAt }: InvitationInput,
  secret: string,
) {
  const { workspaceId, id: createdBy } = ctx.actor
  const createdAt = ctx.now()
  await lockMembers(tx, workspaceId)
  await assertStillOwner(ctx, tx)
  const open = await invitationCount(tx, workspaceId, withStatuses(['OPEN'], createdAt))
  if (open >= maxOpenInvitations) return new TooManyInvitations()
  const invitation = {
    ...{ workspaceId, id, role, createdBy, createdAt },
    email: email == null ? null : emailKey(email),
    expiresAt: invitationEnd(expiresAt, createdAt),
  }
  await insertInvitation(tx, { ...invitation, secretHash: hashOf(secret) })
  await record(ctx, tx, { action: 'INVITATION_CREATED', subjectId: id, details: { role } })
  return { ...invitation, revokedAt: null, acceptedAt: null, acceptedBy: null }
}

async function mailLink(ctx: Ctx, { workspaceId, role, email, expiresAt }: ListedInvitation, link: string) {
  if (email === null || !ctx.mail) return 'OFF'
  const where = { id: workspaceId }
  const { name: workspace } = await ctx.db.prisma.workspace.findUniqueOrThrow({ where })
  const inviter = isPerson(ctx.actor) ? await personById(ctx.db, ctx.actor.id) : undefined
  const invitedBy = inviter?.name ?? 'Wordloom'
  return sendMail(ctx, email, invitationMail({ link, workspace, role, invitedBy, expiresAt }))
}

/** Revokes an invitation into the actor's workspace. One that was revoked before, or has expired, is no failure. */
export async function revokeInvitation(ctx: Ctx, { invitationId: id }: { readonly invitationId: string }) {
  assertCan(ctx.actor, 'manage')
  return transact(ctx.db, async (tx) => {
    const { workspaceId } = ctx.actor
    await lockMembers(tx, workspaceId)
    const before = isUuid(id) ? await invitationById(tx, workspaceId, id) : undefined
    if (!before) return new NotFound('Invitation', id)
    const after = await revokeInvitationRow(tx, workspaceId, id, ctx.now())
    if (!after || after.acceptedAt) return new InvitationAccepted(after ?? before)
    if (!before.revokedAt) await record(ctx, tx, { action: 'INVITATION_REVOKED', subjectId: id })
    return after
  })
}

/** An invitation that can be accepted, with what its holder may know of it. */
export type OfferedInvitation = NonNullable<Awaited<ReturnType<typeof readInvitation>>>

/** What an invitation offers that can be accepted; null for others. */
export async function readInvitation({ db, now }: Pick<Ctx, 'db' | 'now'>, secret: string) {
  const invitation = await invitationBySecret(db, hashOf(secret))
  if (!invitation || !isOpen(invitation, now())) return null
  const workspace = await db.prisma.workspace.findUnique({ where: { id: invitation.workspaceId } })
  return workspace && { ...invitation, workspaceName: workspace.name }
}
