import type { Tx } from '../../db/client.ts'
import { rowById } from '../../db/lookup.ts'
import { countReference } from '../../db/media/blobs.ts'
import type { BlobRow, MediaRow } from '../../db/rows.ts'
import { Failure } from '../../domain/failure.ts'
import type { UploadDecision } from '../../domain/media-decision.ts'
import type { MediaDescription } from '../../domain/media-description.ts'
import { lacksPoster } from '../../domain/media-facts.ts'
import type { MediaChange } from '../../domain/media-events.ts'
import { ownerColumns } from '../../domain/slots.ts'
import { sortKey } from '../../domain/sort-key.ts'
import type { Ctx } from '../context.ts'
import { created } from '../inputs.ts'
import { rememberResults } from '../idempotency.ts'
import { recordWrite } from '../media-events.ts'
import { type Place, positionAt } from '../ordering.ts'
import { recordDeletion } from '../record-deletion.ts'
import type { LockedSlot } from './lock-slot.ts'
import { indexItem } from '../search/searchable.ts'
import { listOfSlot, recordRenumbering } from './media.ts'
import { chargeBytes } from './quota.ts'
import type { Placed, PlaceRefusal } from './upload.ts'

/** Everything that is written once it is decided that bytes go into a slot. */
export interface Placement {
  /** The id of the new medium. */
  readonly id: string
  readonly operation: 'UPLOAD' | 'ATTACH'
  readonly described: MediaDescription
  /** Where in the list of the slot. */
  readonly place: Place
  readonly idempotencyKey: string | null | undefined
  readonly locked: LockedSlot
  readonly blob: BlobRow
  readonly reservationId: string | undefined
  /** The media item whose bytes are put into another slot. */
  readonly sourceId?: string | undefined
}

/** The media items that the events of a placement name. */
export const concerned = ({ sourceId }: Pick<Placement, 'sourceId'>, ids: readonly string[]) => [
  ...new Set(sourceId === undefined ? ids : [...ids, sourceId]),
]

/** The position in a slot that holds a single item. */
export const onlyPosition = 'a0'

/** Puts a new medium of a locked blob into a locked slot, where it replaces the item of a slot that holds one, and charges new bytes. */
export async function putMedium(
  ctx: Ctx,
  tx: Tx,
  placement: Placement,
  decided: Exclude<UploadDecision<MediaRow>, { decision: 'DUPLICATE' }>,
): Promise<Placed | PlaceRefusal> {
  const { id, operation, idempotencyKey, locked, blob, reservationId } = placement
  const { decision } = decided
  const changes: MediaChange[] = []
  const replaced = decision === 'REPLACE' ? await trashReplaced(ctx, tx, decided.replaced, changes) : null
  if (replaced) await rememberResults(ctx, tx, idempotencyKey, [id, replaced.id])
  const refusal = await insertMedium(ctx, tx, placement, changes)
  if (refusal) return refusal
  const mediaIds = concerned(placement, replaced ? [id, replaced.id] : [id])
  const outcome = { decision, mediaIds, blobId: blob.id, changes }
  await recordWrite(ctx, tx, { operation, ...locked.slot }, outcome)
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

/** Only what says something: the events need no more. */
const said = <Fields extends object>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Partial<Fields>

/** What the row of a media item repeats of its blob, for lists. */
export const copiesOf = ({ sizeBytes, mimeType }: BlobRow) => ({ sizeBytes, mimeType })

/** Inserts the row, counts it at its blob and has the missing thumbnails made. Gives a failure, or nothing. */
async function insertMedium(
  ctx: Ctx,
  tx: Tx,
  { id, described, place, locked: { slot, policy }, blob }: Placement,
  changes: MediaChange[],
) {
  const position =
    policy.holds === 'one'
      ? onlyPosition
      : await positionAt(tx, listOfSlot(ctx, slot), place, undefined, recordRenumbering(changes))
  if (position instanceof Failure) return position
  const { workspaceId } = ctx.actor
  const { ownerId, role } = slot
  const { fileName, ...description } = described
  const shared = { blobId: blob.id, role, position, fileName }
  await tx.media.create({
    data: {
      workspaceId,
      id,
      ...ownerColumns(slot),
      ...described,
      ...shared,
      ...copiesOf(blob),
      sortKey: sortKey(fileName),
      ...created(ctx),
    },
  })
  await indexItem(tx, 'MEDIA', { workspaceId, id, ...described })
  await countReference(tx, blob)
  await renderIfNeeded(ctx, tx, blob)
  changes.push({ change: 'put', mediaId: id, ownerId, ...shared, description: said(description) })
  return undefined
}
