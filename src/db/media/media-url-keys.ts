import type { Tx } from '../client.ts'
import { type Queryable, sql } from '../sql.ts'

/** A key that signs URLs of media. */
export interface MediaUrlKeyRow {
  readonly id: string
  readonly secret: Buffer
  /** When it stopped signing; null for the key that signs now. */
  readonly retiredAt: Date | null
}

export const mediaUrlKeys = (db: Queryable): Promise<MediaUrlKeyRow[]> =>
  db.query(sql`select id, secret, retired_at as "retiredAt" from media_url_keys`)

/** Makes a key the current one, unless there is one already. */
export async function offerMediaUrlKey(db: Queryable, key: { id: string; secret: Buffer; createdAt: Date }) {
  await db.execute(sql`
    insert into media_url_keys (id, secret, created_at) values (${key.id}, ${key.secret}, ${key.createdAt})
    on conflict ((retired_at is null)) where retired_at is null do nothing`)
}

/** Keeps other transactions from changing keys until the end of this one. */
export const lockMediaUrlKeys = (tx: Tx) =>
  tx.execute(sql`lock table media_url_keys in share row exclusive mode`)
