import { dropThumbnail, focalPointsOf, thumbnailsOf } from '../../db/media/thumbnails.ts'
import type { BlobRow, ThumbnailRow } from '../../db/rows.ts'
import { Failure } from '../../domain/failure.ts'
import { isPdf, isPicture, isUnread } from '../../domain/media-facts.ts'
import { storedKey } from '../../domain/storage-key.ts'
import { squaresOf } from '../../domain/squares.ts'
import { hasSoundOnly, NoPicture, type PictureFormat, recipes } from '../../domain/thumbnails.ts'
import { type DecodedPicture, previewPicture } from '../../probes/image.ts'
import type { Ctx } from '../context.ts'
import { tidyUp } from '../tidy-up.ts'
import { readStoredAgain } from './read-facts.ts'
import { decodeOriginal, isOf, makeThumbnail, findStored, type Variant } from './thumbnails.ts'

const largestFirst = recipes.toReversed()

/** All variants of a blob in a format, with a square for each focal point of its media items. */
async function variantsOf(ctx: Ctx, { workspaceId, id }: BlobRow) {
  const all = [...largestFirst, ...squaresOf(await focalPointsOf(ctx.db, workspaceId, id))]
  return (format: PictureFormat): Variant[] => all.map((recipe) => ({ recipe, format }))
}

/** The reason shown to users for a server fault, which they cannot fix. */
const brokenMessage = 'A server fault prevented making the thumbnails. The server will try again.'

interface Rendered {
  readonly made: number
  /** Removed files of obsolete recipes, and squares of focal points that are no longer in use. */
  readonly removed: number
  /** Why there are no thumbnails, in words for a person. */
  readonly failure: string | null
}

/**
 * Makes the missing thumbnails of a blob, or all of them with `all`, and records the outcome. First reads the original
 * again if its blob lacks a fact that reading may give.
 */
export async function renderThumbnails(
  ctx: Ctx,
  { blobId, all = false }: { blobId: string; all?: boolean },
): Promise<Rendered> {
  const { workspaceId } = ctx.actor
  const where = { workspaceId_id: { workspaceId, id: blobId } }
  const stored = await ctx.db.prisma.blob.findUnique({ where })
  if (!stored) return { made: 0, removed: 0, failure: null } // The upload was undone, or the blob was collected meanwhile.
  const { blob, made, failure } = await readAndRender(ctx, stored, all).catch(async (error: unknown) => {
    await record(ctx, stored, brokenMessage)
    throw error
  })
  await record(ctx, blob, failure?.message ?? null)
  // A busy machine is only slow for a while, so retry.
  if (failure instanceof NoPicture && failure.why === 'slow') throw new Error(failure.message)
  if (isUnread(blob, ctx.programs) && blob.probeStatus === 'TIMED_OUT')
    throw new Error('Reading the file took too long.')
  return { made, removed: await removeOutdated(ctx, blob), failure: failure?.message ?? null }
}

async function readAndRender(ctx: Ctx, stored: BlobRow, all: boolean) {
  const blob = all || isUnread(stored, ctx.programs) ? await readStoredAgain(ctx, stored) : stored
  return { blob, ...(await renderAll(ctx, blob, all)) }
}

/**
 * WebPs first, because every client can show them. The original is decoded once, or not at all if nothing is missing.
 */
async function renderAll(ctx: Ctx, blob: BlobRow, all: boolean) {
  const rows = await thumbnailsOf(ctx.db, blob.workspaceId, blob.id)
  const missing = async (variants: readonly Variant[]) => {
    const there = await Promise.all(variants.map((variant) => findStored(ctx, rows.find(isOf(variant)))))
    return variants.filter((_variant, index) => all || !there[index])
  }
  let decoding: Promise<DecodedPicture | Failure> | undefined
  const picture = () => (decoding ??= decodeOriginal(ctx, blob))

  const inFormat = await variantsOf(ctx, blob)
  const [webps, avifs] = [await missing(inFormat('webp')), await missing(inFormat('avif'))]
  const unseen = blob.placeholder === null || (all && !isPicture(blob))
  if (webps.length + avifs.length > 0 || unseen) {
    const decoded = await picture()
    if (decoded instanceof Failure) return { made: 0, failure: hindrance(blob, decoded) }
    if (unseen)
      await ctx.db.prisma.blob.updateMany({ where: idOf(blob), data: await factsFrom(blob, decoded) })
  }
  // Await all even if one fails, so that no work continues after the answer.
  const results = await Promise.allSettled(webps.map((variant) => makeThumbnail(ctx, blob, variant, picture)))
  for (const result of results) if (result.status === 'rejected') throw result.reason
  // One at a time, so that requests that clients wait for come first.
  for (const variant of avifs) await makeThumbnail(ctx, blob, variant, picture)
  return { made: webps.length + avifs.length, failure: null }
}

/** The size of the first page of a PDF is that of its picture. */
async function factsFrom(blob: BlobRow, decoded: DecodedPicture) {
  const { width, height } = decoded
  return { ...(await previewPicture(decoded)), ...(isPdf(blob) ? { width, height } : {}) }
}

const harmless: readonly NoPicture['why'][] = ['no program', 'no thumbnails']

/** A file is ready without thumbnails if its type has none, the program for it is missing, or it has sound only. */
function hindrance(blob: BlobRow, failure: Failure): Failure | null {
  const without = failure instanceof NoPicture && (harmless.includes(failure.why) || hasSoundOnly(blob))
  return without ? null : failure
}

const idOf = ({ workspaceId, id }: BlobRow) => ({ workspaceId, id })

async function record(ctx: Ctx, blob: BlobRow, failure: string | null) {
  await ctx.db.prisma.blob.updateMany({
    where: idOf(blob),
    data: { processingStatus: failure === null ? 'READY' : 'FAILED', processingFailure: failure },
  })
}

/** Reads the focal points again, because they may have changed while the thumbnails were made. */
async function removeOutdated(ctx: Ctx, blob: BlobRow): Promise<number> {
  const rows: ThumbnailRow[] = await thumbnailsOf(ctx.db, blob.workspaceId, blob.id)
  const inFormat = await variantsOf(ctx, blob)
  const current = [...inFormat('webp'), ...inFormat('avif')]
  const outdated = rows.filter((row) => !current.some((variant) => isOf(variant)(row)))
  for (const row of outdated) {
    await dropThumbnail(ctx.db, row)
    await tidyUp(ctx, 'remove an outdated thumbnail', ctx.storage.remove(storedKey(row.storageKey)))
  }
  return outdated.length
}
