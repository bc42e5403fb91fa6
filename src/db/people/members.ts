import { defaultWorkspaceId, type Role } from '../../domain/access.ts'
import type { Tx } from '../client.ts'
import type { Condition } from '../page.ts'
import { empty, sql } from '../sql.ts'

export interface NewMember {
  readonly workspaceId: string
  readonly userId: string
  readonly role: Role
}

/** The role of a member, whose row stays locked until the end of the transaction. */
export async function lockedRole(tx: Tx, workspaceId: string, userId: string): Promise<Role | undefined> {
  const [row] = await tx.query<{ role: Role }>(sql`select role::text as role from members
    where workspace_id = ${workspaceId}::uuid and user_id = ${userId}::uuid for update`)
  return row?.role
}

/** Makes a person a member, or gives a member another role. */
export const putMember = (tx: Tx, { workspaceId, userId, role }: NewMember, now: Date): Promise<number> =>
  tx.execute(sql`
    insert into members (workspace_id, user_id, role, created_at, updated_at)
    values (${workspaceId}::uuid, ${userId}::uuid, ${role}::member_role, ${now}, ${now})
    on conflict (workspace_id, user_id) do update
      set role = excluded.role, version = members.version + 1, updated_at = excluded.updated_at`)

/**
 * Makes an owner of the default workspace the owner of every workspace without members: those made before people could
 * sign in.
 */
export const adoptWorkspaces = (tx: Tx, userId: string, now: Date): Promise<number> =>
  tx.execute(sql`
    insert into members (workspace_id, user_id, role, created_at, updated_at)
    select id, ${userId}::uuid, 'OWNER', ${now}, ${now} from workspaces w
    where id <> ${defaultWorkspaceId}::uuid and not exists (select from members where workspace_id = w.id)
    on conflict do nothing`)

/** The workspaces of a person, in a list of workspaces; only those in which they have the role, if one is given. */
export const workspacesOf = (userId: string, role: Role | null = null): Condition => ({
  sql: sql`workspaces.id in (select workspace_id from members
    where user_id = ${userId}::uuid ${role === null ? empty : sql`and role = ${role}::member_role`})`,
})

/** The one workspace, in a list of workspaces. */
export const onlyWorkspace = (id: string): Condition => ({ sql: sql`workspaces.id = ${id}::uuid` })
