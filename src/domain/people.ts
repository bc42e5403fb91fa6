import type { Role } from './access.ts'
import { Failure } from './failure.ts'
import { isStorable } from './text.ts'

/** The length of a password, in characters (NIST SP 800-63B asks for at least 8 and for room for 64). */
export const passwordLength = { min: 10, max: 128 } as const

const dayMs = 24 * 60 * 60 * 1000

/** How long a session lasts from the sign-in on, in milliseconds. */
export const sessionMs = 30 * dayMs

/** How long an invitation can be accepted, in milliseconds, and how long the link of a first start. */
export const invitationMs = 7 * dayMs
export const setupMs = dayMs

/** How long a new password can be chosen by a link, in milliseconds. */
export const resetMs = 60 * 60 * 1000

/** The form in which addresses are stored and compared. */
export const emailKey = (email: string) => email.trim().toLowerCase()

const emailPattern = /^[^\s@]+@[^\s@]+\.[^\s@]+$|^[^\s@]+@localhost$/

/** What is wrong with an address. */
export const emailProblem = (email: string) =>
  email.length > 254 || !emailPattern.test(email.trim()) || !isStorable(email)
    ? 'Give an email address.'
    : undefined

/** The beginning of every API token, so that scanners for leaked secrets know one. */
export const tokenPrefix = 'wl_'

/** Whether a credential has the form of a JSON Web Token. No other one has two dots. */
export const isJwt = (credential: string) => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(credential)

export interface InvitationState {
  readonly expiresAt: Date
  readonly revokedAt: Date | null
  readonly acceptedAt: Date | null
}

export const isOpen = ({ expiresAt, revokedAt, acceptedAt }: InvitationState, now: Date) =>
  revokedAt === null && acceptedAt === null && now < expiresAt

const ranks: readonly Role[] = ['VIEWER', 'EDITOR', 'OWNER']

/** The role that allows more. */
export const higherRole = (a: Role, b: Role): Role => (ranks.indexOf(a) < ranks.indexOf(b) ? b : a)

/** People do not sign in, so that there is nobody to be a member, to invite or to give a token to. */
export class SignInDisabled extends Failure {
  readonly __typename = 'SignInDisabled'
  readonly message =
    'People do not sign in here: everyone who can reach the server is its owner, so there are no members, invitations ' +
    'and tokens. To have them, start the server with SIGN_IN=true.'
}

export class ViewerChanged<Viewer = unknown> extends Failure {
  readonly __typename = 'ViewerChanged'
  readonly message = 'Your name has changed since you last read it. Read it again and retry.'
  readonly viewer: Viewer

  constructor(viewer: Viewer) {
    super()
    this.viewer = viewer
  }
}

/** The link leads to no invitation that can be accepted, for whatever reason. */
export class InvitationInvalid extends Failure {
  readonly __typename = 'InvitationInvalid'
  readonly message =
    'This invitation does not exist, was accepted or revoked, or has expired. Ask for a new one.'
}

export class EmailTaken extends Failure {
  readonly __typename = 'EmailTaken'
  readonly message =
    'There is a person with this email address already. Sign in as that person and open the link again.'
}
