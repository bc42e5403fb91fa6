import { transact } from '../db/client.ts'
import { rowInTransaction } from '../db/lookup.ts'
import type { OrderedList } from '../db/ordering.ts'
import { assertCan } from '../domain/access.ts'
import { Failure, InvalidInput, NotFound } from '../domain/failure.ts'
import { slotOf, slotPolicy } from '../domain/slots.ts'
import { isUuid } from '../domain/text.ts'
import type { Ctx } from './context.ts'
import { changed, type Expecting, lockItem, lockItemAt, primaryKey } from './items.ts'
import { type Place, positionAt } from './ordering.ts'

/** The table of each kind of owner of media. */
export const ownerTables = { BOOKSHELF: 'bookshelves', BOOK: 'books', BLOCK: 'blocks' } as const

/** The pictures of a block; lock the block before writing to it. */
export const imagesOf = (ctx: Ctx, blockId: string): OrderedList => ({
  table: 'media',
  parentColumn: 'block_id',
  workspaceId: ctx.actor.workspaceId,
  parentId: blockId,
})

/** Moves a picture to another place in its list. */
export async function moveMedia(ctx: Ctx, input: { mediaId: string } & Place & Expecting) {
  assertCan(ctx.actor, 'edit')
  return transact(ctx.db, async (tx) => {
    const { workspaceId } = ctx.actor
    const found = isUuid(input.mediaId) && (await rowInTransaction(tx, 'media', workspaceId, input.mediaId))
    if (!found) return new NotFound('Media', input.mediaId)
    const slot = slotOf(found)
    const policy = slotPolicy(slot)
    if (policy instanceof Failure) return policy
    if (policy.holds === 'one') {
      return new InvalidInput([
        { path: 'mediaId', message: 'A cover has no order. Only pictures in a list can be moved.' },
      ])
    }
    const owner = await lockItem(ctx, tx, ownerTables[slot.ownerType], slot.ownerId)
    if (owner instanceof Failure) return new NotFound('Media', input.mediaId)
    const media = await lockItemAt(ctx, tx, 'media', input.mediaId, input.expectedVersion)
    if (media instanceof Failure) return media
    if (media.blockId !== owner.id) return new NotFound('Media', input.mediaId)
    const position = await positionAt(tx, imagesOf(ctx, owner.id), input, media.id)
    if (position instanceof Failure) return position
    if (position === media.position) return media
    const change = { position, ...changed(ctx) }
    const { version, updatedAt } = await tx.media.update({ where: primaryKey(media), data: change })
    return { ...media, position, version, updatedAt }
  })
}
