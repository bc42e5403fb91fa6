import { saveThumbnail } from '../../db/media/thumbnails.ts'
import type { BlobRow, ThumbnailRow } from '../../db/rows.ts'
import { Failure } from '../../domain/failure.ts'
import { isPdf, isPicture } from '../../domain/media-facts.ts'
import { thumbnailKey, type StorageKey, storedKey } from '../../domain/storage-key.ts'
import {
  canHavePicture,
  mimeTypeOf,
  NoPicture,
  type PictureFormat,
  type Recipe,
  recipeKey,
} from '../../domain/thumbnails.ts'
import { type DecodedPicture, decodePicture, encodePicture } from '../../probes/image.ts'
import { drawFirstPage } from '../../probes/pdf.ts'
import { takePoster } from '../../probes/poster.ts'
import type { Ctx } from '../context.ts'
import { tidyUp } from '../tidy-up.ts'

export interface Thumbnail {
  readonly key: StorageKey
  readonly mimeType: string
  readonly sizeBytes: number
}

/** A recipe in a format: one file per blob. */
export interface Variant {
  readonly recipe: Recipe
  readonly format: PictureFormat
}

type Source = Pick<BlobRow, 'workspaceId' | 'id' | 'storageKey' | 'mimeType' | 'sizeBytes' | 'durationMs'>

const keyOf = ({ id }: Source, { recipe, format }: Variant) =>
  thumbnailKey(id, `${recipeKey(recipe)}-${format}`)

export const isOf =
  ({ recipe, format }: Variant) =>
  (row: ThumbnailRow) =>
    row.recipe === recipeKey(recipe) && row.format === format

/** The thumbnail of a row, or undefined: the row outlives the file when somebody empties the folder of thumbnails. */
export async function findStored(ctx: Ctx, row: ThumbnailRow | undefined): Promise<Thumbnail | undefined> {
  if (!row) return undefined
  const key = storedKey(row.storageKey)
  const sizeBytes = await ctx.storage.size(key)
  return sizeBytes === null ? undefined : { key, mimeType: row.mimeType, sizeBytes }
}

/** The picture of a blob, the frame of a video, the cover art of a recording or the first page of a PDF, decoded. */
export async function decodeOriginal(ctx: Ctx, blob: Source): Promise<DecodedPicture | Failure> {
  if (!canHavePicture(blob)) return new NoPicture('no thumbnails')
  const key = storedKey(blob.storageKey)
  // A missing file cannot be read either; that is not the fault of the picture or video.
  if ((await ctx.storage.size(key)) === null)
    throw new Error(`The file of a blob is missing: ${blob.storageKey}`)
  const original = await ctx.storage.openLocally(key)
  try {
    const { mimeType, durationMs } = blob
    const file = { path: original.path, mimeType, sizeBytes: Number(blob.sizeBytes) }
    const timeLimitMs = ctx.limits.programMs
    if (isPicture(file)) return await decodePicture(file, ctx.limits)
    return isPdf(file)
      ? await drawFirstPage(file.path, { ...ctx.programs, timeLimitMs })
      : await takePoster(file, { ...ctx.programs, durationMs, timeLimitMs })
  } finally {
    await tidyUp(ctx, 'release a file', original.release())
  }
}

const underway = new Map<string, Promise<Thumbnail | Failure>>()

/** Makes a thumbnail again. If several requests need it at once, the first makes it and the others share the result. */
export async function makeThumbnail(
  ctx: Ctx,
  blob: Source,
  variant: Variant,
  picture: () => Promise<DecodedPicture | Failure>,
): Promise<Thumbnail | Failure> {
  const key = keyOf(blob, variant)
  const same = underway.get(key)
  if (same) return same
  const made = render(ctx, blob, variant, key, picture).finally(() => underway.delete(key))
  underway.set(key, made)
  return made
}

async function render(
  ctx: Ctx,
  { workspaceId, id }: Source,
  { recipe, format }: Variant,
  key: StorageKey,
  picture: () => Promise<DecodedPicture | Failure>,
): Promise<Thumbnail | Failure> {
  const decoded = await picture()
  if (decoded instanceof Failure) return decoded
  const { bytes, width, height } = await encodePicture(decoded, recipe, format)
  await ctx.storage.putThumbnail(key, bytes)
  const mimeType = mimeTypeOf[format]
  await saveThumbnail(ctx.db, {
    ...{ workspaceId, blobId: id, recipe: recipeKey(recipe), format },
    ...{ storageKey: key, mimeType, width, height, sizeBytes: BigInt(bytes.length), createdAt: ctx.now() },
  })
  return { key, mimeType, sizeBytes: bytes.length }
}
