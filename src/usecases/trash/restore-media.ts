import type { Tx } from '../../db/client.ts'
import { nodeById } from '../../db/lookup.ts'
import type { MediaRow, NodeRow } from '../../db/rows.ts'
import { liveFilesOf } from '../../db/media/restorable-media.ts'
import { Failure, InvalidInput, type NotFound } from '../../domain/failure.ts'
import type { MediaChange } from '../../domain/media-events.ts'
import { mediaType } from '../../domain/media-types.ts'
import { RestoreConflict } from '../../domain/restore.ts'
import { type Slot, slotOf, type SlotPolicy, slotPolicy } from '../../domain/slots.ts'
import type { Ctx } from '../context.ts'
import { lockOccupant } from '../media/lock-slot.ts'
import { listOfSlot, recordRenumbering, sameInSlot } from '../media/media.ts'
import { positionAt } from '../ordering.ts'
import type { RestorePlan } from './carry-out-restore.ts'
import { lockPlace } from './restore-places.ts'
import type { RestoreAsked } from './restore-target.ts'

/** Plans where a medium goes, to its old slot or into the target, or refuses. Adds a renumbered list to `changes`. */
export async function planMedia(
  ctx: Ctx,
  tx: Tx,
  media: MediaRow,
  { target, whenTaken }: RestoreAsked,
  changes: MediaChange[],
): Promise<RestorePlan | NotFound | InvalidInput | RestoreConflict<NodeRow>> {
  const old = slotOf(media)
  const slot = target?.slot ?? old
  const policy = slotPolicy(slot)
  if (policy instanceof Failure) return policy.below('target')
  const type = mediaType(media.mimeType, policy.takes)
  if (type instanceof Failure) return new InvalidInput([{ path: 'target.slot', message: type.message }])
  const owner = await lockPlace(ctx, tx, slot.ownerType, old.ownerId, target?.slot?.ownerId)
  if (owner instanceof Failure) return owner

  const replaced = await makeRoom(ctx, tx, { media, slot, policy, replaces: whenTaken === 'REPLACE' })
  if (replaced instanceof Failure) return replaced
  if (!owner.moved && slot.role === old.role) return { kind: 'STAY', replaced }

  const list = listOfSlot(ctx, slot)
  const position =
    policy.holds === 'list'
      ? await positionAt(tx, list, {}, undefined, recordRenumbering(changes))
      : media.position
  if (position instanceof Failure) return position
  return { kind: 'MEDIA', media, slot, position, replaced }
}

interface Arrival {
  readonly media: MediaRow
  readonly slot: Slot
  readonly policy: SlotPolicy
  readonly replaces: boolean
}

/** The cover that the medium replaces, null when there is room without, or why the slot does not take the medium. */
async function makeRoom(ctx: Ctx, tx: Tx, { media, slot, policy, replaces }: Arrival) {
  const { workspaceId, blobId } = media
  const same = await sameInSlot(ctx, tx, slot, blobId)
  if (same) return new RestoreConflict<NodeRow>('DUPLICATE', { __typename: 'Media', ...same })
  const occupant = policy.holds === 'one' ? await lockOccupant(ctx, tx, slot) : null
  if (occupant)
    return replaces
      ? occupant
      : new RestoreConflict<NodeRow>('SLOT_TAKEN', { __typename: 'Media', ...occupant })
  if ((await liveFilesOf(tx, workspaceId, slot.ownerId)) < ctx.limits.filesPerOwner) return null
  const owner = await nodeById(tx, slot.ownerType, workspaceId, slot.ownerId)
  return owner ? new RestoreConflict<NodeRow>('OWNER_FULL', owner) : null
}
