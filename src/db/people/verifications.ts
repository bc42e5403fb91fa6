import { type Queryable, sql } from '../sql.ts'

export interface NewVerification {
  readonly id: string
  readonly identifier: string
  readonly value: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** Remembers what a person has begun, for better-auth to find. */
export const insertVerification = (db: Queryable, verification: NewVerification): Promise<number> => {
  const { id, identifier, value, createdAt, expiresAt } = verification
  return db.execute(sql`
    insert into verifications (id, identifier, value, created_at, updated_at, expires_at)
    values (${id}::uuid, ${identifier}, ${value}, ${createdAt}, ${createdAt}, ${expiresAt})`)
}
