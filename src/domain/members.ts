import { Failure } from './failure.ts'
import { invitationMs, type InvitationState, isOpen } from './people.ts'

/** How many open invitations a workspace may have. */
export const maxOpenInvitations = 100

const maxInvitationDays = 30
const dayMs = 24 * 60 * 60 * 1000

/** What is wrong with the end that was asked for of a new invitation. */
export function endProblem(asked: Date | null | undefined, now: Date): string | undefined {
  if (asked == null || (asked > now && asked.getTime() <= now.getTime() + maxInvitationDays * dayMs))
    return undefined
  return `Give a time in the future, at most ${maxInvitationDays} days from now.`
}

/** The end of a new invitation. */
export const invitationEnd = (asked: Date | null | undefined, now: Date) =>
  asked ?? new Date(now.getTime() + invitationMs)

/** Whether an invitation can be accepted, as clients see it. */
export function statusOf(invitation: InvitationState, now: Date) {
  if (invitation.acceptedAt) return 'ACCEPTED'
  if (invitation.revokedAt) return 'REVOKED'
  return isOpen(invitation, now) ? 'OPEN' : 'EXPIRED'
}

export type InvitationStatus = ReturnType<typeof statusOf>

export class LastOwner extends Failure {
  readonly __typename = 'LastOwner'
  readonly message: string
  readonly workspaceIds: readonly string[]

  constructor(workspaceIds: readonly string[]) {
    super()
    this.workspaceIds = workspaceIds
    const which = workspaceIds.length === 1 ? 'a workspace' : `${workspaceIds.length} workspaces`
    this.message = `The person is the last owner of ${which}. Make somebody else an owner there first.`
  }
}

export class MemberChanged<Member = unknown> extends Failure {
  readonly __typename = 'MemberChanged'
  readonly message = 'The member has changed since you last read it. Read it again and retry.'
  readonly member: Member

  constructor(member: Member) {
    super()
    this.member = member
  }
}

export class TooManyInvitations extends Failure {
  readonly __typename = 'TooManyInvitations'
  readonly message = `This workspace has ${maxOpenInvitations} open invitations. Revoke some before you make another one.`
  readonly limit = maxOpenInvitations
}

export class InvitationAccepted<Invitation = unknown> extends Failure {
  readonly __typename = 'InvitationAccepted'
  readonly message =
    'Somebody accepted this invitation. To take the access back, remove the member with `removeMember`.'
  readonly invitation: Invitation

  constructor(invitation: Invitation) {
    super()
    this.invitation = invitation
  }
}

export class InvitationForOther extends Failure {
  readonly __typename = 'InvitationForOther'
  readonly message =
    'This invitation is for another email address. Sign in with that address, or ask for an invitation to yours.'
}
