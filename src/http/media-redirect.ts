import type { FastifyReply, FastifyRequest } from 'fastify'
import type { StorageKey } from '../domain/storage-key.ts'
import type { Ctx } from '../usecases/context.ts'

/** The maximum validity of a store URL, in seconds. A video that is paused meanwhile must continue to play. */
const longestSeconds = 6 * 3600

/** The same for trashed media, which are for viewing now. */
const trashedSeconds = 60

interface Found {
  readonly key: StorageKey
  readonly mimeType: string
  readonly disposition: string
  readonly trashed: boolean
  /** Whether the address always stands for the same bytes. */
  readonly isFixed: boolean
}

/**
 * Redirects a GET request to the object store if the store can answer it, for no longer than our own URL is valid.
 * Returns false if it cannot. The browser may cache the redirect for half of that time, so that it returns to the same
 * URL and its cached content.
 */
export async function redirected(
  { storage, now }: Ctx,
  { method, signed }: FastifyRequest,
  reply: FastifyReply,
  { key, mimeType, disposition, trashed, isFixed }: Found,
): Promise<boolean> {
  // The store's URL allows only GET.
  if (method !== 'GET' || !storage.presignedUrl) return false
  const left = signed ? Math.floor(signed.expires - now().getTime() / 1000) : longestSeconds
  const expiresInSeconds = Math.max(1, Math.min(left, trashed ? trashedSeconds : longestSeconds))
  const read = { contentType: mimeType, contentDisposition: disposition, expiresInSeconds }
  void reply.header(
    'cache-control',
    trashed || !isFixed ? 'private, no-store' : `private, max-age=${Math.floor(expiresInSeconds / 2)}`,
  )
  void reply.redirect(await storage.presignedUrl(key, read), 302)
  return true
}
