import type { Readable } from 'node:stream'
import { blobOfBytes, givenNewKey } from '../../db/media/blobs.ts'
import { transact } from '../../db/client.ts'
import { rowsById } from '../../db/lookup.ts'
import type { BlobRow } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, type InvalidInput, NotFound } from '../../domain/failure.ts'
import type { WhenInTrash } from '../../domain/media-decision.ts'
import { mediaType, supportedTypes, UnreadableFile, UnsupportedFileType } from '../../domain/media-types.ts'
import {
  type MediaOwnerType,
  type MediaRole,
  type Slot,
  type SlotPolicy,
  slotPolicy,
} from '../../domain/slots.ts'
import { type StorageKey, storedKey } from '../../domain/storage-key.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import { FileTooLarge } from '../../domain/upload-limits.ts'
import type { Tx } from '../../db/client.ts'
import { probePicture } from '../../probes/image.ts'
import { sniffType } from '../../probes/sniff.ts'
import { probeVideo } from '../../probes/video.ts'
import type { ReceivedFile } from '../../storage/file-storage.ts'
import { outage } from '../../storage/store-error.ts'
import { type Ctx, newId } from '../context.ts'
import { isKnownKey } from '../idempotency.ts'
import { entityOf, type Keyed } from '../items.ts'
import { audited } from '../media-events.ts'
import { ownerTables } from './media.ts'
import { BlobCame, BlobGone, placeUpload } from './place-upload.ts'
import { giveBackRoom, reserveRoom } from './quota.ts'

/** A slot whose owner is made in the transaction that puts the file there. */
export interface SlotToMake {
  readonly ownerType: MediaOwnerType
  readonly role: MediaRole
  readonly make: (ctx: Ctx, tx: Tx) => Promise<Slot | NotFound | InvalidInput>
}

export interface Upload extends Keyed {
  /** The name the client gives; for display only. */
  readonly fileName: string | undefined
  readonly stream: Readable
  readonly slot: Slot | SlotToMake
  /** Default: `OFFER_RESTORE`. */
  readonly whenInTrash?: WhenInTrash | null | undefined
  /** What it came in as. Default: `upload`. */
  readonly category?: 'upload' | 'image' | 'blog-asset'
  /** Makes what comes after the bytes wait for its turn. */
  readonly turn?: <T>(work: () => Promise<T>) => Promise<T>
  /** Waited for before the file is put into its slot. */
  readonly before?: () => Promise<unknown>
  /** What makes this request another than one with the same key, besides its own input. */
  readonly keyedWith?: unknown
}

/**
 * Takes a file into a slot: the bytes first, streamed, hashed and decoded with no transaction open, then its rows, the
 * decision and its events in one short transaction. What is not kept is removed. A crash in between leaves bytes without
 * a row, never the reverse.
 */
export async function uploadMedia(ctx: Ctx, upload: Upload) {
  const { ownerType, role } = upload.slot
  const ownerId = 'ownerId' in upload.slot ? upload.slot.ownerId : null
  try {
    return await audited(ctx, { operation: 'UPLOAD', ownerType, ownerId, role }, async () => {
      assertCan(ctx.actor, 'edit')
      const policy = await refuseEarly(ctx, upload)
      if (policy instanceof Failure) return policy
      const received = await ctx.storage
        .receive(upload.stream, (head) => bytesTaken(ctx, policy, head))
        .catch((error: unknown) => {
          throw upload.stream.errored ? error : outage(error)
        })
      if (received instanceof Failure) return received
      const turn = upload.turn ?? ((work) => work())
      try {
        return await turn(() => keepFile(ctx, upload, policy, received))
      } finally {
        await ctx.storage.discard(received)
      }
    })
  } finally {
    upload.stream.destroy()
  }
}

