import { transact, type Tx } from '../../db/client.ts'
import { rowById } from '../../db/lookup.ts'
import { liveFilesOf, restorableOfBlob } from '../../db/media/restorable-media.ts'
import type { BlobRow, DeletionRow, MediaRow } from '../../db/rows.ts'
import { Failure } from '../../domain/failure.ts'
import { displayFileName } from '../../domain/file-name.ts'
import { plainCategory } from '../../domain/media-description.ts'
import { decideUpload, type Restorable, type UploadSituation } from '../../domain/media-decision.ts'
import { type Ctx, newId } from '../context.ts'
import { claimKey, rememberResults } from '../idempotency.ts'
import { isPurged, madeBefore } from '../purged.ts'
import { recordWrite } from '../media-events.ts'
import { lockBytes, type LockedSlot, lockSlot } from './lock-slot.ts'
import { sameInSlot } from './media.ts'
import { type Placement, putMedium, renderIfNeeded } from './put-medium.ts'
import type { Placed, PlaceRefusal, Retry, StoredBytes, Upload } from './upload.ts'

/** Thrown to roll back the transaction, since `transact` commits everything but a `Failure`. Caught below. */
class RolledBack extends Error {
  readonly result: Retry

  constructor(result: Retry) {
    super('rolled back')
    this.result = result
  }
}

/**
 * Puts stored bytes into the slot of an upload, in one transaction: claims its idempotency key, locks, decides and
 * writes. A refusal and a retry leave nothing behind.
 */
export async function placeUpload(
  ctx: Ctx,
  upload: Upload,
  bytes: StoredBytes,
): Promise<Placed | PlaceRefusal | Retry> {
  try {
    return await transact(ctx.db, async (tx) => {
      const result = await place(ctx, tx, upload, bytes)
      if ('retry' in result) throw new RolledBack(result)
      return result
    })
  } catch (error) {
    if (error instanceof RolledBack) return error.result
    throw error
  }
}

async function place(
  ctx: Ctx,
  tx: Tx,
  upload: Upload,
  bytes: StoredBytes,
): Promise<Placed | PlaceRefusal | Retry> {
  const id = newId()
  const claim = await claimUpload(ctx, tx, upload, bytes, id)
  if (claim instanceof Failure) return claim
  if (claim) return repeatAnswer(ctx, tx, upload, claim)
  const locked = await lockSlot(ctx, tx, upload.slot)
  if (locked instanceof Failure) return locked
  const blob = await lockBytes(ctx, tx, bytes)
  if (!blob) return { retry: 'BYTES_COLLECTED' }

  const decided = decideUpload(await readSituation(ctx, tx, upload, locked, blob))
  if (decided instanceof Failure) return decided
  const reservationId = 'fresh' in bytes ? bytes.reservationId : undefined
  const placement: Placement = { id, upload, locked, blob, reservationId }
  return decided.decision === 'DUPLICATE'
    ? answerDuplicate(ctx, tx, placement, decided.media)
    : putMedium(ctx, tx, placement, decided)
}

/** Claims the idempotency key of an upload; gives the results of the first request with the same key. */
function claimUpload(
  ctx: Ctx,
  tx: Tx,
  { slot, fileName, category, idempotencyKey, whenInTrash, keyedWith }: Upload,
  bytes: StoredBytes,
  id: string,
) {
  const { sha256 } = 'known' in bytes ? bytes.known : bytes.fresh
  return claimKey(ctx, tx, {
    key: idempotencyKey,
    operation: 'uploadMedia',
    input: {
      slot: 'make' in slot ? { ownerType: slot.ownerType, role: slot.role } : slot,
      name: displayFileName(fileName),
      sha256,
      whenInTrash: whenInTrash ?? 'OFFER_RESTORE',
      category: category == null ? undefined : plainCategory(category),
      with: keyedWith,
    },
    resultIds: [id],
  })
}

/** Reads what the decision depends on, under the locks. */
async function readSituation(
  ctx: Ctx,
  tx: Tx,
  { whenInTrash }: Upload,
  locked: LockedSlot,
  blob: BlobRow,
): Promise<UploadSituation<MediaRow, DeletionRow>> {
  const { workspaceId } = ctx.actor
  const { slot, policy, occupant } = locked
  return {
    holds: policy.holds,
    same: await sameInSlot(ctx, tx, slot, blob.id),
    occupant,
    liveFiles: await liveFilesOf(tx, workspaceId, slot.ownerId),
    filesPerOwner: ctx.limits.filesPerOwner,
    // No medium has new bytes.
    inTrash: blob.refCount === 0 ? null : await restorableInto(ctx, tx, locked, blob),
    whenInTrash: whenInTrash ?? 'OFFER_RESTORE',
  }
}

/** The trashed medium of these bytes that can be restored, and how it gets into the slot. */
async function restorableInto(
  ctx: Ctx,
  tx: Tx,
  { slot, policy }: LockedSlot,
  blob: BlobRow,
): Promise<Restorable<MediaRow, DeletionRow> | null> {
  const found = await restorableOfBlob(tx, ctx.actor.workspaceId, blob.id, slot.ownerId, ctx.now())
  if (!found) return null
  const whenTaken = policy.holds === 'one' ? 'REPLACE' : 'REFUSE'
  return { ...found, restoreItem: { itemId: found.media.id, slot, whenTaken } }
}

/** The answer when the slot has these bytes already. */
async function answerDuplicate(
  ctx: Ctx,
  tx: Tx,
  { upload, locked: { slot }, blob }: Placement,
  media: MediaRow,
): Promise<Placed> {
  const decision = 'DUPLICATE'
  await rememberResults(ctx, tx, upload.idempotencyKey, [media.id])
  // The job of a blob that is PENDING is on its way.
  if (blob.processingStatus !== 'PENDING') await renderIfNeeded(ctx, tx, blob)
  const outcome = { decision, mediaIds: [media.id], blobId: blob.id } as const
  await recordWrite(ctx, tx, { operation: 'UPLOAD', ...slot }, outcome)
  return { decision, media, replaced: null }
}

/** The answer to a repeated request: the medium that the first one made, and the cover that it replaced. */
async function repeatAnswer(
  ctx: Ctx,
  tx: Tx,
  { slot: { ownerType, role } }: Upload,
  claim: readonly string[],
): Promise<Placed | PlaceRefusal> {
  const [id = '', replacedId] = claim
  const media = await madeBefore(ctx, tx, 'media', id)
  if (media instanceof Failure) return media
  const replaced = replacedId ? await rowById(tx, 'media', ctx.actor.workspaceId, replacedId) : undefined
  const outcome = { decision: 'NOOP', mediaIds: [...claim], blobId: media.blobId } as const
  await recordWrite(ctx, tx, { operation: 'UPLOAD', ownerType, role }, outcome)
  const isThere = replaced !== undefined && !(await isPurged(ctx, tx, replaced.deletionId))
  return { decision: 'NOOP', media, replaced: isThere ? replaced : null }
}
