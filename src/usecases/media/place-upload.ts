import { countReference, insertBlob, lockBlob } from '../../db/media/blobs.ts'
import type { Tx } from '../../db/client.ts'
import { rowInTransaction } from '../../db/lookup.ts'
import type { BlobRow, MediaRow } from '../../db/rows.ts'
import { liveFilesOf, restorableOfBlob } from '../../db/media/restorable-media.ts'
import { Failure } from '../../domain/failure.ts'
import { displayFileName } from '../../domain/file-name.ts'
import { decideUpload, type MediaDecision } from '../../domain/media-decision.ts'
import type { MediaChange } from '../../domain/media-events.ts'
import { ownerColumns, slotPolicy } from '../../domain/slots.ts'
import { type Ctx, newId } from '../context.ts'
import { claimKey, rememberResults } from '../idempotency.ts'
import { isPurged, lockItem, madeBefore } from '../items.ts'
import { type MediaWrite, recordWrite } from '../media-events.ts'
import { listOfSlot, ownerTables, renumbered } from './media.ts'
import { positionAt } from '../ordering.ts'
import { chargeBytes } from './quota.ts'
import { recordDeletion } from '../record-deletion.ts'
import type { Upload } from './uploads.ts'

/** What an upload came to. */
export interface Placed {
  readonly decision: MediaDecision
  readonly media: MediaRow
  /** The cover that was there before. */
  readonly replaced: MediaRow | null
}

/** The blob that had the bytes was collected meanwhile. Never seen by a client. */
export class BlobGone extends Failure {
  readonly __typename = 'BlobGone'
  readonly message = 'The bytes were collected a moment ago.'
}

/** Another upload has stored the bytes meanwhile. Never seen by a client. */
export class BlobCame extends Failure {
  readonly __typename = 'BlobCame'
  readonly message = 'The bytes were stored a moment ago.'
}

/** Bytes that are stored: those of a known blob, or new ones with the room reserved for them. */
export type Bytes =
  { readonly known: BlobRow } | { readonly fresh: BlobRow; readonly reservationId: string | undefined }

/** The position in a slot that holds one. */
const coverPosition = 'a0'

