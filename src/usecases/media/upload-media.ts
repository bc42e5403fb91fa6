// An upload takes these steps, in this order:
//
//   refuse early   refuse what needs no bytes                              refuseEarly, below
//   receive        stream the bytes to the disk, limit and hash them       storage/file-storage.ts
//   turn           wait for a turn, for a file of a batch                  upload-batch.ts
//   find           bytes that the workspace has skip the next three steps  findBlob, below, and read-facts.ts
//   probe          read type and facts from the bytes                      probe-upload.ts
//   reserve        reserve room in the quota                               reserveFor, below, and quota.ts
//   keep           give the bytes their storage key                        storage/file-storage.ts
//   place          in one transaction: lock, decide, write, charge         place-upload.ts, lock-slot.ts, put-medium.ts
//   give back      remove unused bytes, give the reservation back          settleBytes, below, and quota.ts
//
// From `find` on the steps repeat when others collected or stored the same bytes in between.

import { blobOfBytes, givenNewKey } from '../../db/media/blobs.ts'
import { rowsById } from '../../db/lookup.ts'
import type { BlobRow } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import {
  mediaType,
  type TooManyPixels,
  type UnreadableFile,
  type UnsupportedFileType,
} from '../../domain/media-types.ts'
import { checkCategory } from '../../domain/media-description.ts'
import { isUnread } from '../../domain/media-facts.ts'
import { canHavePicture } from '../../domain/thumbnails.ts'
import { type SlotPolicy, slotPolicy } from '../../domain/slots.ts'
import { type StorageKey, storedKey } from '../../domain/storage-key.ts'
import { StorageUnavailable } from '../../domain/storage-unavailable.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import { UploadInterrupted } from '../../domain/upload-interrupted.ts'
import { WorkspaceRequired } from '../../domain/workspace-trash.ts'
import type { FileTooLarge } from '../../domain/upload-limits.ts'
import type { ReceivedFile } from '../../storage/file-storage.ts'
import { outage } from '../../storage/store-error.ts'
import { type Ctx, newId } from '../context.ts'
import { isKnownKey } from '../idempotency.ts'
import { entityOf } from '../entities.ts'
import { auditWrite } from '../media-events.ts'
import { tidyUp } from '../tidy-up.ts'
import { ownerTables } from './media.ts'
import { placeUpload } from './place-upload.ts'
import { probeUpload, receiptLimit } from './probe-upload.ts'
import { readAgain } from './read-facts.ts'
import { giveBackRoom, reserveRoom } from './quota.ts'
import type { Placed, PlaceRefusal, Retry, Upload } from './upload.ts'

/** Why an upload is refused. */
type UploadRefusal = PlaceRefusal | FileTooLarge | UnsupportedFileType | UnreadableFile | TooManyPixels

/**
 * Puts a file into a slot. The bytes come first, with no transaction open; then one short transaction writes the rows
 * and events. A crash in between leaves bytes without a row, never a row without bytes.
 */
export async function uploadMedia(ctx: Ctx, upload: Upload): Promise<Placed | UploadRefusal> {
  const { ownerType, role } = upload.slot
  const ownerId = 'ownerId' in upload.slot ? upload.slot.ownerId : null
  const report = (decision: string, bytes = 0) => ctx.metrics?.uploadEnded(decision, bytes)
  try {
    const result = await auditWrite(ctx, { operation: 'UPLOAD', ownerType, ownerId, role }, async () => {
      assertCan(ctx.actor, 'edit')
      const policy = await refuseEarly(ctx, upload)
      if (policy instanceof Failure) return policy
      const received = await receive(ctx, upload, policy)
      if (received instanceof Failure) return received
      const turn = upload.turn ?? ((work) => work())
      try {
        return await turn(() => storeFile(ctx, upload, policy, received))
      } finally {
        await tidyUp(ctx, 'remove a received file', ctx.storage.discard(received))
      }
    })
    if (result instanceof Failure) report('REJECT')
    else report(result.decision, Number(result.media.sizeBytes))
    return result
  } catch (error) {
    report('ERROR')
    throw error
  } finally {
    upload.stream.destroy()
  }
}

/** The policy of the slot, or a refusal that needs no bytes. The transaction checks the owner again. */
async function refuseEarly(ctx: Ctx, { slot, category, idempotencyKey }: Upload) {
  const check = new InputCheck()
  checkCategory(check, category)
  check.line('idempotencyKey', idempotencyKey, textLimits.idempotencyKey)
  const invalid = check.failure()
  if (invalid) return invalid
  const policy = slotPolicy(slot)
  if (policy instanceof Failure || 'make' in slot) return policy
  if (idempotencyKey != null && (await isKnownKey(ctx, idempotencyKey))) return policy
  const table = ownerTables[slot.ownerType]
  const [owner] = isUuid(slot.ownerId)
    ? await rowsById(ctx.db, table, ctx.actor.workspaceId, [slot.ownerId])
    : []
  return owner && owner.deletionId === null ? policy : new NotFound(entityOf[table], slot.ownerId)
}

/** Receives the bytes. An error of the storage is an outage; otherwise a stream that fails is the client's fault. */
const receive = (ctx: Ctx, { stream }: Upload, policy: SlotPolicy) =>
  ctx.storage
    .receive(stream, (head) => receiptLimit(ctx, policy, head))
    .catch((error: unknown) => {
      const cause = outage(error)
      throw stream.errored && !(cause instanceof StorageUnavailable) ? new UploadInterrupted(error) : cause
    })

