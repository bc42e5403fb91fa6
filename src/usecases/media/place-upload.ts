import { transact, type Tx } from '../../db/client.ts'
import { Failure } from '../../domain/failure.ts'
import { displayFileName } from '../../domain/file-name.ts'
import { defaultCategory, plainCategory, undescribed } from '../../domain/media-description.ts'
import { type Ctx, newId } from '../context.ts'
import { claimKey } from '../idempotency.ts'
import { decideAndPut, repeatAnswer, restorableInto } from './decide-place.ts'
import { lockBytes, lockSlot } from './lock-slot.ts'
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
  if (claim) return repeatAnswer(ctx, tx, { operation: 'UPLOAD', ...upload.slot }, claim)
  const locked = await lockSlot(ctx, tx, upload.slot)
  if (locked instanceof Failure) return locked
  const blob = await lockBytes(ctx, tx, bytes)
  if (!blob) return { retry: 'BYTES_COLLECTED' }

  const { idempotencyKey } = upload
  return decideAndPut(ctx, tx, {
    id,
    operation: 'UPLOAD',
    described: {
      ...undescribed,
      fileName: displayFileName(upload.fileName),
      category: plainCategory(upload.category ?? defaultCategory),
    },
    place: {},
    idempotencyKey,
    locked,
    blob,
    reservationId: 'fresh' in bytes ? bytes.reservationId : undefined,
    // No medium has new bytes.
    inTrash: blob.refCount === 0 ? null : await restorableInto(ctx, tx, locked, blob),
    whenInTrash: upload.whenInTrash,
  })
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
