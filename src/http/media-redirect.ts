import type { FastifyReply, FastifyRequest } from 'fastify'
import type { StorageKey } from '../domain/storage-key.ts'
import type { Ctx } from '../usecases/context.ts'

/** Longest time the store's URL is valid, in seconds: a video that is paused meanwhile must play on. */
const longestSeconds = 6 * 3600

/** The same for what is in the trash, which is for looking at now. */
const trashedSeconds = 60

interface Found {
  readonly key: StorageKey
  readonly mimeType: string
  readonly disposition: string
  readonly trashed: boolean
}

/**
 * Sends a GET on to the store when that can answer it, for no longer than our own URL is valid; gives false when it cannot.
 * The browser keeps the answer for half of that time, so that it comes to the same URL and to what it has kept of it.
 */
export async function redirected(
  { storage, now }: Ctx,
  { method, signed }: FastifyRequest,
  reply: FastifyReply,
  { key, mimeType, disposition, trashed }: Found,
): Promise<boolean> {
  // The store's URL is for GET only.
  if (method !== 'GET' || !storage.presignedUrl) return false
  const left = signed ? Math.floor(signed.expires - now().getTime() / 1000) : longestSeconds
  const expiresInSeconds = Math.max(1, Math.min(left, trashed ? trashedSeconds : longestSeconds))
  const read = { contentType: mimeType, contentDisposition: disposition, expiresInSeconds }
  void reply.headers({
    'cache-control': trashed ? 'private, no-store' : `private, max-age=${Math.floor(expiresInSeconds / 2)}`,
    'cross-origin-resource-policy': 'cross-origin',
  })
  void reply.redirect(await storage.presignedUrl(key, read), 302)
  return true
}
