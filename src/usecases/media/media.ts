import type { Tx } from '../../db/client.ts'
import { rowById } from '../../db/lookup.ts'
import type { OrderedList } from '../../db/ordering.ts'
import type { MediaRow } from '../../db/rows.ts'
import type { MediaChange } from '../../domain/media-events.ts'
import { ownerColumns, type Slot } from '../../domain/slots.ts'
import type { Ctx } from '../context.ts'

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
