import { openInvitationsFor } from '../../db/people/invitations.ts'
import { removeUser } from '../../db/people/users.ts'
import { InvitationInvalid } from '../../domain/people.ts'
import type { Services } from '../context.ts'
import { acceptInvitation } from './invitations.ts'
import { previewInvitation } from './invitation-preview.ts'

type People = Pick<Services, 'db' | 'now'>

/** A person whom nobody here knows comes from an identity provider. */
export interface Arrival {
  /** The address at the provider, in lower case, and whether the provider has verified it. */
  readonly email: string
  readonly isVerified: boolean
  /** That of the invitation whose page they came from. */
  readonly secret: string | undefined
}

/** Why a person cannot come in. The codes appear in URLs. */
export interface ArrivalProblem {
  readonly code: 'invalid_invitation' | 'other_email' | 'not_verified' | 'not_invited'
  readonly message: string
}

const problem = (code: ArrivalProblem['code'], message: string): ArrivalProblem => ({ code, message })

/** People come in by the page of an invitation, or by a verified address that one is for. */
export async function arrivalProblem(
  people: People,
  { email, isVerified, secret }: Arrival,
): Promise<ArrivalProblem | undefined> {
  if (secret !== undefined) {
    const preview = await previewInvitation(people, secret)
    if (preview instanceof InvitationInvalid) return problem('invalid_invitation', preview.message)
    const isTheirs = preview.email === null || (preview.email === email && isVerified)
    return isTheirs ? undefined : problem('other_email', 'The invitation is for another address.')
  }
  if (!isVerified) return problem('not_verified', 'The provider has not verified the address.')
  const open = await openInvitationsFor(people.db, email, people.now())
  return open.length > 0 ? undefined : problem('not_invited', 'There is no invitation for this address.')
}

/** Accepts the invitations that a new person came in by; fails if none of them is open any more. */
export async function acceptArrival(
  people: People,
  { email, isVerified, secret }: Arrival,
  userId: string,
): Promise<InvitationInvalid | undefined> {
  const sought =
    secret !== undefined
      ? [secret]
      : isVerified
        ? await openInvitationsFor(people.db, email, people.now())
        : []
  let accepted = 0
  for (const invitation of sought) {
    const outcome = await acceptInvitation(people, invitation, userId)
    if ('workspaceId' in outcome) accepted += 1
  }
  return accepted > 0 ? undefined : new InvitationInvalid()
}

/** Removes a person who was added a moment ago and did not come in. */
export const forgetArrival = ({ db }: People, userId: string) => removeUser(db, userId)