/** What can be refused before the bytes are read. It is looked at again in the transaction. */
async function refuseEarly(ctx: Ctx, { slot, idempotencyKey }: Upload) {
  const check = new InputCheck()
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

/** How much is read of a file that begins so. What its slot does not take is refused when it is there. */
async function bytesTaken({ limits }: Ctx, { takes }: SlotPolicy, head: Uint8Array) {
  const type = mediaType(await sniffType(head), takes)
  const isVideo = type instanceof Failure ? takes !== 'pictures' : type.isVideo
  return isVideo ? limits.videoBytes : limits.imageBytes
}

async function keepFile(ctx: Ctx, upload: Upload, policy: SlotPolicy, received: ReceivedFile) {
  for (;;) {
    const known = await storedBlob(ctx, received, policy)
    if (known instanceof Failure) return known
    if (known) await upload.before?.()
    const result = known
      ? await transact(ctx.db, (tx) => placeUpload(ctx, tx, upload, { known }))
      : await keepNewBytes(ctx, upload, policy, received)
    // Between the look and the lock the bytes were collected, and are stored anew; or somebody else brought them.
    if (!(result instanceof BlobGone || result instanceof BlobCame)) return result
  }
}

/** The blob that has these bytes already, when its file is there: it need not be probed and stored again. */
async function storedBlob(ctx: Ctx, { sha256 }: ReceivedFile, { takes }: SlotPolicy) {
  const blob = await blobOfBytes(ctx.db, ctx.actor.workspaceId, sha256)
  if (!blob || (await ctx.storage.size(storedKey(blob.storageKey))) === null) return undefined
  const taken = supportedTypes[takes].some((type) => type === blob.mimeType)
  return taken ? blob : new UnsupportedFileType(blob.mimeType, takes)
}

async function keepNewBytes(ctx: Ctx, upload: Upload, policy: SlotPolicy, received: ReceivedFile) {
  const facts = await probe(ctx, policy, received)
  if (facts instanceof Failure) return facts
  const room = await roomFor(ctx, received)
  if (room instanceof Failure) return room
  try {
    const now = ctx.now()
    const key = await ctx.storage.keep(received, facts.extension, now).catch((error: unknown) => {
      throw outage(error)
    })
    const blob: BlobRow = {
      workspaceId: ctx.actor.workspaceId,
      id: newId(),
      storageKey: key,
      sha256: received.sha256,
      sizeBytes: BigInt(received.sizeBytes),
      ...facts,
      processingStatus: 'PENDING',
      processingFailure: null,
      refCount: 0,
      orphanedAt: now,
      createdAt: now,
    }
    await upload.before?.()
    // An error here may come after the commit (its answer was lost), so only a known outcome removes bytes.
    const result = await transact(ctx.db, (tx) =>
      placeUpload(ctx, tx, upload, { fresh: blob, reservationId: room?.id }),
    )
    if (result instanceof Failure) await removeUnused(ctx, key)
    else if (result.media.storageKey !== key) {
      if (await replacesLostBytes(ctx, result.media, key))
        return { ...result, media: { ...result.media, storageKey: key } }
      await removeUnused(ctx, key)
    }
    return result
  } finally {
    if (room) await giveBackRoom(ctx, room.id)
  }
}

/**
 * Room for new bytes in the quota. Undefined: a blob has them and is charged already, but its file was lost. Those who send
 * the same new bytes at once each need room, until one of them has stored them: a refusal looks again.
 */
async function roomFor(ctx: Ctx, { sha256, sizeBytes }: ReceivedFile) {
  const stored = () => blobOfBytes(ctx.db, ctx.actor.workspaceId, sha256)
  if ((await stored())?.refCount) return undefined
  const room = await reserveRoom(ctx, BigInt(sizeBytes))
  return room instanceof Failure && (await stored()) ? new BlobCame() : room
}

/** What the bytes are, or why they are not taken. */
async function probe(ctx: Ctx, { takes }: SlotPolicy, received: ReceivedFile) {
  if (received.sizeBytes === 0) return new UnreadableFile('empty')
  const type = mediaType(await sniffType(received.head), takes)
  if (type instanceof Failure) return type
  const { mimeType, extension, isVideo } = type
  const limitBytes = isVideo ? ctx.limits.videoBytes : ctx.limits.imageBytes
  if (received.sizeBytes > limitBytes) return new FileTooLarge(limitBytes)
  const file = { ...received, mimeType }
  if (isVideo) {
    const facts = await probeVideo(file, { ...ctx.programs, timeLimitMs: ctx.limits.programMs })
    return { mimeType, extension, orientation: null, placeholder: null, dominantColor: null, ...facts }
  }
  const facts = await probePicture(file, ctx.limits.imagePixels, ctx.limits.programMs)
  return facts instanceof Failure
    ? facts
    : { mimeType, extension, durationMs: null, probeStatus: null, ...facts }
}

/** Gives a blob whose file was lost from the storage the same bytes again; false when its file is there. */
async function replacesLostBytes(
  ctx: Ctx,
  { workspaceId, blobId, storageKey }: { workspaceId: string; blobId: string; storageKey: string },
  key: StorageKey,
) {
  try {
    if ((await ctx.storage.size(storedKey(storageKey))) !== null) return false
  } catch (err) {
    // The upload is committed: it must not fail any more.
    ctx.log.warn({ err, blobId, storageKey }, 'Could not see whether the file of a blob is there')
    return false
  }
  ctx.log.warn({ blobId, storageKey }, 'The file of a blob was lost; an upload brought the same bytes again')
  return givenNewKey(ctx.db, { workspaceId, id: blobId, storageKey }, key)
}

async function removeUnused(ctx: Ctx, key: StorageKey) {
  await ctx.storage.remove(key).catch((error: unknown) => {
    ctx.log.warn({ err: error, key }, 'Could not remove the bytes of an upload that was not kept')
  })
}
