import { type Queryable, sql } from '../sql.ts'

/** The providers through which a person can sign in; `credential` is a password. */
export async function providersOf(db: Queryable, userId: string): Promise<string[]> {
  const rows = await db.query<{ provider: string }>(sql`
    select distinct provider_id as provider from accounts where user_id = ${userId}::uuid`)
  return rows.map(({ provider }) => provider)
}

export interface PasskeyRow {
  readonly id: string
  readonly name: string | null
  readonly createdAt: Date | null
}

/** The passkeys of a person, oldest first, as many as a page shows. */
export const passkeysOf = (db: Queryable, userId: string) =>
  db.query<PasskeyRow>(sql`select id, name, created_at as "createdAt" from passkeys
    where user_id = ${userId}::uuid order by id limit 100`)