/** Decides what becomes of stored bytes in a slot, and does it. */
export async function placeUpload(ctx: Ctx, tx: Tx, upload: Upload, bytes: Bytes) {
  const { slot: asked, fileName, idempotencyKey: key, whenInTrash, category = 'upload' } = upload
  const id = newId()
  const name = displayFileName(fileName)
  const { sha256 } = 'known' in bytes ? bytes.known : bytes.fresh
  const { ownerType, role } = asked
  const claim = await claimKey(ctx, tx, {
    key,
    operation: 'uploadMedia',
    input: {
      slot: 'ownerId' in asked ? asked : { ownerType, role },
      name,
      sha256,
      whenInTrash: whenInTrash ?? 'OFFER_RESTORE',
      with: upload.keyedWith,
    },
    resultIds: [id],
  })
  if (claim instanceof Failure) return claim
  if (claim) return doneBefore(ctx, tx, { operation: 'UPLOAD', ownerType, role }, claim)

  const slot = 'make' in asked ? await asked.make(ctx, tx) : asked
  if (slot instanceof Failure) return slot
  const owner = await lockItem(ctx, tx, ownerTables[ownerType], slot.ownerId)
  if (owner instanceof Failure) return owner
  const policy = slotPolicy(slot)
  if (policy instanceof Failure) return policy
  const { workspaceId } = ctx.actor
  const inSlot = { workspaceId, ...ownerColumns(slot), role, deletionId: null }
  const occupant = policy.holds === 'one' ? await lockOccupant(ctx, tx, inSlot) : null
  const blob =
    'known' in bytes ? await lockBlob(tx, workspaceId, bytes.known.id) : await insertBlob(tx, bytes.fresh)
  if (!blob) return new BlobGone()

  const same = await tx.media.findFirst({ where: { ...inSlot, blobId: blob.id }, select: { id: true } })
  const duplicate = same && (await rowInTransaction(tx, 'media', workspaceId, same.id))
  const decided = decideUpload({
    holds: policy.holds,
    same: duplicate ?? null,
    occupant,
    liveFiles: await liveFilesOf(tx, workspaceId, slot.ownerId),
    filesPerOwner: ctx.limits.filesPerOwner,
    // New bytes are nowhere else.
    inTrash:
      blob.refCount === 0 ? null : await restorableOfBlob(tx, workspaceId, blob.id, slot.ownerId, ctx.now()),
    whenInTrash: whenInTrash ?? 'OFFER_RESTORE',
  })
  if (decided instanceof Failure) return decided
  const { decision } = decided
  const write: MediaWrite = { operation: 'UPLOAD', ...slot }
  if (decision === 'DUPLICATE') {
    const { media } = decided
    await rememberResults(ctx, tx, key, [media.id])
    await recordWrite(ctx, tx, write, { decision, mediaIds: [media.id], blobId: blob.id })
    return { decision, media, replaced: null }
  }

  const changes: MediaChange[] = []
  const replaced = decision === 'REPLACE' ? await trashReplaced(ctx, tx, decided.replaced, changes) : null
  if (replaced) await rememberResults(ctx, tx, key, [id, replaced.id])
  const list = listOfSlot(ctx, slot)
  const position =
    policy.holds === 'one' ? coverPosition : await positionAt(tx, list, {}, undefined, renumbered(changes))
  if (position instanceof Failure) return position
  const now = ctx.now()
  await tx.media.create({
    data: {
      workspaceId,
      id,
      blobId: blob.id,
      ...ownerColumns(slot),
      role,
      position,
      fileName: name,
      category,
      uploadedBy: ctx.actor.id,
      createdAt: now,
      updatedAt: now,
    },
  })
  await countReference(tx, blob)
  if (blob.processingStatus !== 'READY') {
    await ctx.queue.enqueue(tx, 'render-thumbnails', { workspaceId, blobId: blob.id })
  }
  changes.push({
    change: 'put',
    mediaId: id,
    blobId: blob.id,
    ownerId: slot.ownerId,
    role,
    position,
    fileName: name,
  })
  const mediaIds = replaced ? [id, replaced.id] : [id]
  await recordWrite(ctx, tx, write, { decision, mediaIds, blobId: blob.id, changes })
  const media = await madeBefore(ctx, tx, 'media', id)
  if (media instanceof Failure) return media
  // Last, since every upload of the workspace waits for this lock.
  const reservationId = 'fresh' in bytes ? bytes.reservationId : undefined
  const refusal = blob.refCount === 0 ? await chargeBytes(ctx, tx, blob.sizeBytes, reservationId) : undefined
  return refusal ?? { decision, media, replaced }
}

/** The live cover, locked; null when there is none, or somebody has just trashed it. */
async function lockOccupant(ctx: Ctx, tx: Tx, where: object): Promise<MediaRow | null> {
  const found = await tx.media.findFirst({ where, select: { id: true } })
  const locked = found && (await lockItem(ctx, tx, 'media', found.id))
  return locked instanceof Failure ? null : locked
}

/** Moves the medium of a cover, which is locked, to the trash to make room. */
async function trashReplaced(ctx: Ctx, tx: Tx, current: MediaRow, changes: MediaChange[]) {
  const { deletion } = await recordDeletion(ctx, tx, {
    kind: 'MEDIA',
    itemId: current.id,
    reason: 'Replaced by a new cover.',
  })
  changes.push({ change: 'trash', mediaIds: [current.id], deletionId: deletion.id })
  return { ...current, deletionId: deletion.id }
}

/** The answer to a repeated request: what the first one made, and what it replaced. */
async function doneBefore(ctx: Ctx, tx: Tx, write: MediaWrite, claim: readonly string[]) {
  const [id = '', replacedId] = claim
  const media = await madeBefore(ctx, tx, 'media', id)
  if (media instanceof Failure) return media
  const replaced = replacedId
    ? await rowInTransaction(tx, 'media', ctx.actor.workspaceId, replacedId)
    : undefined
  await recordWrite(ctx, tx, write, { decision: 'NOOP', mediaIds: [...claim], blobId: media.blobId })
  const isThere = replaced !== undefined && !(await isPurged(ctx, tx, replaced.deletionId))
  return { decision: 'NOOP' as const, media, replaced: isThere ? replaced : null }
}
