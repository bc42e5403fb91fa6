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
import { lockName } from '../../db/postgres/named-locks.ts'
import { defaultWorkspaceId } from '../../domain/access.ts'
import {
  EmailTaken,
  emailKey,
  higherRole,
  InvitationInvalid,
  isOpen,
  passwordLength,
  setupMs,
} from '../../domain/people.ts'
import { Failure } from '../../domain/failure.ts'
import { InputCheck, textLimits } from '../../domain/text.ts'
import { newId, type Services, systemActor } from '../context.ts'
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

/** Makes a person who has signed in a member of the workspace of an invitation. */
export async function acceptInvitation(
  { db, now }: People,
  secret: InvitationKey,
  userId: string,
): Promise<Accepted | InvitationInvalid> {
  return transact(db, async (tx) => {
    const invitation = await openInvitation(tx, secret, now())
    return invitation instanceof Failure ? invitation : accept(tx, invitation, userId, now())
  })
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
  if (workspaceId === defaultWorkspaceId && role === 'OWNER') await adoptWorkspaces(tx, userId, now)
  return { userId, workspaceId }
}

const emailPattern = /^[^\s@]+@[^\s@]+\.[^\s@]+$|^[^\s@]+@localhost$/

export function personProblems({ name, email, password }: NewPerson) {
  const check = new InputCheck()
  check.line('name', name, textLimits.name)
  if (email.length > 254 || !emailPattern.test(email.trim())) check.refuse('email', 'Give an email address.')
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
    await insertInvitation(tx, {
      workspaceId: defaultWorkspaceId,
      id: newId(),
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
