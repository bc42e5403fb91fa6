import type { Role } from '../../domain/access.ts'
import type { InvitationState } from '../../domain/people.ts'
import type { Tx } from '../client.ts'
import { type Queryable, type Sql, sql } from '../sql.ts'

export interface InvitationRow extends InvitationState {
  readonly workspaceId: string
  readonly id: string
  readonly role: Role
  readonly email: string | null
  readonly createdBy: string
  readonly createdAt: Date
}

export interface NewInvitation {
  readonly workspaceId: string
  readonly id: string
  readonly role: Role
  readonly email: string | null
  readonly secretHash: Buffer
  readonly createdBy: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

const columns = sql`workspace_id as "workspaceId", id, role::text as role, email, created_by as "createdBy",
  created_at as "createdAt", expires_at as "expiresAt", revoked_at as "revokedAt", accepted_at as "acceptedAt"`

export const insertInvitation = (tx: Tx, invitation: NewInvitation): Promise<number> =>
  tx.execute(sql`
    insert into invitations (workspace_id, id, role, email, secret_hash, created_by, created_at, expires_at)
    values (${invitation.workspaceId}::uuid, ${invitation.id}::uuid, ${invitation.role}::member_role,
      ${invitation.email}, ${invitation.secretHash}, ${invitation.createdBy}, ${invitation.createdAt},
      ${invitation.expiresAt})`)

async function bySecret(db: Queryable, secretHash: Buffer, lock: Sql): Promise<InvitationRow | undefined> {
  const [row] = await db.query<InvitationRow>(sql`select ${columns} from invitations i
    where secret_hash = ${secretHash}
      and exists (select from workspaces w where w.id = i.workspace_id and w.deleted_at is null) ${lock}`)
  return row
}

/** The invitation of a link, in whatever state; none into a workspace in the trash. */
export const invitationBySecret = (db: Queryable, secretHash: Buffer) => bySecret(db, secretHash, sql``)

/** The same, locked until the end of the transaction. */
export const lockedInvitation = (tx: Tx, secretHash: Buffer) => bySecret(tx, secretHash, sql`for update`)

export const markAccepted = (tx: Tx, { workspaceId, id }: InvitationRow, userId: string, now: Date) =>
  tx.execute(sql`update invitations set accepted_at = ${now}, accepted_by = ${userId}::uuid
    where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid`)

/** Revokes the open invitations that an actor made into a workspace. */
export const revokeInvitationsOf = (tx: Tx, workspaceId: string, createdBy: string, now: Date) =>
  tx.execute(sql`update invitations set revoked_at = ${now}
    where workspace_id = ${workspaceId}::uuid and created_by = ${createdBy}
      and accepted_at is null and revoked_at is null`)

/** The hashes of the secrets of the invitations that are open for an address, oldest first. */
export async function openInvitationsFor(db: Queryable, email: string, now: Date): Promise<Buffer[]> {
  const rows = await db.query<{ hash: Buffer }>(sql`select secret_hash as hash from invitations
    where email = ${email} and accepted_at is null and revoked_at is null and expires_at > ${now}
    order by created_at, id limit 100`)
  return rows.map(({ hash }) => hash)
}
