import { createHmac } from 'node:crypto'
import { mediaUrlKeys } from '../../../src/db/media/media-url-keys.ts'
import type { Db } from '../../../src/db/client.ts'
import { Failure } from '../../../src/domain/failure.ts'
import {
  type MediaUrlClaim,
  mediaUrlPath,
  mediaUrlText,
  readMediaUrl,
} from '../../../src/domain/media-url.ts'

/** What a signed URL claims. */
export function claimOf(url: string): MediaUrlClaim {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const [, id = '', variant] = /\/(?:media|images)\/([^/]+)(?:\/([^/]+))?$/.exec(pathname) ?? []
  const claim = readMediaUrl({ id, variant, query: Object.fromEntries(searchParams) })
  if (!claim || claim instanceof Failure) throw new Error(`The URL is not signed: ${url}`)
  return claim
}

/** The URL with some of its claims altered, but the signature of the original unless another is given. */
export const withClaims = (url: string, changes: Partial<MediaUrlClaim>) =>
  new URL(mediaUrlPath({ ...claimOf(url), ...changes }), url).href

/** The URL of the same media item as earlier versions gave it. */
export async function inLongForm(db: Db, url: string) {
  const claim = claimOf(url)
  const { id, variant, workspaceId, trashed, expires, keyId } = claim
  const key = (await mediaUrlKeys(db)).find((row) => row.id === keyId)
  if (!key) throw new Error('The key is gone.')
  const hmac = createHmac('sha256', key.secret).update(mediaUrlText(claim, 'long'))
  const long = new URL(`/media/${id}${variant === undefined ? '' : `/${variant}`}`, url)
  const query = {
    workspace: workspaceId,
    ...(trashed ? { trashed: 'true' } : {}),
    expires: String(expires),
    key: keyId,
    signature: hmac.digest('base64url'),
  }
  for (const [name, value] of Object.entries(query)) long.searchParams.set(name, value)
  return long.href
}
