import type { TokenScope } from '../../domain/access.ts'
import type { ApiTokenState } from '../../domain/api-tokens.ts'
import type { Tx } from '../client.ts'
import type { Condition } from '../page.ts'
import type { ApiTokenRow } from '../rows.ts'
import { selections } from '../selections.ts'
import { or, type Queryable, type Sql, sql } from '../sql.ts'

export interface NewApiTokenRow {
  readonly workspaceId: string
  readonly id: string
  readonly userId: string
  readonly name: string
  readonly scope: TokenScope
  readonly secretHash: Buffer
  readonly createdAt: Date
  readonly expiresAt: Date
}

export const insertApiToken = (tx: Tx, token: NewApiTokenRow): Promise<number> =>
  tx.execute(sql`
    insert into api_tokens (workspace_id, id, user_id, name, scope, secret_hash, created_at, expires_at)
    values (${token.workspaceId}::uuid, ${token.id}::uuid, ${token.userId}::uuid, ${token.name},
      ${token.scope}::token_scope, ${token.secretHash}, ${token.createdAt}::timestamptz,
      ${token.expiresAt}::timestamptz)`)

const inState: Readonly<Record<ApiTokenState, (now: Date) => Sql>> = {
  ACTIVE: (now) => sql`revoked_at is null and (expires_at is null or expires_at > ${now}::timestamptz)`,
  EXPIRED: (now) => sql`revoked_at is null and expires_at <= ${now}::timestamptz`,
  REVOKED: () => sql`revoked_at is not null`,
}

/** The tokens that are in one of these states now. */
export const inStates = (states: readonly ApiTokenState[], now: Date): Condition => ({
  sql: sql`(${or(states.map((state) => sql`(${inState[state](now)})`))})`,
})

/** The number of tokens of a person in a workspace that can be used now. */
export async function countActiveTokens(tx: Tx, workspaceId: string, userId: string, now: Date) {
  const [row] = await tx.query<{ count: number }>(sql`select count(*)::int as count from api_tokens
    where workspace_id = ${workspaceId}::uuid and user_id = ${userId}::uuid and ${inState.ACTIVE(now)}`)
  return row?.count ?? 0
}

/** Revokes a token, once. `userId` restricts it to those of one person. Gives the token, also if it was revoked before. */
export async function revokeToken(
  tx: Tx,
  { workspaceId, id, userId }: { workspaceId: string; id: string; userId: string | undefined },
  now: Date,
): Promise<{ token: ApiTokenRow; isNew: boolean } | undefined> {
  const { columns, from } = selections.api_tokens
  const [found] = await tx.query<ApiTokenRow>(sql`select ${columns} from ${from}
    where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid
      ${userId === undefined ? sql`` : sql`and user_id = ${userId}::uuid`} for update`)
  if (!found || found.revokedAt) return found && { token: found, isNew: false }
  await tx.execute(sql`update api_tokens set revoked_at = ${now}::timestamptz
    where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid`)
  return { token: { ...found, revokedAt: now }, isNew: true }
}

/** Writes down that a token was used, unless another server just did. */
export const markTokenUsed = (
  db: Queryable,
  { workspaceId, tokenId, lastUsedAt }: { workspaceId: string; tokenId: string; lastUsedAt: Date | null },
  now: Date,
): Promise<number> =>
  db.execute(sql`update api_tokens set last_used_at = ${now}::timestamptz
    where workspace_id = ${workspaceId}::uuid and id = ${tokenId}::uuid
      and last_used_at is not distinct from ${lastUsedAt}::timestamptz`)

export interface MemberByEmail {
  readonly userId: string
  readonly role: 'OWNER' | 'EDITOR' | 'VIEWER'
}

/** A member of a workspace by the email address. */
export async function memberByEmail(
  db: Queryable,
  workspaceId: string,
  email: string,
): Promise<MemberByEmail | undefined> {
  const [row] = await db.query<MemberByEmail>(sql`select m.user_id as "userId", m.role::text as role
    from members m join users u on u.id = m.user_id
    where u.email = ${email} and m.workspace_id = ${workspaceId}::uuid`)
  return row
}