/** Repeats the look at the stored bytes and the placing until nobody changes them in between. */
async function storeFile(
  ctx: Ctx,
  upload: Upload,
  policy: SlotPolicy,
  received: ReceivedFile,
): Promise<Placed | UploadRefusal> {
  for (;;) {
    const known = await findBlob(ctx, received, policy)
    if (known instanceof Failure) return known
    if (known) await upload.before?.()
    const result = known
      ? await placeUpload(ctx, upload, { known })
      : await storeNewBytes(ctx, upload, policy, received)
    if (!('retry' in result)) return result
  }
}

/**
 * The blob that has these bytes, when its file is in the storage: nothing is left to keep, and to probe only what could
 * not be read before.
 */
async function findBlob(ctx: Ctx, { sha256, path }: ReceivedFile, { takes }: SlotPolicy) {
  const blob = await blobOfBytes(ctx.db, ctx.actor.workspaceId, sha256)
  if (!blob || (await ctx.storage.size(storedKey(blob.storageKey))) === null) return undefined
  const type = mediaType(blob.mimeType, takes, ctx.limits.documents)
  if (type instanceof Failure) return type
  return isUnread(blob, ctx.programs) ? readAgain(ctx, blob, path) : blob
}

async function storeNewBytes(
  ctx: Ctx,
  upload: Upload,
  policy: SlotPolicy,
  received: ReceivedFile,
): Promise<Placed | UploadRefusal | Retry> {
  const facts = await probeUpload(ctx, policy, received, upload.fileName)
  if (facts instanceof Failure) return facts
  const room = await reserveFor(ctx, received)
  if (room instanceof Failure || (room && 'retry' in room)) return room
  try {
    const fresh = await keepBytes(ctx, received, facts)
    const key = storedKey(fresh.storageKey)
    await upload.before?.()
    // An error here may come after the commit, when its answer was lost: only a known outcome removes bytes.
    const result = await placeUpload(ctx, upload, { fresh, reservationId: room?.id }).catch(
      async (error: unknown) => {
        if (error instanceof WorkspaceRequired) await discardBytes(ctx, key)
        throw error
      },
    )
    return await settleBytes(ctx, result, key)
  } finally {
    if (room) await tidyUp(ctx, 'give back reserved room', giveBackRoom(ctx, room.id))
  }
}

/**
 * Reserves room in the quota for new bytes. Undefined when a charged blob has them, whose file was lost. Uploads of the
 * same new bytes all need room until one of them has stored them: a refusal looks again.
 */
async function reserveFor(ctx: Ctx, { sha256, sizeBytes }: ReceivedFile) {
  const stored = () => blobOfBytes(ctx.db, ctx.actor.workspaceId, sha256)
  if ((await stored())?.refCount) return undefined
  const room = await reserveRoom(ctx, BigInt(sizeBytes))
  return room instanceof Failure && (await stored()) ? ({ retry: 'BYTES_STORED' } as const) : room
}

type Facts = Exclude<Awaited<ReturnType<typeof probeUpload>>, Failure>

/** Keeps received bytes in the storage and gives the blob for them, which has no row yet. */
async function keepBytes(ctx: Ctx, received: ReceivedFile, facts: Facts): Promise<BlobRow> {
  const now = ctx.now()
  const key = await ctx.storage.keep(received, facts.extension, now).catch((error: unknown) => {
    throw outage(error)
  })
  return {
    workspaceId: ctx.actor.workspaceId,
    id: newId(),
    storageKey: key,
    sha256: received.sha256,
    sizeBytes: BigInt(received.sizeBytes),
    ...facts,
    processingStatus: canHavePicture(facts) ? 'PENDING' : 'READY',
    processingFailure: null,
    refCount: 0,
    orphanedAt: now,
    createdAt: now,
  }
}

/** Removes the kept bytes when the medium does not have them, unless they replace a lost file of its blob. */
async function settleBytes(ctx: Ctx, result: Placed | PlaceRefusal | Retry, key: StorageKey) {
  const placed = result instanceof Failure || 'retry' in result ? undefined : result
  if (placed?.media.storageKey === key) return result
  if (placed && (await replaceLostFile(ctx, placed.media, key)))
    return { ...placed, media: { ...placed.media, storageKey: key } }
  await discardBytes(ctx, key)
  return result
}

/** Removes kept bytes that nothing uses. If that fails, garbage collection removes them. */
const discardBytes = (ctx: Ctx, key: StorageKey) =>
  ctx.storage.remove(key).catch((err: unknown) => {
    ctx.log.warn({ err, key }, 'Could not remove the bytes of a discarded upload')
  })

/** Gives a blob whose file was lost from the storage the same bytes again. False when its file is there. */
async function replaceLostFile(
  ctx: Ctx,
  { workspaceId, blobId, storageKey }: { workspaceId: string; blobId: string; storageKey: string },
  key: StorageKey,
) {
  try {
    if ((await ctx.storage.size(storedKey(storageKey))) !== null) return false
  } catch (err) {
    // The upload is committed and must succeed.
    ctx.log.warn({ err, blobId, storageKey }, 'Could not check whether the file of a blob exists')
    return false
  }
  ctx.log.warn(
    { blobId, storageKey },
    'The file of a blob was missing; an upload of the same bytes restored it',
  )
  return givenNewKey(ctx.db, { workspaceId, id: blobId, storageKey }, key)
}
