import type { Readable } from 'node:stream'
import { insertBlob } from '../db/blobs.ts'
import { transact, type Tx } from '../db/client.ts'
import { rowsById } from '../db/lookup.ts'
import type { BlobRow, MediaRow } from '../db/rows.ts'
import { assertCan } from '../domain/access.ts'
import { Failure, NotFound } from '../domain/failure.ts'
import { displayFileName } from '../domain/file-name.ts'
import { pictureType, UnreadableFile } from '../domain/media-types.ts'
import { ownerColumns, type Slot, slotPolicy } from '../domain/slots.ts'
import { type StorageKey, storedKey } from '../domain/storage-key.ts'
import { InputCheck, isUuid, textLimits } from '../domain/text.ts'
import { probePicture } from '../probes/image.ts'
import { sniffType } from '../probes/sniff.ts'
import type { ReceivedFile } from '../storage/file-storage.ts'
import { type Ctx, newId } from './context.ts'
import { claimKey, isKnownKey } from './idempotency.ts'
import { entityOf, type Keyed, lockItem, madeBefore } from './items.ts'
import { imagesOf, ownerTables } from './media.ts'
import { positionAt } from './ordering.ts'
import { recordDeletion } from './trash.ts'

export interface Upload extends Keyed {
  /** The name the client gives; for display only. */
  readonly fileName: string | undefined
  readonly stream: Readable
  readonly slot: Slot
}

/**
 * Takes a picture into a slot: the bytes first, streamed, hashed and decoded with no transaction open, then its rows in
 * one short transaction. What is not kept is removed. A crash in between leaves bytes without a row, never the reverse.
 */
