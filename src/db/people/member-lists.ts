import type { Role } from '../../domain/access.ts'
import type { Page } from '../../domain/page.ts'
import type { Tx } from '../client.ts'
import { lockName } from '../postgres/named-locks.ts'
import { asPage, type Condition, type Order, type PageOf, pageSelect, type SortKey } from '../page.ts'
import { and, type Queryable, type Sql, sql } from '../sql.ts'

/** A member of a workspace; the ID is that of the person. */
export interface MemberRow {
  readonly workspaceId: string
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: Role
  readonly version: number
  readonly since: Date
}

const columns = sql`workspace_id as "workspaceId", id, name, email, role, version, since`

/** The members of a workspace, of whom one may be picked. */
const membersOf = (workspaceId: string, picked: Sql = sql`true`) => sql`(
  select m.workspace_id, u.id, u.name, u.email, m.role::text as role, m.version, m.created_at as since
  from members m join users u on u.id = m.user_id where m.workspace_id = ${workspaceId}::uuid and ${picked}) member`

const orders = {
  NAME: { expression: sql`lower(name)`, keyType: 'text' },
  SINCE: { expression: sql`since`, keyType: 'time' },
} as const

const textOf = (key: SortKey = '') => (key instanceof Date ? key.toISOString() : String(key))

export const memberListOrder = (field: keyof typeof orders, descending: boolean): Order<MemberRow> => ({
  ...orders[field],
  name: `members:${field}${descending ? ':DESC' : ''}`,
  descending,
  keyOf: ({ sortKey }: { sortKey?: SortKey }) => textOf(sortKey),
})

export interface MemberFilter {
  readonly roles?: readonly Role[] | null | undefined
  readonly text?: string | null | undefined
}

/** `withEmails` also finds the text in addresses, which only some may know. */
export function memberConditions({ roles, text }: MemberFilter, withEmails: boolean): Condition[] {
  const conditions = []
  if (roles) conditions.push(sql`role = any(${[...roles]}::text[])`)
  if (text != null && text.includes('\0')) conditions.push(sql`false`)
  else if (text != null) {
    const contains = (column: Sql) => sql`position(lower(${text}) in lower(${column})) > 0`
    const either = withEmails ? sql`(${contains(sql`name`)} or ${contains(sql`email`)})` : contains(sql`name`)
    conditions.push(either)
  }
  return conditions.map((condition) => ({ sql: condition }))
}

const filters = (conditions: readonly Condition[]) => conditions.map((condition) => condition.sql)

/** One page of the members of a workspace. */
export async function memberPage(
  db: Queryable,
  workspaceId: string,
  conditions: readonly Condition[],
  order: Order<MemberRow>,
  page: Page,
): Promise<PageOf<MemberRow>> {
  const read = { workspaceId, columns, from: membersOf(workspaceId), where: filters(conditions) }
  return asPage(await db.query<MemberRow>(pageSelect(order, page, read)), page)
}

export async function memberCount(
  db: Queryable,
  workspaceId: string,
  conditions: readonly Condition[],
): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`select count(*)::int as count
    from ${membersOf(workspaceId)} where ${and(filters(conditions))}`)
  return row?.count ?? 0
}

export async function memberOf(
  db: Queryable,
  workspaceId: string,
  userId: string,
): Promise<MemberRow | undefined> {
  const one = membersOf(workspaceId, sql`m.user_id = ${userId}::uuid`)
  const [row] = await db.query<MemberRow>(sql`select ${columns} from ${one}`)
  return row
}

/** Changes to the members and invitations of a workspace wait for each other until the end of the transaction. */
export const lockMembers = (tx: Tx, workspaceId: string) => lockName(tx, `members ${workspaceId}`)

/** Those of some workspaces of which a person is the only owner. */
export async function onlyOwnedBy(
  tx: Tx,
  workspaceIds: readonly string[],
  userId: string,
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(sql`select w.id from workspaces w
    join members m on m.workspace_id = w.id and m.user_id = ${userId}::uuid and m.role = 'OWNER'
    where w.id = any(${workspaceIds}::uuid[]) and w.deleted_at is null and not exists (
      select from members o where o.workspace_id = w.id and o.user_id <> ${userId}::uuid and o.role = 'OWNER')
    order by w.id`)
  return rows.map(({ id }) => id)
}

export const setRole = (tx: Tx, { workspaceId, id }: MemberRow, role: Role, now: Date) =>
  tx.execute(sql`update members set role = ${role}::member_role, version = version + 1, updated_at = ${now}
    where workspace_id = ${workspaceId}::uuid and user_id = ${id}::uuid`)

/** Removes a member, whose API tokens in the workspace are revoked. */
export async function removeMemberRow(tx: Tx, { workspaceId, id }: MemberRow, now: Date): Promise<void> {
  await tx.execute(sql`update api_tokens set revoked_at = ${now}
    where workspace_id = ${workspaceId}::uuid and user_id = ${id}::uuid and revoked_at is null`)
  await tx.execute(sql`delete from members
    where workspace_id = ${workspaceId}::uuid and user_id = ${id}::uuid`)
}
