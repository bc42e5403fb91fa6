import { invitationBySecret } from '../../db/people/invitations.ts'
import { personById } from '../../db/people/persons.ts'
import { workspaceName } from '../../db/workspaces.ts'
import type { Role } from '../../domain/access.ts'
import { InvitationInvalid, isOpen } from '../../domain/people.ts'
import { isUuid } from '../../domain/text.ts'
import { type Services, systemActor } from '../context.ts'
import { hashOf } from './secrets.ts'

/** What the holder of the link of an invitation may know before accepting it. */
export interface InvitationPreview {
  readonly workspaceId: string
  readonly workspace: string
  readonly role: Role
  /** The only address that may accept it; null: any. */
  readonly email: string | null
  /** The name of the person who invites; null for one that a server or a removed person made. */
  readonly invitedBy: string | null
  /** Whether it is the link of a first start. */
  readonly isSetup: boolean
  readonly expiresAt: Date
}

/** What an invitation that can be accepted is about. */
export async function previewInvitation(
  { db, now }: Pick<Services, 'db' | 'now'>,
  secret: string,
): Promise<InvitationPreview | InvitationInvalid> {
  const invitation = await invitationBySecret(db, hashOf(secret))
  if (!invitation || !isOpen(invitation, now())) return new InvitationInvalid()
  const { workspaceId, role, email, createdBy, expiresAt } = invitation
  const [workspace, inviter] = await Promise.all([
    workspaceName(db, workspaceId),
    isUuid(createdBy) ? personById(db, createdBy) : undefined,
  ])
  return {
    workspaceId,
    workspace: workspace ?? '',
    role,
    email,
    invitedBy: inviter?.name ?? null,
    isSetup: createdBy === systemActor(workspaceId).id,
    expiresAt,
  }
}
