import { randomBytes } from 'node:crypto'
import { transact } from '../../db/client.ts'
import { lockMediaUrlKeys } from '../../db/media/media-url-keys.ts'
import { longestMediaUrlMs } from '../../domain/media-url.ts'
import { earlierNow, laterNow } from '../clocks.ts'
import type { Services } from '../context.ts'

/** A new key. Its id is short, since it is part of every URL. */
export const newMediaUrlKey = (createdAt: Date) => ({
  id: randomBytes(6).toString('base64url'),
  secret: randomBytes(32),
  createdAt,
})

/**
 * Makes a new key sign the media URLs of all workspaces. Old keys still verify, and are deleted once none of their URLs
 * can be valid. With `revoke` they are deleted at once, which revokes all URLs signed with them.
 */
export async function rotateMediaUrlKeys(
  { db, now, databaseNow }: Pick<Services, 'db' | 'now' | 'databaseNow'>,
  { revoke }: { revoke: boolean },
): Promise<{ id: string; removedCount: number }> {
  return transact(db, async (tx) => {
    await lockMediaUrlKeys(tx)
    const clocks = { db: tx, now, databaseNow }
    const { id, secret, createdAt } = newMediaUrlKey(now())
    const retiredAt = await laterNow(clocks)
    const expired = new Date((await earlierNow(clocks)).getTime() - longestMediaUrlMs)
    const forgotten = { retiredAt: { lt: expired } }
    const { count } = await tx.mediaUrlKey.deleteMany({ where: revoke ? {} : forgotten })
    await tx.mediaUrlKey.updateMany({ where: { retiredAt: null }, data: { retiredAt } })
    await tx.mediaUrlKey.create({ data: { id, secret: new Uint8Array(secret), createdAt } })
    return { id, removedCount: count }
  })
}
