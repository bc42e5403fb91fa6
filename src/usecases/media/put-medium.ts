import type { Tx } from '../../db/client.ts'
import { rowById } from '../../db/lookup.ts'
import { countReference } from '../../db/media/blobs.ts'
import type { BlobRow, MediaRow } from '../../db/rows.ts'
import { Failure } from '../../domain/failure.ts'
import { displayFileName } from '../../domain/file-name.ts'
import type { UploadDecision } from '../../domain/media-decision.ts'
import { defaultCategory, plainCategory } from '../../domain/media-description.ts'
import { lacksPoster } from '../../domain/media-facts.ts'
import type { MediaChange } from '../../domain/media-events.ts'
import { ownerColumns } from '../../domain/slots.ts'
import { sortKey } from '../../domain/sort-key.ts'
import type { Ctx } from '../context.ts'
import { rememberResults } from '../idempotency.ts'
import { recordWrite } from '../media-events.ts'
import { positionAt } from '../ordering.ts'
import { recordDeletion } from '../record-deletion.ts'
import type { LockedSlot } from './lock-slot.ts'
import { indexItem } from '../search/searchable.ts'
import { listOfSlot, recordRenumbering } from './media.ts'
import { chargeBytes } from './quota.ts'
import type { Placed, PlaceRefusal, Upload } from './upload.ts'

/** Everything that a decided upload writes. */
export interface Placement {
  /** The id of the new medium. */
  readonly id: string
  readonly upload: Upload
  readonly locked: LockedSlot
  readonly blob: BlobRow
  readonly reservationId: string | undefined
}

/** The position in a slot that holds a single item. */
const onlyPosition = 'a0'

/** Puts a new medium of a locked blob into a locked slot, where it replaces the item of a slot that holds one, and charges new bytes. */
export async function putMedium(
  ctx: Ctx,
  tx: Tx,
  placement: Placement,
  decided: Exclude<UploadDecision<MediaRow>, { decision: 'DUPLICATE' }>,
): Promise<Placed | PlaceRefusal> {
  const { id, upload, locked, blob, reservationId } = placement
  const { decision } = decided
  const changes: MediaChange[] = []
  const replaced = decision === 'REPLACE' ? await trashReplaced(ctx, tx, decided.replaced, changes) : null
  if (replaced) await rememberResults(ctx, tx, upload.idempotencyKey, [id, replaced.id])
  const refusal = await insertMedium(ctx, tx, placement, changes)
  if (refusal) return refusal
  const mediaIds = replaced ? [id, replaced.id] : [id]
  const outcome = { decision, mediaIds, blobId: blob.id, changes }
  await recordWrite(ctx, tx, { operation: 'UPLOAD', ...locked.slot }, outcome)
  const media = await rowById(tx, 'media', ctx.actor.workspaceId, id)
  if (!media) throw new Error(`Medium ${id} was inserted but is not there.`)
  // Last, because every upload of the workspace waits for this lock.
  const exceeded = blob.refCount === 0 ? await chargeBytes(ctx, tx, blob.sizeBytes, reservationId) : undefined
  return exceeded ?? { decision, media, replaced }
}

/** Moves the locked item of a slot that holds one to the trash, to make room. */
export async function trashReplaced(
  ctx: Ctx,
  tx: Tx,
  replaced: MediaRow,
  changes: MediaChange[],
): Promise<MediaRow> {
  const reason = `Replaced by a new ${replaced.role.toLowerCase()}.`
  const { deletion } = await recordDeletion(ctx, tx, { kind: 'MEDIA', itemId: replaced.id, reason })
  changes.push({ change: 'trash', mediaIds: [replaced.id], deletionId: deletion.id })
  return { ...replaced, deletionId: deletion.id }
}

/** Has the thumbnails made that are missing, as far as the programs of this machine can. */
export async function renderIfNeeded(ctx: Ctx, tx: Tx, blob: BlobRow) {
  const { workspaceId, id: blobId } = blob
  if (blob.processingStatus !== 'READY' || lacksPoster(blob, ctx.programs))
    await ctx.queue.enqueue(tx, 'render-thumbnails', { workspaceId, blobId })
}

/** What the row of a media item repeats of its blob, for lists. */
export const copiesOf = ({ sizeBytes, mimeType }: BlobRow) => ({ sizeBytes, mimeType })

/** Inserts the row, counts it at its blob and has the missing thumbnails made. Gives a failure, or nothing. */
async function insertMedium(
  ctx: Ctx,
  tx: Tx,
  { id, upload, locked: { slot, policy }, blob }: Placement,
  changes: MediaChange[],
) {
  const position =
    policy.holds === 'one'
      ? onlyPosition
      : await positionAt(tx, listOfSlot(ctx, slot), {}, undefined, recordRenumbering(changes))
  if (position instanceof Failure) return position
  const { workspaceId, id: uploadedBy } = ctx.actor
  const { ownerId, role } = slot
  const fileName = displayFileName(upload.fileName)
  const category = plainCategory(upload.category ?? defaultCategory)
  const shared = { blobId: blob.id, role, position, fileName }
  const now = ctx.now()
  await tx.media.create({
    data: {
      workspaceId,
      id,
      ...ownerColumns(slot),
      ...shared,
      ...copiesOf(blob),
      category,
      sortKey: sortKey(fileName),
      uploadedBy,
      createdAt: now,
      updatedAt: now,
    },
  })
  await indexItem(tx, 'MEDIA', { workspaceId, id, fileName, altText: null, caption: null })
  await countReference(tx, blob)
  await renderIfNeeded(ctx, tx, blob)
  changes.push({ change: 'put', mediaId: id, ownerId, ...shared, description: { category } })
  return undefined
}
