import type { Tx } from '../../db/client.ts'
import { nodeById, rowById } from '../../db/lookup.ts'
import { blocksOfDeletion } from '../../db/trash/deletions.ts'
import type { OrderedList } from '../../db/ordering.ts'
import { type DeletionRow, type NodeRow, tableOfKind, type TrashableKind } from '../../db/rows.ts'
import { Failure, type InvalidInput, NotFound } from '../../domain/failure.ts'
import { RestoreConflict } from '../../domain/restore.ts'
import { blocksOf } from '../library/blocks.ts'
import { booksOf } from '../library/books.ts'
import { markersOf } from '../library/checkpoint-markers.ts'
import type { Ctx } from '../context.ts'
import { entityOf } from '../entities.ts'
import { lockItem } from '../locking.ts'
import { positionsAt } from '../ordering.ts'
import type { RestorePlan } from './carry-out-restore.ts'

/** Locks the parent that an item goes to: the old one, or the target. */
export async function lockPlace(
  ctx: Ctx,
  tx: Tx,
  kind: Exclude<TrashableKind, 'MEDIA' | 'TAG'>,
  oldId: string | null,
  targetId?: string | null,
) {
  const table = tableOfKind[kind]
  if (targetId != null) {
    const target = await lockItem(ctx, tx, table, targetId)
    return target instanceof Failure ? target : { id: target.id, moved: target.id !== oldId }
  }
  const parent = await lockItem(ctx, tx, table, oldId ?? '')
  if (!(parent instanceof Failure)) return { id: parent.id, moved: false }
  return (
    (oldId && (await parentConflict(tx, kind, ctx.actor.workspaceId, oldId))) ||
    new NotFound(entityOf[table], oldId ?? '')
  )
}

/** The conflict that the parent of an item is in the trash, or purged. */
export async function parentConflict(tx: Tx, kind: TrashableKind, workspaceId: string, id: string) {
  const parent = await nodeById(tx, kind, workspaceId, id)
  const deletionId = parent && 'deletionId' in parent ? parent.deletionId : null
  if (!parent || deletionId === null) return undefined
  const deletion = await rowById(tx, 'deletions', workspaceId, deletionId)
  return deletion?.purgedAt
    ? new RestoreConflict<NodeRow>('PARENT_PURGED', null)
    : new RestoreConflict<NodeRow>('PARENT_TRASHED', parent)
}

/** The parent of each kind of content, and its list there when it has an order by hand. */
const places = {
  BOOK: { parent: 'BOOKSHELF', listOf: booksOf },
  BLOCK: { parent: 'BOOK', listOf: blocksOf },
  CHECKPOINT: { parent: 'BOOK' },
  CHECKPOINT_MARKER: { parent: 'CHECKPOINT', listOf: markersOf },
} as const satisfies Partial<
  Record<
    TrashableKind,
    { parent: Parameters<typeof lockPlace>[2]; listOf?: (ctx: Ctx, id: string) => OrderedList }
  >
>

/** Plans where content goes, back to its parent or to the end of the target's list, or refuses. */
export async function planContent(
  ctx: Ctx,
  tx: Tx,
  deletion: Pick<DeletionRow, 'id' | 'itemId' | 'parentId'> & { readonly kind: keyof typeof places },
  targetId: string | null | undefined,
): Promise<RestorePlan | NotFound | InvalidInput | RestoreConflict<NodeRow>> {
  const { kind } = deletion
  const parent = await lockPlace(ctx, tx, places[kind].parent, deletion.parentId, targetId)
  if (parent instanceof Failure) return parent
  if (!parent.moved) return { kind: 'STAY' }
  const { id, itemId } = deletion
  if (kind === 'CHECKPOINT') return { kind, id: itemId, parentId: parent.id }
  const list = places[kind].listOf(ctx, parent.id)
  // A part of a deletion has no rows yet, and is one item.
  const blocks = kind === 'BLOCK' ? await blocksOfDeletion(tx, ctx.actor.workspaceId, id) : []
  const ids = blocks.length === 0 ? [itemId] : blocks
  const positions = await positionsAt(tx, list, {}, ids.length)
  return positions instanceof Failure ? positions : { kind, list, ids, positions }
}
