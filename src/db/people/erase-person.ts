import type { Tx } from '../client.ts'
import { sql } from '../sql.ts'
import type { PersonRow } from './persons.ts'

/** The workspaces that a person is a member of, also those in the trash, in the order in which they are locked. */
export async function workspaceIdsOf(tx: Tx, userId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(sql`select workspace_id as id from members
    where user_id = ${userId}::uuid order by workspace_id`)
  return rows.map(({ id }) => id)
}

/** Makes a person an owner of some workspaces. */
export const makeOwner = (tx: Tx, workspaceIds: readonly string[], userId: string, now: Date) =>
  tx.execute(sql`
    insert into members (workspace_id, user_id, role, created_at, updated_at)
    select id, ${userId}::uuid, 'OWNER', ${now}::timestamptz, ${now}::timestamptz
    from unnest(${workspaceIds}::uuid[]) as owned (id)
    on conflict (workspace_id, user_id) do update
      set role = 'OWNER', version = members.version + 1, updated_at = excluded.updated_at`)

/**
 * Removes a person with sessions, accounts, passkeys, memberships and tokens. Their open invitations, and those to their
 * address, are revoked. What they made keeps their ID, which names nobody any more.
 */
export async function removePersonRows(
  tx: Tx,
  { id, email }: PersonRow,
  workspaceIds: readonly string[],
  now: Date,
): Promise<void> {
  await tx.execute(sql`update invitations set revoked_at = ${now}
    where workspace_id = any(${workspaceIds}::uuid[]) and created_by = ${id}
      and accepted_at is null and revoked_at is null`)
  await tx.execute(sql`update invitations set email = null,
      revoked_at = case when accepted_at is null then coalesce(revoked_at, ${now}::timestamptz) end
    where email = ${email}`)
  await tx.execute(sql`delete from verifications where value = ${id}`)
  await tx.execute(sql`delete from users where id = ${id}::uuid`)
}
