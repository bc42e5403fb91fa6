import type { Role, TokenScope } from '../../domain/access.ts'
import { type Queryable, type Sql, sql } from '../sql.ts'

/** Whom a session belongs to, and a workspace in which the person is a member. */
export interface Bearer {
  readonly userId: string
  readonly sessionId: string
  /** Null: none that was asked for. */
  readonly workspaceId: string | null
  readonly role: Role | null
}

/** Up to two workspaces of a person, or the one that is asked for if it is one of them. None in the trash is. */
const membershipsOf = (userId: Sql, asked: string | undefined) => sql`(
  select m.workspace_id, m.role from members m
  join workspaces w on w.id = m.workspace_id and w.deleted_at is null
  where m.user_id = ${userId} ${asked === undefined ? sql`` : sql`and m.workspace_id = ${asked}::uuid`}
  limit 2)`

/** A row for each of up to two workspaces of the person whose session this is; none without a valid session. */
export const bearersOfSession = (db: Queryable, token: string, now: Date, asked: string | undefined) =>
  db.query<Bearer>(sql`
    select s.user_id as "userId", s.id as "sessionId", m.workspace_id as "workspaceId", m.role::text as role
    from sessions s left join lateral ${membershipsOf(sql`s.user_id`, asked)} m on true
    where s.token = ${token} and s.expires_at > ${now}`)

export interface TokenBearer {
  readonly tokenId: string
  readonly userId: string
  readonly workspaceId: string
  readonly role: Role
  readonly scope: TokenScope
  readonly lastUsedAt: Date | null
}

/** The person as whom a valid API token acts, while a member of the workspace of the token. */
export async function bearerOfToken(
  db: Queryable,
  secretHash: Buffer,
  now: Date,
): Promise<TokenBearer | undefined> {
  const [row] = await db.query<TokenBearer>(sql`
    select t.id as "tokenId", t.user_id as "userId", t.workspace_id as "workspaceId", m.role::text as role,
      t.scope::text as scope, t.last_used_at as "lastUsedAt"
    from api_tokens t
    join members m on m.workspace_id = t.workspace_id and m.user_id = t.user_id
    join workspaces w on w.id = t.workspace_id and w.deleted_at is null
    where t.secret_hash = ${secretHash} and t.revoked_at is null and (t.expires_at is null or t.expires_at > ${now})`)
  return row
}

/** An account of a person at a provider. */
export interface AccountKey {
  readonly provider: string
  readonly account: string
}

/** The same as for a session, for the person who has an account; without the session. */
export const bearersOfAccount = (
  db: Queryable,
  { provider, account }: AccountKey,
  asked: string | undefined,
) =>
  db.query<Omit<Bearer, 'sessionId'>>(sql`
    select a.user_id as "userId", m.workspace_id as "workspaceId", m.role::text as role
    from accounts a left join lateral ${membershipsOf(sql`a.user_id`, asked)} m on true
    where a.provider_id = ${provider} and a.account_id = ${account}`)

/** Gives the person with an address an account at a provider, unless somebody has it. */
export const linkAccount = (
  db: Queryable,
  { provider, account }: AccountKey,
  email: string,
  id: string,
  now: Date,
): Promise<number> =>
  db.execute(sql`
    insert into accounts (id, user_id, provider_id, account_id, created_at, updated_at)
    select ${id}::uuid, u.id, ${provider}, ${account}, ${now}, ${now} from users u where u.email = ${email}
    on conflict (provider_id, account_id) do nothing`)
