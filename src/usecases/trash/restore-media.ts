import type { Tx } from '../../db/client.ts'
import { nodeInTransaction } from '../../db/lookup.ts'
import type { MediaRow, NodeRow } from '../../db/rows.ts'
import { liveFilesOf } from '../../db/media/restorable-media.ts'
import { Failure, InvalidInput } from '../../domain/failure.ts'
import type { MediaChange } from '../../domain/media-events.ts'
import { mediaType } from '../../domain/media-types.ts'
import { RestoreConflict } from '../../domain/restore.ts'
import { ownerColumns, type Slot, slotOf, slotPolicy } from '../../domain/slots.ts'
import type { Ctx } from '../context.ts'
import { changed, primaryKey } from '../inputs.ts'
import { listOfSlot, renumbered } from '../media/media.ts'
import { positionAt } from '../ordering.ts'
import { lockPlace } from './restore-places.ts'

/** What there is to do to a medium that goes back to its slot, or into the target. Adds what it changes to `changes`. */
export async function planMedia(
  ctx: Ctx,
  tx: Tx,
  media: MediaRow,
  target: Slot | null | undefined,
  changes: MediaChange[],
) {
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
    const where = { workspaceId, ...ownerColumns(slot), role: slot.role, deletionId: null }
    const occupant = await tx.media.findFirst({ where, select: { id: true } })
    const node = occupant && (await nodeInTransaction(tx, 'MEDIA', workspaceId, occupant.id))
    if (node) return new RestoreConflict<NodeRow>('SLOT_TAKEN', node)
  }
  if ((await liveFilesOf(tx, workspaceId, owner.id)) >= ctx.limits.filesPerOwner) {
    const node = await nodeInTransaction(tx, slot.ownerType, workspaceId, owner.id)
    if (node) return new RestoreConflict<NodeRow>('OWNER_FULL', node)
  }
  if (!owner.moved && slot.role === old.role) return () => Promise.resolve()

  const list = listOfSlot(ctx, slot)
  const position =
    policy.holds === 'list' ? await positionAt(tx, list, {}, undefined, renumbered(changes)) : media.position
  if (position instanceof Failure) return position
  const { ownerId, role } = slot
  changes.push({ change: 'move', mediaId: media.id, ownerId, role, position })
  const data = { ...ownerColumns(slot), role, position, ...changed(ctx) }
  return async () => {
    await tx.media.update({ where: primaryKey(media), data })
  }
}
