import { hashPassword } from 'better-auth/crypto'
import { transact, type Tx } from '../../db/client.ts'
import {
  insertInvitation,
  type InvitationRow,
  lockedInvitation,
  markAccepted,
  revokeInvitationsOf,
} from '../../db/people/invitations.ts'
import { adoptWorkspaces, lockedRole, putMember } from '../../db/people/members.ts'
import { hasUsers, insertUser } from '../../db/people/users.ts'
import { membershipIn } from '../../db/people/memberships.ts'
import { presentPerson } from '../../db/people/persons.ts'
import { acrossWorkspaces } from '../../db/workspaces.ts'
import { lockName } from '../../db/postgres/named-locks.ts'
import { defaultWorkspaceId } from '../../domain/access.ts'
import {
  EmailTaken,
  emailKey,
  emailProblem,
  higherRole,
  InvitationInvalid,
  isOpen,
  passwordLength,
  setupMs,
} from '../../domain/people.ts'
import { Failure } from '../../domain/failure.ts'
import { InvitationForOther } from '../../domain/members.ts'
import { InputCheck, textLimits } from '../../domain/text.ts'
import { record } from '../audit.ts'
import { type Ctx, newId, type Services, systemActor } from '../context.ts'
import { notAsPerson } from './viewer.ts'
import { hashOf, newSecret } from './secrets.ts'

type People = Pick<Services, 'db' | 'now'>

export interface NewPerson {
  readonly name: string
  readonly email: string
  readonly password: string
}

export interface Accepted {
  readonly userId: string
  readonly workspaceId: string
}

export interface Registered extends Accepted {
  /** The address to sign in with. */
  readonly email: string
}

/** The secret of an invitation, or its hash. */
type InvitationKey = string | Buffer

/** Makes a person who has signed in a member of the workspace of an invitation, if it is for their address. */
export async function acceptInvitation({ db, now }: People, secret: InvitationKey, userId: string) {
  return transact(db, async (tx): Promise<Accepted | InvitationInvalid | InvitationForOther> => {
    // Before the invitation, as when the person is removed.
    const person = await presentPerson(tx, userId)
    const invitation = await openInvitation(tx, secret, now())
    if (invitation instanceof Failure) return invitation
    if (!person) return new InvitationInvalid()
    if (invitation.email !== null && invitation.email !== person.email) return new InvitationForOther()
    return accept(tx, invitation, userId, now())
  })
}

/** The same for the person whose request this is; returns their membership. */
export async function acceptAsViewer(ctx: Ctx, { secret }: { readonly secret: string }) {
  const disabled = notAsPerson(ctx.actor)
  if (disabled) return disabled
  const people = { db: acrossWorkspaces(ctx.db), now: ctx.now }
  const accepted = await acceptInvitation(people, secret, ctx.actor.id)
  if (accepted instanceof Failure) return accepted
  // It may have ended again meanwhile.
  return (await membershipIn(ctx.db, ctx.actor, accepted.workspaceId)) ?? new InvitationInvalid()
}

/** Makes a new person, who signs in by a password, a member of the workspace of an invitation. */
export async function registerByInvitation({ db, now }: People, secret: string, person: NewPerson) {
  const invalid = personProblems(person)
  if (invalid) return invalid
  const passwordHash = await hashPassword(person.password)
  return transact(db, async (tx): Promise<Registered | InvitationInvalid | EmailTaken> => {
    const at = now()
    const invitation = await openInvitation(tx, secret, at)
    if (invitation instanceof Failure) return invitation
    const userId = newId()
    const email = invitation.email ?? emailKey(person.email)
    const user = { id: userId, name: person.name.trim(), email, passwordHash, createdAt: at }
    if (!(await insertUser(tx, user, newId()))) return new EmailTaken()
    await record({ now: () => at }, tx, { action: 'USER_CREATED', actorId: userId, subjectId: userId })
    return { ...(await accept(tx, invitation, userId, at)), email }
  })
}

async function openInvitation(tx: Tx, secret: InvitationKey, now: Date) {
  const invitation = await lockedInvitation(tx, typeof secret === 'string' ? hashOf(secret) : secret)
  return invitation && isOpen(invitation, now) ? invitation : new InvitationInvalid()
}

async function accept(tx: Tx, invitation: InvitationRow, userId: string, now: Date): Promise<Accepted> {
  const { workspaceId, role } = invitation
  const present = await lockedRole(tx, workspaceId, userId)
  await putMember(tx, { workspaceId, userId, role: present ? higherRole(present, role) : role }, now)
  await markAccepted(tx, invitation, userId, now)
  const accepted = { action: 'INVITATION_ACCEPTED', subjectId: invitation.id, details: { role } } as const
  const source = { now: () => now }
  await record(source, tx, { ...accepted, workspaceId, actorId: userId })
  if (!present) {
    const added = { action: 'MEMBER_ADDED', subjectId: userId, details: { role } } as const
    await record(source, tx, { ...added, workspaceId, actorId: userId })
  }
  if (workspaceId === defaultWorkspaceId && role === 'OWNER') await adoptWorkspaces(tx, userId, now)
  return { userId, workspaceId }
}

export function personProblems({ name, email, password }: NewPerson) {
  const check = new InputCheck()
  check.line('name', name, textLimits.name)
  const problem = emailProblem(email)
  if (problem) check.refuse('email', problem)
  const { min, max } = passwordLength
  // In UTF-16 units, as the sign-in counts.
  if (password.length < min || password.length > max)
    check.refuse('password', `Use ${min} to ${max} characters.`)
  return check.failure()
}

/**
 * The secret of the link by which the first person becomes the owner of the default workspace; undefined once there are
 * people. An earlier link is no longer valid.
 */
export async function offerSetup({ db, now }: People): Promise<string | undefined> {
  const secret = newSecret()
  const offered = await transact(db, async (tx) => {
    await lockName(tx, 'first person')
    if (await hasUsers(tx)) return false
    const at = now()
    const createdBy = systemActor(defaultWorkspaceId).id
    await revokeInvitationsOf(tx, defaultWorkspaceId, createdBy, at)
    const id = newId()
    await record({ now: () => at, actor: systemActor(defaultWorkspaceId) }, tx, {
      action: 'SETUP_OFFERED',
      subjectId: id,
    })
    await insertInvitation(tx, {
      workspaceId: defaultWorkspaceId,
      id,
      role: 'OWNER',
      email: null,
      secretHash: hashOf(secret),
      createdBy,
      createdAt: at,
      expiresAt: new Date(at.getTime() + setupMs),
    })
    return true
  })
  return offered ? secret : undefined
}
