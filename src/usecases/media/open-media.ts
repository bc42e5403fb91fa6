import { transact } from '../../db/client.ts'
import { rowsById } from '../../db/lookup.ts'
import { thumbnailsOf } from '../../db/media/thumbnails.ts'
import type { MediaRow } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { encodingOf, hasCharset } from '../../domain/document-types.ts'
import { Failure } from '../../domain/failure.ts'
import { isPdf, isRecording } from '../../domain/media-facts.ts'
import { type StorageKey, storedKey } from '../../domain/storage-key.ts'
import { isVariant, recipeFor } from '../../domain/squares.ts'
import { isUuid } from '../../domain/text.ts'
import {
  acceptsAvif,
  canHavePicture,
  focusKey,
  hasPicture,
  hasSoundOnly,
  NoPicture,
  type Recipe,
  recipeKey,
} from '../../domain/thumbnails.ts'
import type { Ctx } from '../context.ts'
import { decodeOriginal, isOf, makeThumbnail, type Thumbnail, findStored } from './thumbnails.ts'

/** The requested bytes of a media item: the original or a thumbnail. */
interface MediaRequest {
  readonly id: string
  /** The name of a recipe; undefined means the original. */
  readonly variant: string | undefined
  /** Look in the trash instead of among live media. */
  readonly trashed: boolean
  /** The `Accept` header of the request. Only a client that names AVIF gets one, so the answer varies with it. */
  readonly accept?: string | undefined
}

/** The bytes to send of a media item; undefined if it does not exist; or why there is no thumbnail. */
export async function openMedia(ctx: Ctx, { id, variant, trashed, accept }: MediaRequest) {
  assertCan(ctx.actor, 'read')
  if (!isUuid(id) || (variant !== undefined && !isVariant(variant))) return undefined
  const [media] = await rowsById(ctx.db, 'media', ctx.actor.workspaceId, [id])
  if (!media || (media.deletionId !== null) !== trashed) return undefined
  if (media.deletionId !== null) {
    const [deletion] = await rowsById(ctx.db, 'deletions', ctx.actor.workspaceId, [media.deletionId])
    // Purged: the row waits for the job that removes it.
    if (!deletion || deletion.purgedAt) return undefined
  }
  const recipe = variant === undefined ? undefined : recipeFor(variant, media)
  if (!recipe) {
    const { mimeType, sizeBytes, sha256 } = media
    const key = storedKey(media.storageKey)
    const charset = hasCharset(mimeType) ? await charsetIn(ctx, key) : undefined
    const etag = `"${sha256}"`
    return { media, key, mimeType, charset, sizeBytes: Number(sizeBytes), etag, focus: undefined }
  }
  const found = await thumbnailFor(ctx, media, recipe, acceptsAvif(accept))
  if (found instanceof Failure) return found
  const format = found.mimeType.replace('image/', '')
  const etag = `"${media.sha256}-${recipeKey(recipe)}-${format}"`
  return { media, ...found, charset: undefined, etag, focus: recipe.focus && focusKey(recipe.focus) }
}

/** The charset of a text, which its first bytes tell. */
async function charsetIn({ storage }: Ctx, key: StorageKey) {
  const head = (await storage.read(key, { start: 0, end: 1 }).toArray()) as Buffer[]
  return encodingOf(Buffer.concat(head)) === 'utf-8' ? 'utf-8' : 'utf-16'
}

/** The AVIF if it is accepted and exists; otherwise the WebP, existing or made now. */
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
  // Nothing else asks for the square of a picture that is older than squares, or of bytes that were uploaded again.
  const isNewSquare = avif && recipe.focus && media.processingStatus === 'READY'
  if (avifRow || isNewSquare) await renderLater(ctx, media)
  const webp = { recipe, format: 'webp' } as const
  const blob = { ...media, id: media.blobId }
  const there = await findStored(ctx, rows.find(isOf(webp)))
  return there ?? makeThumbnail(ctx, blob, webp, () => decodeOriginal(ctx, blob))
}

function pictureless({ programs }: Ctx, media: MediaRow) {
  if (!canHavePicture(media)) return new NoPicture('no thumbnails')
  if (isRecording(media) && media.processingStatus === 'PENDING') return new NoPicture('not yet')
  if (hasSoundOnly(media)) return new NoPicture('sound only')
  if ((isPdf(media) ? programs.pdftoppm : programs.ffmpeg) === null) return new NoPicture('no program')
  return media.processingStatus === 'PENDING'
    ? new NoPicture('not yet')
    : new NoPicture('no frame', media.processingFailure ?? undefined)
}

/** When this process last enqueued the job for the missing files of a blob. */
const askedAt = new Map<string, number>()
const askAgainAfterMs = 60_000

/** Enqueues the job that makes missing files, at most once a minute. */
async function renderLater(ctx: Ctx, { workspaceId, blobId }: MediaRow) {
  const now = ctx.now().getTime()
  if (now - (askedAt.get(blobId) ?? -Infinity) < askAgainAfterMs) return
  if (askedAt.size > 10_000) askedAt.clear()
  askedAt.set(blobId, now)
  await transact(ctx.db, (tx) => ctx.queue.enqueue(tx, 'render-thumbnails', { workspaceId, blobId }))
}
