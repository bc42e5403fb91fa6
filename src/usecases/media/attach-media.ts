import { transact, type Tx } from '../../db/client.ts'
import { rowById } from '../../db/lookup.ts'
import { lockBlob } from '../../db/media/blobs.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, InvalidInput, NotFound, VersionConflict } from '../../domain/failure.ts'
import type { WhenInTrash } from '../../domain/media-decision.ts'
import { descriptionOf } from '../../domain/media-description.ts'
import { mediaType } from '../../domain/media-types.ts'
import { RetentionExpired } from '../../domain/restore.ts'
import { type Slot, slotPolicy } from '../../domain/slots.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import { type Ctx, newId } from '../context.ts'
import { claimKey } from '../idempotency.ts'
import type { Expecting, Keyed } from '../inputs.ts'
import { auditWrite } from '../media-events.ts'
import { type Place, placeFields } from '../ordering.ts'
import { decideAndPut, repeatAnswer, restoringInto } from './decide-place.ts'
import { type LockedSlot, lockSlot } from './lock-slot.ts'

interface Attachment extends Place, Expecting, Keyed {
  readonly mediaId: string
  readonly slot: Slot
  readonly whenInTrash?: WhenInTrash | null | undefined
}

/** Puts the bytes of a media item into another slot as well, as an upload of the same file would, in one transaction. */
export async function attachMedia(ctx: Ctx, input: Attachment) {
  const { mediaId, slot } = input
  return auditWrite(ctx, { operation: 'ATTACH', ...slot, mediaIds: [mediaId] }, async () => {
    assertCan(ctx.actor, 'edit')
    const invalid = checkAttachment(input)
    if (invalid) return invalid
    return transact(ctx.db, (tx) => attach(ctx, tx, input))
  })
}

function checkAttachment({ slot, idempotencyKey, ...place }: Attachment) {
  const check = new InputCheck()
  check.line('idempotencyKey', idempotencyKey, textLimits.idempotencyKey)
  const invalid = check.failure()
  if (invalid) return invalid
  const policy = slotPolicy(slot)
  if (policy instanceof Failure) return policy
  return policy.holds === 'one' ? placeless(place) : undefined
}

/** A slot for one file has no places. */
export function placeless(place: Place) {
  const path = placeFields.find((field) => place[field] != null)
  if (path === undefined) return undefined
  return new InvalidInput([{ path, message: 'A slot for one file has no order. Leave this out.' }])
}

async function attach(ctx: Ctx, tx: Tx, { idempotencyKey, ...input }: Attachment) {
  const { mediaId, slot, whenInTrash } = input
  const id = newId()
  const claim = await claimKey(ctx, tx, {
    key: idempotencyKey,
    operation: 'attachMedia',
    input,
    resultIds: [id],
  })
  if (claim instanceof Failure) return claim
  if (claim) return repeatAnswer(ctx, tx, { operation: 'ATTACH', ...slot }, claim)
  const locked = await lockSlot(ctx, tx, slot)
  if (locked instanceof Failure) return locked
  const source = await readSource(ctx, tx, input, locked)
  if (source instanceof Failure) return source
  const { media, inTrash } = source
  // The source is not locked: its bytes are, and whether they are still there is all that matters from here on.
  const blob = await lockBlob(tx, ctx.actor.workspaceId, media.blobId)
  if (!blob) return new NotFound('Media', mediaId)
  return decideAndPut(ctx, tx, {
    id,
    operation: 'ATTACH',
    described: descriptionOf(media),
    place: input,
    idempotencyKey,
    locked,
    blob,
    reservationId: undefined,
    sourceId: media.id,
    inTrash,
    whenInTrash,
  })
}

/** The media item whose bytes are asked for, or why the slot does not get them. */
async function readSource(ctx: Ctx, tx: Tx, { mediaId, expectedVersion }: Attachment, locked: LockedSlot) {
  const { workspaceId } = ctx.actor
  const media = isUuid(mediaId) ? await rowById(tx, 'media', workspaceId, mediaId) : undefined
  if (!media) return new NotFound('Media', mediaId)
  const { deletionId } = media
  const deletion = deletionId === null ? null : await rowById(tx, 'deletions', workspaceId, deletionId)
  if (deletion === undefined || deletion?.purgedAt) return new NotFound('Media', mediaId)
  if (expectedVersion != null && media.version !== expectedVersion)
    return new VersionConflict({ __typename: 'Media', ...media }, media.version)
  const type = mediaType(media.mimeType, locked.policy.takes)
  if (type instanceof Failure) return type
  if (deletion && ctx.now() >= deletion.purgeAfter) return new RetentionExpired(deletion.purgeAfter)
  return { media, inTrash: deletion && restoringInto(locked, { media, deletion }) }
}
