import { randomBytes } from 'node:crypto'
import { transact } from '../../db/client.ts'
import { lockMediaUrlKeys } from '../../db/media/media-url-keys.ts'
import { longestMediaUrlMs } from '../../domain/media-url.ts'
import type { Services } from '../context.ts'

/** A new key. Its id is short, since it is part of every URL. */
export const newMediaUrlKey = (createdAt: Date) => ({
  id: randomBytes(6).toString('base64url'),
  secret: randomBytes(32),
  createdAt,
})

/**
 * Lets a new key sign the URLs of media; for the operator, in all workspaces. The old ones verify on, and are forgotten
 * when nothing they signed can be valid any more; with `revoke` they are gone at once, and every URL given out with them.
 */
export async function rotateMediaUrlKeys(
  { db, now }: Pick<Services, 'db' | 'now'>,
  { revoke }: { revoke: boolean },
): Promise<{ id: string; removedCount: number }> {
  return transact(db, async (tx) => {
    await lockMediaUrlKeys(tx)
    const [retiredAt, { id, secret, createdAt }] = [now(), newMediaUrlKey(now())]
    const forgotten = { retiredAt: { lt: new Date(retiredAt.getTime() - longestMediaUrlMs) } }
    const { count } = await tx.mediaUrlKey.deleteMany({ where: revoke ? {} : forgotten })
    await tx.mediaUrlKey.updateMany({ where: { retiredAt: null }, data: { retiredAt } })
    await tx.mediaUrlKey.create({ data: { id, secret: new Uint8Array(secret), createdAt } })
    return { id, removedCount: count }
  })
}
