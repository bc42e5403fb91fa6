import { transact, type Tx } from '../../db/client.ts'
import { rowById } from '../../db/lookup.ts'
import type { OrderedList } from '../../db/ordering.ts'
import type { MediaRow } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, InvalidInput, NotFound } from '../../domain/failure.ts'
import type { MediaDecision } from '../../domain/media-decision.ts'
import type { MediaChange } from '../../domain/media-events.ts'
import { ownerColumns, type Slot, slotOf, slotPolicy } from '../../domain/slots.ts'
import { isUuid } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'
import { auditWrite, type MediaWrite, recordWrite } from '../media-events.ts'
import { changed, type Expecting, primaryKey } from '../inputs.ts'
import { lockItem, lockItemAt } from '../locking.ts'
import { type Place, positionAt } from '../ordering.ts'

/** The table of each type of media owner. */
export const ownerTables = {
  BOOKSHELF: 'bookshelves',
  BOOK: 'books',
  BLOCK: 'blocks',
  CHECKPOINT_MARKER: 'checkpoint_markers',
} as const

/** The list of media in a slot. Lock the owner before writing to it. */
export const listOfSlot = (ctx: Ctx, { ownerId, role }: Slot): OrderedList => ({
  table: 'media',
  parentColumn: 'owner_id',
  workspaceId: ctx.actor.workspaceId,
  parentId: ownerId,
  role,
})

/** The condition for the live media in a slot. */
export const liveInSlot = ({ actor: { workspaceId } }: Ctx, slot: Slot) => ({
  workspaceId,
  ...ownerColumns(slot),
  role: slot.role,
  deletionId: null,
})

/** The live medium of a slot that has the bytes of a blob. Lock the owner first. */
export async function sameInSlot(ctx: Ctx, tx: Tx, slot: Slot, blobId: string): Promise<MediaRow | null> {
  const found = await tx.media.findFirst({
    where: { ...liveInSlot(ctx, slot), blobId },
    select: { id: true },
  })
  return (found && (await rowById(tx, 'media', ctx.actor.workspaceId, found.id))) ?? null
}

/** Records the change when a whole list gets new positions. */
export const recordRenumbering =
  (changes: MediaChange[]) => (ids: readonly string[], positions: readonly string[]) => {
    const pairs = ids.map((id, index) => [id, positions[index] ?? ''] as const)
    changes.push({ change: 'renumber', positions: Object.fromEntries(pairs) })
  }

/** Moves a media item to another position in its list. */
export async function moveMedia(ctx: Ctx, input: { mediaId: string } & Place & Expecting) {
  const { mediaId } = input
  return auditWrite(ctx, { operation: 'MOVE', mediaIds: [mediaId] }, async () => {
    assertCan(ctx.actor, 'edit')
    return transact(ctx.db, async (tx) => {
      const { workspaceId } = ctx.actor
      const found = isUuid(mediaId) && (await rowById(tx, 'media', workspaceId, mediaId))
      if (!found) return new NotFound('Media', mediaId)
      const slot = slotOf(found)
      const policy = slotPolicy(slot)
      if (policy instanceof Failure) return policy
      if (policy.holds === 'one') {
        return new InvalidInput([
          {
            path: 'mediaId',
            message: 'A slot for one file has no order. Only media in a list can be moved.',
          },
        ])
      }
      const owner = await lockItem(ctx, tx, ownerTables[slot.ownerType], slot.ownerId)
      if (owner instanceof Failure) return new NotFound('Media', mediaId)
      const media = await lockItemAt(ctx, tx, 'media', mediaId, input.expectedVersion)
      if (media instanceof Failure) return media
      // The item was restored to another slot meanwhile.
      const now = slotOf(media)
      if (now.ownerId !== owner.id || now.role !== slot.role) return new NotFound('Media', mediaId)

      const changes: MediaChange[] = []
      const list = listOfSlot(ctx, slot)
      const position = await positionAt(tx, list, input, media.id, recordRenumbering(changes))
      if (position instanceof Failure) return position
      const write: MediaWrite = { operation: 'MOVE', ...slot, mediaIds: [media.id] }
      const answer = async (decision: MediaDecision, moved: MediaRow) => {
        await recordWrite(ctx, tx, write, { decision, blobId: media.blobId, changes })
        return { decision, media: moved }
      }
      if (position === media.position) return answer('NOOP', media)
      const data = { position, ...changed(ctx) }
      const { version, updatedAt } = await tx.media.update({ where: primaryKey(media), data })
      changes.push({ change: 'move', mediaId: media.id, ownerId: slot.ownerId, role: slot.role, position })
      return answer('REPLACE', { ...media, position, version, updatedAt })
    })
  })
}
