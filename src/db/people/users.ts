import type { Tx } from '../client.ts'
import { type Queryable, sql } from '../sql.ts'

export interface NewUser {
  readonly id: string
  readonly name: string
  /** In lower case. */
  readonly email: string
  readonly passwordHash: string
  readonly createdAt: Date
}

/** The provider of accounts with a password, and the ID in it, as better-auth names them. */
const passwordProvider = 'credential'

export async function hasUsers(db: Queryable): Promise<boolean> {
  return (await db.query(sql`select from users limit 1`)).length > 0
}

export interface PersonRow {
  readonly id: string
  readonly name: string
  readonly email: string
}

/** The person with an address, which is in lower case. */
export async function personByEmail(db: Queryable, email: string): Promise<PersonRow | undefined> {
  const [row] = await db.query<PersonRow>(sql`select id, name, email from users where email = ${email}`)
  return row
}

/** The person has shown that the address is theirs. */
export const markEmailVerified = (db: Queryable, id: string, now: Date): Promise<number> =>
  db.execute(sql`update users set email_verified = true, updated_at = ${now}
    where id = ${id}::uuid and not email_verified`)

/** Adds a person who signs in by a password. Returns false when somebody has the address. */
export async function insertUser(tx: Tx, user: NewUser, accountId: string): Promise<boolean> {
  const { id, name, email, passwordHash, createdAt } = user
  const added = await tx.execute(sql`
    insert into users (id, name, email, created_at, updated_at)
    values (${id}::uuid, ${name}, ${email}, ${createdAt}, ${createdAt}) on conflict (email) do nothing`)
  if (added === 0) return false
  await tx.execute(sql`
    insert into accounts (id, user_id, provider_id, account_id, password, created_at, updated_at)
    values (${accountId}::uuid, ${id}::uuid, ${passwordProvider}, ${id}, ${passwordHash}, ${createdAt}, ${createdAt})`)
  return true
}

/** The password of a person, who may have signed in without one so far. */
export async function putPassword(
  tx: Tx,
  { id, accountId, passwordHash }: { id: string; accountId: string; passwordHash: string },
  now: Date,
): Promise<void> {
  await tx.execute(sql`
    insert into accounts (id, user_id, provider_id, account_id, password, created_at, updated_at)
    values (${accountId}::uuid, ${id}::uuid, ${passwordProvider}, ${id}, ${passwordHash}, ${now}, ${now})
    on conflict (provider_id, account_id) do update set password = excluded.password, updated_at = excluded.updated_at`)
}

/** The secret of all servers of this database: the stored one, or else this one. */
export async function signInSecret(db: Queryable, secret: string, createdAt: Date): Promise<string> {
  await db.execute(sql`insert into sign_in_secrets (secret, created_at) values (${secret}, ${createdAt})
    on conflict (id) do nothing`)
  const [row] = await db.query<{ secret: string }>(sql`select secret from sign_in_secrets`)
  return row?.secret ?? secret
}

/** The names of people by ID. */
export async function namesOfUsers(db: Queryable, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.query<{ id: string; name: string }>(
    sql`select id, name from users where id = any(${ids}::uuid[])`,
  )
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** Removes a person with the ways in which they sign in. */
export const removeUser = (db: Queryable, id: string): Promise<number> =>
  db.execute(sql`delete from users where id = ${id}::uuid`)