export async function uploadMedia(ctx: Ctx, upload: Upload) {
  try {
    assertCan(ctx.actor, 'edit')
    const refusal = await refuseEarly(ctx, upload)
    if (refusal) return refusal
    const received = await ctx.storage.receive(upload.stream, ctx.limits.imageBytes)
    if (received instanceof Failure) return received
    try {
      return await keepPicture(ctx, upload, received)
    } finally {
      await ctx.storage.discard(received)
    }
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
  if (policy instanceof Failure) return policy
  if (idempotencyKey != null && (await isKnownKey(ctx, idempotencyKey))) return undefined
  const table = ownerTables[slot.ownerType]
  const [owner] = isUuid(slot.ownerId)
    ? await rowsById(ctx.db, table, ctx.actor.workspaceId, [slot.ownerId])
    : []
  return owner && owner.deletionId === null ? undefined : new NotFound(entityOf[table], slot.ownerId)
}

async function keepPicture(ctx: Ctx, upload: Upload, received: ReceivedFile) {
  if (received.sizeBytes === 0) return new UnreadableFile('empty')
  const type = pictureType(await sniffType(received.head))
  if (type instanceof Failure) return type
  const facts = await probePicture({ ...received, mimeType: type.mimeType }, ctx.limits.imagePixels)
  if (facts instanceof Failure) return facts

  const now = ctx.now()
  const key = await ctx.storage.keep(received, type.extension, now)
  const blob: BlobRow = {
    workspaceId: ctx.actor.workspaceId,
    id: newId(),
    storageKey: key,
    sha256: received.sha256,
    sizeBytes: BigInt(received.sizeBytes),
    ...type,
    ...facts,
    durationMs: null,
    probeStatus: null,
    processingStatus: 'PENDING',
    processingFailure: null,
    createdAt: now,
  }
  // An error here may come after the commit (its answer was lost), so only a known outcome removes bytes.
  const result = await transact(ctx.db, (tx) => place(ctx, tx, upload, blob))
  if (result instanceof Failure) await removeUnused(ctx, key)
  else if (result.media.storageKey !== key) {
    if (await replacesLostBytes(ctx, result.media, key))
      return { ...result, media: { ...result.media, storageKey: key } }
    await removeUnused(ctx, key)
  }
  return result
}

/** Gives a blob whose file was lost from the storage the same bytes again; false when its file is there. */
async function replacesLostBytes(ctx: Ctx, { workspaceId, blobId, storageKey }: MediaRow, key: StorageKey) {
  if ((await ctx.storage.size(storedKey(storageKey))) !== null) return false
  ctx.log.warn({ blobId, storageKey }, 'The file of a blob was lost; an upload brought the same bytes again')
  const where = { workspaceId, id: blobId, storageKey }
  const { count } = await ctx.db.prisma.blob.updateMany({ where, data: { storageKey: key } })
  return count === 1
}

async function removeUnused(ctx: Ctx, key: StorageKey) {
  await ctx.storage.remove(key).catch((error: unknown) => {
    ctx.log.warn({ err: error, key }, 'Could not remove the bytes of an upload that was not kept')
  })
}

async function place(ctx: Ctx, tx: Tx, { slot, fileName, idempotencyKey }: Upload, newBytes: BlobRow) {
  const id = newId()
  const name = displayFileName(fileName)
  const claim = await claimKey(ctx, tx, {
    key: idempotencyKey,
    operation: 'uploadMedia',
    input: { slot, name, sha256: newBytes.sha256 },
    resultIds: [id],
  })
  if (claim instanceof Failure) return claim
  if (claim) return firstResult(ctx, tx, claim)

  const owner = await lockItem(ctx, tx, ownerTables[slot.ownerType], slot.ownerId)
  if (owner instanceof Failure) return owner
  const policy = slotPolicy(slot)
  if (policy instanceof Failure) return policy

  const replaced = policy.holds === 'one' ? await trashCurrent(ctx, tx, slot) : null
  if (replaced && idempotencyKey != null) {
    const where = { workspaceId_key: { workspaceId: ctx.actor.workspaceId, key: idempotencyKey } }
    await tx.idempotencyKey.update({ where, data: { resultIds: [id, replaced.id] } })
  }
  const position = policy.holds === 'one' ? coverPosition : await positionAt(tx, imagesOf(ctx, owner.id), {})
  if (position instanceof Failure) return position
  const blob = await insertBlob(tx, newBytes)
  const now = ctx.now()
  const { workspaceId } = ctx.actor
  await tx.media.create({
    data: {
      workspaceId,
      id,
      blobId: blob.id,
      ...ownerColumns(slot),
      role: slot.role,
      position,
      fileName: name,
      category: 'upload',
      uploadedBy: ctx.actor.id,
      createdAt: now,
      updatedAt: now,
    },
  })
  await ctx.queue.enqueue(tx, 'render-thumbnails', { workspaceId, blobId: blob.id })
  const media = await madeBefore(ctx, tx, 'media', id)
  return media instanceof Failure ? media : { media, replaced }
}

/** The position in a slot that holds one. */
const coverPosition = 'a0'

/** Moves the medium of a cover to the trash, to make room; the owner is locked. */
async function trashCurrent(ctx: Ctx, tx: Tx, slot: Slot): Promise<MediaRow | null> {
  const { workspaceId } = ctx.actor
  const current = await tx.media.findFirst({
    where: { workspaceId, ...ownerColumns(slot), role: slot.role, deletionId: null },
  })
  if (!current) return null
  const locked = await lockItem(ctx, tx, 'media', current.id)
  if (locked instanceof Failure) return null // Somebody has just trashed it.
  const deletion = await recordDeletion(ctx, tx, {
    kind: 'MEDIA',
    itemId: locked.id,
    reason: 'Replaced by a new cover.',
  })
  return { ...locked, deletionId: deletion.id }
}

/** The answer to a repeated request: what the first one made, and what it replaced. */
async function firstResult(ctx: Ctx, tx: Tx, [id, replacedId]: readonly string[]) {
  const media = await madeBefore(ctx, tx, 'media', id)
  if (media instanceof Failure) return media
  const replaced = replacedId ? await madeBefore(ctx, tx, 'media', replacedId) : null
  return { media, replaced: replaced instanceof Failure ? null : replaced }
}
