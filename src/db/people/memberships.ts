import { type Actor, isPerson, type Role } from '../../domain/access.ts'
import type { Page } from '../../domain/page.ts'
import { zeroUuid } from '../../domain/text.ts'
import { asPage, type Order, type PageOf, pageSelect } from '../page.ts'
import type { WorkspaceRow } from '../rows.ts'
import { selections } from '../selections.ts'
import { type Queryable, type Sql, sql } from '../sql.ts'

/** A workspace, with the role that a person has in it. */
export interface MembershipRow extends WorkspaceRow {
  readonly role: Role
  readonly since: Date
}

/** The memberships of whoever sends a request; of an API token that in its workspace alone. */
function membershipsOf(actor: Actor): Sql {
  if (!isPerson(actor))
    return sql`(select id as "memberOf", 'OWNER' as role, created_at as since from workspaces) m`
  const own = actor.scope === undefined ? sql`` : sql`and workspace_id = ${actor.workspaceId}::uuid`
  return sql`(select workspace_id as "memberOf", role::text as role, created_at as since from members
    where user_id = ${actor.id}::uuid ${own}) m`
}

/** The oldest workspace first, which is by id. */
export const membershipOrder: Order<MembershipRow> = {
  name: 'memberships',
  expression: null,
  descending: false,
  id: sql`"memberOf"`,
  keyType: 'id',
  keyOf: ({ id }) => id,
}

const from = (actor: Actor) => sql`${membershipsOf(actor)} join workspaces on workspaces.id = "memberOf"`
const live = sql`deleted_at is null`

/** One page of the live workspaces that the sender of a request is a member of. */
export async function membershipPage(
  db: Queryable,
  actor: Actor,
  page: Page,
): Promise<PageOf<MembershipRow>> {
  const columns = sql`${selections.workspaces.columns}, m.role, m.since`
  const read = { workspaceId: zeroUuid, columns, from: from(actor), where: [live] }
  return asPage(await db.query<MembershipRow>(pageSelect(membershipOrder, page, read)), page)
}

/** The membership of the sender of a request in one workspace. */
export async function membershipIn(
  db: Queryable,
  actor: Actor,
  workspaceId: string,
): Promise<MembershipRow | undefined> {
  const [row] = await db.query<MembershipRow>(sql`select ${selections.workspaces.columns}, m.role, m.since
    from ${from(actor)} where ${live} and "memberOf" = ${workspaceId}::uuid`)
  return row
}

export async function membershipCount(db: Queryable, actor: Actor): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    sql`select count(*)::int as count from ${from(actor)} where ${live}`,
  )
  return row?.count ?? 0
}
