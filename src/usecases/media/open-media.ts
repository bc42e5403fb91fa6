import { transact } from '../../db/client.ts'
import { rowsById } from '../../db/lookup.ts'
import { thumbnailsOf } from '../../db/media/thumbnails.ts'
import type { MediaRow } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure } from '../../domain/failure.ts'
import { storedKey } from '../../domain/storage-key.ts'
import { isUuid } from '../../domain/text.ts'
import {
  acceptsAvif,
  hasPicture,
  NoPicture,
  type Recipe,
  recipeKey,
  recipeNamed,
} from '../../domain/thumbnails.ts'
import type { Ctx } from '../context.ts'
import { decodeOriginal, isOf, makeThumbnail, type Thumbnail, findStored } from './thumbnails.ts'

/** Which bytes of a medium: the original, or a thumbnail. */
export interface MediaRequest {
  readonly id: string
  /** The name of a recipe; undefined is the original. */
  readonly variant: string | undefined
  /** Look for it in the trash instead of among the live ones. */
  readonly trashed: boolean
  /** The `Accept` of the request: an AVIF goes only to who asks for it by name. The answer varies with it. */
  readonly accept?: string | undefined
}

/** What to send of a medium, or undefined when there is no such thing, or why there is no thumbnail. */
export async function openMedia(ctx: Ctx, { id, variant, trashed, accept }: MediaRequest) {
  assertCan(ctx.actor, 'read')
  const recipe = variant === undefined ? undefined : recipeNamed(variant)
  if (!isUuid(id) || (variant !== undefined && !recipe)) return undefined
  const [media] = await rowsById(ctx.db, 'media', ctx.actor.workspaceId, [id])
  if (!media || (media.deletionId !== null) !== trashed) return undefined
  if (media.deletionId !== null) {
    const [deletion] = await rowsById(ctx.db, 'deletions', ctx.actor.workspaceId, [media.deletionId])
    // Gone for good: its row waits for the job that removes it.
    if (!deletion || deletion.purgedAt) return undefined
  }
  if (!recipe) {
    const { storageKey, mimeType, sizeBytes, sha256 } = media
    return { media, key: storedKey(storageKey), mimeType, sizeBytes: Number(sizeBytes), etag: `"${sha256}"` }
  }
  const found = await thumbnailFor(ctx, media, recipe, acceptsAvif(accept))
  if (found instanceof Failure) return found
  const format = found.mimeType.replace('image/', '')
  return { media, ...found, etag: `"${media.sha256}-${recipeKey(recipe)}-${format}"` }
}

/** The AVIF when it is wanted and there, else the WebP: the one that is there, or made now. */
async function thumbnailFor(
  ctx: Ctx,
  media: MediaRow,
  recipe: Recipe,
  avif: boolean,
): Promise<Thumbnail | Failure> {
  if (!hasPicture(media)) return pictureless(ctx, media)
  const rows = await thumbnailsOf(ctx.db, media.workspaceId, media.blobId)
  const avifRow = avif ? rows.find(isOf({ recipe, format: 'avif' })) : undefined
  const smaller = await findStored(ctx, avifRow)
  if (smaller) return smaller
  if (avifRow) await renderLater(ctx, media)
  const webp = { recipe, format: 'webp' } as const
  const blob = { ...media, id: media.blobId }
  const there = await findStored(ctx, rows.find(isOf(webp)))
  return there ?? makeThumbnail(ctx, blob, webp, () => decodeOriginal(ctx, blob))
}

function pictureless({ programs }: Ctx, { processingStatus }: MediaRow) {
  if (programs.ffmpeg === null) return new NoPicture('no program')
  return new NoPicture(processingStatus === 'PENDING' ? 'not yet' : 'no frame')
}

/** When this process last asked for the files of a blob that were lost. */
const askedAt = new Map<string, number>()
const askAgainAfterMs = 60_000

/** Lets the job make what is lost; however many meet it, once a minute. */
async function renderLater(ctx: Ctx, { workspaceId, blobId }: MediaRow) {
  const now = ctx.now().getTime()
  if (now - (askedAt.get(blobId) ?? -Infinity) < askAgainAfterMs) return
  if (askedAt.size > 10_000) askedAt.clear()
  askedAt.set(blobId, now)
  await transact(ctx.db, (tx) => ctx.queue.enqueue(tx, 'render-thumbnails', { workspaceId, blobId }))
}
