import type { Tx } from '../db/client.ts'
import { type ActiveItems, appendActivities } from '../db/library/activity.ts'
import { type Ctx, newId } from './context.ts'
import type { ItemTable } from './entities.ts'

/** The types of items whose changes are activity. */
export const activeTypes = {
  bookshelves: 'BOOKSHELF',
  books: 'BOOK',
  blocks: 'BLOCK',
  checkpoints: 'CHECKPOINT',
  checkpoint_markers: 'CHECKPOINT_MARKER',
} as const satisfies Partial<Record<ItemTable, keyof ActiveItems>>

/**
 * Records that something changed at items, in the transaction of the change: the one way in which operations move
 * `lastActivityAt` of books and bookshelves. Name the items that changed, and of those that came or went the parents
 * too. It takes no locks, so call it anywhere in the transaction.
 */
export const recordActivity = (ctx: Ctx, tx: Tx, items: ActiveItems): Promise<void> =>
  appendActivities(tx, { workspaceId: ctx.actor.workspaceId, id: newId(), at: ctx.now() }, items)
