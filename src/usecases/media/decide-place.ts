import type { Tx } from '../../db/client.ts'
import { rowById } from '../../db/lookup.ts'
import { liveFilesOf, restorableOfBlob } from '../../db/media/restorable-media.ts'
import type { BlobRow, DeletionRow, MediaRow } from '../../db/rows.ts'
import { Failure } from '../../domain/failure.ts'
import { decideUpload, type Restorable, type WhenInTrash } from '../../domain/media-decision.ts'
import type { MediaOwnerType, MediaRole } from '../../domain/slots.ts'
import type { Ctx } from '../context.ts'
import { rememberResults } from '../idempotency.ts'
import { isPurged, madeBefore } from '../purged.ts'
import { recordWrite } from '../media-events.ts'
import type { LockedSlot } from './lock-slot.ts'
import { sameInSlot } from './media.ts'
import { concerned, type Placement, putMedium, renderIfNeeded } from './put-medium.ts'
import type { Placed, PlaceRefusal } from './upload.ts'

interface Arrival extends Placement {
  /** A restorable media item with the bytes, to offer instead. */
  readonly inTrash: Restorable<MediaRow, DeletionRow> | null
  /** Default: `OFFER_RESTORE`. */
  readonly whenInTrash: WhenInTrash | null | undefined
}

/** Decides about bytes that are to go into a locked slot, and writes what was decided. */
export async function decideAndPut(ctx: Ctx, tx: Tx, arrival: Arrival): Promise<Placed | PlaceRefusal> {
  const { locked, blob, inTrash, whenInTrash } = arrival
  const { slot, policy, occupant } = locked
  const decided = decideUpload<MediaRow, DeletionRow>({
    holds: policy.holds,
    same: await sameInSlot(ctx, tx, slot, blob.id),
    occupant,
    liveFiles: await liveFilesOf(tx, ctx.actor.workspaceId, slot.ownerId),
    filesPerOwner: ctx.limits.filesPerOwner,
    inTrash,
    whenInTrash: whenInTrash ?? 'OFFER_RESTORE',
  })
  if (decided instanceof Failure) return decided
  return decided.decision === 'DUPLICATE'
    ? answerDuplicate(ctx, tx, arrival, decided.media)
    : putMedium(ctx, tx, arrival, decided)
}

/** The trashed medium of these bytes that can be restored, and how it gets into the slot. */
export async function restorableInto(
  ctx: Ctx,
  tx: Tx,
  locked: LockedSlot,
  blob: BlobRow,
): Promise<Restorable<MediaRow, DeletionRow> | null> {
  const { ownerId } = locked.slot
  const found = await restorableOfBlob(tx, ctx.actor.workspaceId, blob.id, ownerId, ctx.now())
  return found && restoringInto(locked, found)
}

/** How a trashed media item gets into a slot. */
export function restoringInto(
  { slot, policy }: LockedSlot,
  found: { readonly media: MediaRow; readonly deletion: DeletionRow },
): Restorable<MediaRow, DeletionRow> {
  const whenTaken = policy.holds === 'one' ? 'REPLACE' : 'REFUSE'
  return { ...found, restoreItem: { itemId: found.media.id, slot, whenTaken } }
}

/** The answer when the slot has these bytes already. */
async function answerDuplicate(ctx: Ctx, tx: Tx, placement: Placement, media: MediaRow): Promise<Placed> {
  const {
    operation,
    idempotencyKey,
    locked: { slot },
    blob,
  } = placement
  const decision = 'DUPLICATE'
  await rememberResults(ctx, tx, idempotencyKey, [media.id])
  // The job of a blob that is PENDING is on its way.
  if (blob.processingStatus !== 'PENDING') await renderIfNeeded(ctx, tx, blob)
  const outcome = { decision, mediaIds: concerned(placement, [media.id]), blobId: blob.id } as const
  await recordWrite(ctx, tx, { operation, ...slot }, outcome)
  return { decision, media, replaced: null }
}

interface Repeated {
  readonly operation: Placement['operation']
  readonly ownerType: MediaOwnerType
  readonly role: MediaRole
}

/** The answer to a repeated request: the medium that the first one made, and the cover that it replaced. */
export async function repeatAnswer(
  ctx: Ctx,
  tx: Tx,
  { operation, ownerType, role }: Repeated,
  claim: readonly string[],
): Promise<Placed | PlaceRefusal> {
  const [id = '', replacedId] = claim
  const media = await madeBefore(ctx, tx, 'media', id)
  if (media instanceof Failure) return media
  const replaced = replacedId ? await rowById(tx, 'media', ctx.actor.workspaceId, replacedId) : undefined
  const outcome = { decision: 'NOOP', mediaIds: [...claim], blobId: media.blobId } as const
  await recordWrite(ctx, tx, { operation, ownerType, role }, outcome)
  const isThere = replaced !== undefined && !(await isPurged(ctx, tx, replaced.deletionId))
  return { decision: 'NOOP', media, replaced: isThere ? replaced : null }
}
