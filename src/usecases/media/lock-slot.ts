import type { Tx } from '../../db/client.ts'
import { insertBlob, lockBlob } from '../../db/media/blobs.ts'
import type { BlobRow, MediaRow } from '../../db/rows.ts'
import { Failure, type InvalidInput, type NotFound } from '../../domain/failure.ts'
import { type Slot, type SlotPolicy, slotPolicy } from '../../domain/slots.ts'
import type { Ctx } from '../context.ts'
import { lockItem } from '../locking.ts'
import { liveInSlot, ownerTables } from './media.ts'
import type { SlotToMake, StoredBytes } from './upload.ts'

/** A slot that nobody else writes to until the end of the transaction. */
export interface LockedSlot {
  readonly slot: Slot
  readonly policy: SlotPolicy
  /** The live cover, when the slot holds one. */
  readonly occupant: MediaRow | null
}

/** Locks the owner of a slot, which it makes first if need be, then the cover. */
export async function lockSlot(
  ctx: Ctx,
  tx: Tx,
  asked: Slot | SlotToMake,
): Promise<LockedSlot | NotFound | InvalidInput> {
  const slot = 'make' in asked ? await asked.make(ctx, tx) : asked
  if (slot instanceof Failure) return slot
  const owner = await lockItem(ctx, tx, ownerTables[slot.ownerType], slot.ownerId)
  if (owner instanceof Failure) return owner
  const policy = slotPolicy(slot)
  if (policy instanceof Failure) return policy
  return { slot, policy, occupant: policy.holds === 'one' ? await lockOccupant(ctx, tx, slot) : null }
}

/** Locks the live cover. Null when there is none, or somebody has just trashed it. */
export async function lockOccupant(ctx: Ctx, tx: Tx, slot: Slot): Promise<MediaRow | null> {
  const id = await occupantOf(ctx, tx, slot)
  const locked = id === undefined ? null : await lockItem(ctx, tx, 'media', id)
  return locked instanceof Failure ? null : locked
}

/** The ID of the live cover. */
export async function occupantOf(ctx: Ctx, tx: Tx, slot: Slot): Promise<string | undefined> {
  const found = await tx.media.findFirst({ where: liveInSlot(ctx, slot), select: { id: true } })
  return found?.id
}

/** Locks the blob of stored bytes; new bytes get their blob now. Null when a garbage collection took the blob. */
export const lockBytes = ({ actor }: Ctx, tx: Tx, bytes: StoredBytes): Promise<BlobRow | null> =>
  'known' in bytes ? lockBlob(tx, actor.workspaceId, bytes.known.id) : insertBlob(tx, bytes.fresh)
