import { rowsById } from '../db/lookup.ts'
import type { MediaRow } from '../db/rows.ts'
import { assertCan } from '../domain/access.ts'
import { storedKey } from '../domain/storage-key.ts'
import { isUuid } from '../domain/text.ts'
import { recipeKey, recipeNamed } from '../domain/thumbnails.ts'
import type { Ctx } from './context.ts'
import { rendition } from './render-thumbnails.ts'

/** Which bytes of a medium: the original, or a derived picture. */
export interface MediaRequest {
  readonly id: string
  /** The name of a recipe; undefined is the original. */
  readonly variant: string | undefined
  /** Look for it in the trash instead of among the live ones. */
  readonly trashed: boolean
}

/** What to send of a medium, or undefined when there is no such thing. */
export async function openMedia(ctx: Ctx, { id, variant, trashed }: MediaRequest) {
  assertCan(ctx.actor, 'read')
  const recipe = variant === undefined ? undefined : recipeNamed(variant)
  if (!isUuid(id) || (variant !== undefined && !recipe)) return undefined
  const [media] = await rowsById(ctx.db, 'media', ctx.actor.workspaceId, [id])
  if (!media || (media.deletionId !== null) !== trashed) return undefined
  if (!recipe) {
    const { storageKey, mimeType, sizeBytes, sha256 } = media
    return { media, key: storedKey(storageKey), mimeType, sizeBytes: Number(sizeBytes), etag: `"${sha256}"` }
  }
  const made = await rendition(ctx, blobOf(media), recipe)
  return { media, ...made, etag: `"${media.sha256}-${recipeKey(recipe)}"` }
}

const blobOf = ({ blobId, workspaceId, storageKey, mimeType, sizeBytes }: MediaRow) => ({
  id: blobId,
  workspaceId,
  storageKey,
  mimeType,
  sizeBytes,
})
