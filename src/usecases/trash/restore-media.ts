import type { Tx } from '../../db/client.ts'
import { nodeById } from '../../db/lookup.ts'
import type { MediaRow, NodeRow } from '../../db/rows.ts'
import { liveFilesOf } from '../../db/media/restorable-media.ts'
import { Failure, InvalidInput, type NotFound } from '../../domain/failure.ts'
import type { MediaChange } from '../../domain/media-events.ts'
import { mediaType } from '../../domain/media-types.ts'
import { RestoreConflict } from '../../domain/restore.ts'
import { type Slot, slotOf, slotPolicy } from '../../domain/slots.ts'
import type { Ctx } from '../context.ts'
import { listOfSlot, liveInSlot, recordRenumbering } from '../media/media.ts'
import { positionAt } from '../ordering.ts'
import type { RestorePlan } from './carry-out-restore.ts'
import { lockPlace } from './restore-places.ts'

/** Plans where a medium goes, to its old slot or into the target, or refuses. Adds a renumbered list to `changes`. */
export async function planMedia(
  ctx: Ctx,
  tx: Tx,
  media: MediaRow,
  target: Slot | null | undefined,
  changes: MediaChange[],
): Promise<RestorePlan | NotFound | InvalidInput | RestoreConflict<NodeRow>> {
  const old = slotOf(media)
  const slot = target ?? old
  const policy = slotPolicy(slot)
  if (policy instanceof Failure) return policy.below('target')
  const type = mediaType(media.mimeType, policy.takes)
  if (type instanceof Failure) return new InvalidInput([{ path: 'target.slot', message: type.message }])
  const owner = await lockPlace(ctx, tx, slot.ownerType, old.ownerId, target?.ownerId)
  if (owner instanceof Failure) return owner

  const { workspaceId } = media
  if (policy.holds === 'one') {
    const occupant = await tx.media.findFirst({ where: liveInSlot(ctx, slot), select: { id: true } })
    const node = occupant && (await nodeById(tx, 'MEDIA', workspaceId, occupant.id))
    if (node) return new RestoreConflict<NodeRow>('SLOT_TAKEN', node)
  }
  if ((await liveFilesOf(tx, workspaceId, owner.id)) >= ctx.limits.filesPerOwner) {
    const node = await nodeById(tx, slot.ownerType, workspaceId, owner.id)
    if (node) return new RestoreConflict<NodeRow>('OWNER_FULL', node)
  }
  if (!owner.moved && slot.role === old.role) return { kind: 'STAY' }

  const list = listOfSlot(ctx, slot)
  const position =
    policy.holds === 'list'
      ? await positionAt(tx, list, {}, undefined, recordRenumbering(changes))
      : media.position
  if (position instanceof Failure) return position
  return { kind: 'MEDIA', media, slot, position }
}
