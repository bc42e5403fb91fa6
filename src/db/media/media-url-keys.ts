import { type Db, read, type Tx } from '../client.ts'

/** What URLs of media are signed with. */
export interface MediaUrlKeyRow {
  readonly id: string
  readonly secret: Buffer
  /** When it stopped to sign; null for the one that signs. */
  readonly retiredAt: Date | null
}

export const mediaUrlKeys = (db: Db) =>
  read<MediaUrlKeyRow>(db, 'select id, secret, retired_at as "retiredAt" from media_url_keys', [])

/** Makes a key the one that signs, unless there is one already. */
export async function offerMediaUrlKey(db: Db, key: { id: string; secret: Buffer; createdAt: Date }) {
  await db.pool.query(
    `insert into media_url_keys (id, secret, created_at) values ($1, $2, $3)
     on conflict ((retired_at is null)) where retired_at is null do nothing`,
    [key.id, key.secret, key.createdAt],
  )
}

/** Until the end of the transaction nobody else changes keys. */
export const lockMediaUrlKeys = (tx: Tx) =>
  tx.$executeRaw`lock table media_url_keys in share row exclusive mode`
