import type { InvitationStatus } from '../../domain/members.ts'
import type { Page } from '../../domain/page.ts'
import type { Tx } from '../client.ts'
import { asPage, type Condition, type Order, type PageOf, pageSelect } from '../page.ts'
import { and, or, type Queryable, type Sql, sql } from '../sql.ts'
import type { InvitationRow } from './invitations.ts'

/** An invitation with the person who accepted it. */
export interface ListedInvitation extends InvitationRow {
  readonly acceptedBy: string | null
}

const columns = sql`workspace_id as "workspaceId", id, role::text as role, email, created_by as "createdBy",
  created_at as "createdAt", expires_at as "expiresAt", revoked_at as "revokedAt", accepted_at as "acceptedAt",
  accepted_by as "acceptedBy"`

const orders = {
  CREATED_AT: { expression: sql`created_at`, keyOf: (row: ListedInvitation) => row.createdAt.toISOString() },
  EXPIRES_AT: { expression: sql`expires_at`, keyOf: (row: ListedInvitation) => row.expiresAt.toISOString() },
} as const

export const invitationOrder = (
  field: keyof typeof orders,
  descending: boolean,
): Order<ListedInvitation> => ({
  ...orders[field],
  name: `invitations:${field}${descending ? ':DESC' : ''}`,
  descending,
  keyType: 'time',
})

const unended = sql`accepted_at is null and revoked_at is null`

const isOf = (status: InvitationStatus, now: Date): Sql =>
  ({
    OPEN: sql`(${unended} and expires_at > ${now})`,
    EXPIRED: sql`(${unended} and expires_at <= ${now})`,
    ACCEPTED: sql`accepted_at is not null`,
    REVOKED: sql`revoked_at is not null`,
  })[status]

/** The invitations of some statuses. */
export const withStatuses = (
  statuses: readonly InvitationStatus[] | null | undefined,
  now: Date,
): Condition[] => (statuses ? [{ sql: sql`(${or(statuses.map((status) => isOf(status, now)))})` }] : [])

const ofWorkspace = (workspaceId: string, conditions: readonly Condition[]) => [
  sql`workspace_id = ${workspaceId}::uuid`,
  ...conditions.map((condition) => condition.sql),
]

/** One page of the invitations into a workspace. */
export async function invitationPage(
  db: Queryable,
  workspaceId: string,
  conditions: readonly Condition[],
  order: Order<ListedInvitation>,
  page: Page,
): Promise<PageOf<ListedInvitation>> {
  const read = { workspaceId, columns, from: sql`invitations`, where: ofWorkspace(workspaceId, conditions) }
  return asPage(await db.query<ListedInvitation>(pageSelect(order, page, read)), page)
}

export async function invitationCount(
  db: Queryable,
  workspaceId: string,
  conditions: readonly Condition[],
): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`select count(*)::int as count from invitations
    where ${and(ofWorkspace(workspaceId, conditions))}`)
  return row?.count ?? 0
}

const byId = (workspaceId: string, id: string) =>
  sql`workspace_id = ${workspaceId}::uuid and id = ${id}::uuid`

export async function invitationById(
  db: Queryable,
  workspaceId: string,
  id: string,
): Promise<ListedInvitation | undefined> {
  const [row] = await db.query<ListedInvitation>(
    sql`select ${columns} from invitations where ${byId(workspaceId, id)}`,
  )
  return row
}

/** Revokes an invitation unless it has ended, and returns it as it is then. */
export async function revokeInvitationRow(
  tx: Tx,
  workspaceId: string,
  id: string,
  now: Date,
): Promise<ListedInvitation | undefined> {
  await tx.execute(
    sql`update invitations set revoked_at = ${now} where ${byId(workspaceId, id)} and ${unended}`,
  )
  return invitationById(tx, workspaceId, id)
}
