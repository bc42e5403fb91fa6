import type { Tx } from '../client.ts'
import { asPage, type Order, type PageOf, pageSelect } from '../page.ts'
import type { Page } from '../../domain/page.ts'
import { zeroUuid } from '../../domain/text.ts'
import { type Queryable, sql } from '../sql.ts'

/** A person, without the ways in which they sign in. */
export interface PersonRow {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly version: number
}

const columns = sql`id, name, email, version`

export async function personById(db: Queryable, id: string): Promise<PersonRow | undefined> {
  const [row] = await db.query<PersonRow>(sql`select ${columns} from users where id = ${id}::uuid`)
  return row
}

/** The same, locked until the end of the transaction: nothing that refers to the person can be added meanwhile. */
export async function lockedPerson(tx: Tx, id: string): Promise<PersonRow | undefined> {
  const [row] = await tx.query<PersonRow>(sql`select ${columns} from users where id = ${id}::uuid for update`)
  return row
}

/** The same, kept from being removed until the end of the transaction. */
export async function presentPerson(tx: Tx, id: string): Promise<PersonRow | undefined> {
  const [row] = await tx.query<PersonRow>(
    sql`select ${columns} from users where id = ${id}::uuid for key share`,
  )
  return row
}

export async function renamePerson(
  tx: Tx,
  id: string,
  name: string,
  now: Date,
): Promise<PersonRow | undefined> {
  const [row] =
    await tx.query<PersonRow>(sql`update users set name = ${name}, version = version + 1, updated_at = ${now}
    where id = ${id}::uuid returning ${columns}`)
  return row
}

/** A session without its token. */
export interface SessionRow {
  readonly id: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly ipAddress: string | null
  readonly userAgent: string | null
}

/** Latest sign-in first, which is by id. */
export const sessionOrder: Order<SessionRow> = {
  name: 'sessions',
  expression: null,
  descending: true,
  keyType: 'id',
  keyOf: ({ id }) => id,
}

const sessionColumns = sql`id, created_at as "createdAt", expires_at as "expiresAt", ip_address as "ipAddress",
  user_agent as "userAgent"`

const lasting = (userId: string, now: Date) => sql`user_id = ${userId}::uuid and expires_at > ${now}`

/** One page of the sessions of a person that have not ended. */
export async function sessionPage(
  db: Queryable,
  userId: string,
  now: Date,
  page: Page,
): Promise<PageOf<SessionRow>> {
  const where = [lasting(userId, now)]
  const read = { workspaceId: zeroUuid, columns: sessionColumns, from: sql`sessions`, where }
  return asPage(await db.query<SessionRow>(pageSelect(sessionOrder, page, read)), page)
}

export async function sessionCount(db: Queryable, userId: string, now: Date): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    sql`select count(*)::int as count from sessions where ${lasting(userId, now)}`,
  )
  return row?.count ?? 0
}

/** Ends sessions of a person, and returns how many. */
export const removeSessions = (tx: Tx, userId: string, ids: readonly string[]): Promise<number> =>
  tx.execute(sql`delete from sessions where user_id = ${userId}::uuid and id = any(${ids}::uuid[])`)

/** Ends all sessions of a person, except perhaps one. */
export const removeOtherSessions = (tx: Tx, userId: string, kept: string | undefined): Promise<number> =>
  tx.execute(
    kept === undefined
      ? sql`delete from sessions where user_id = ${userId}::uuid`
      : sql`delete from sessions where user_id = ${userId}::uuid and id <> ${kept}::uuid`,
  )
