import type { Tx } from '../../db/client.ts'
import { nodeInTransaction, rowInTransaction } from '../../db/lookup.ts'
import type { OrderedList } from '../../db/ordering.ts'
import { type DeletionRow, type NodeRow, tableOfKind, type TrashableKind } from '../../db/rows.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import { RestoreConflict } from '../../domain/restore.ts'
import { blocksOf } from '../library/blocks.ts'
import { booksOf } from '../library/books.ts'
import { markersOf } from '../library/checkpoint-markers.ts'
import type { Ctx } from '../context.ts'
import { entityOf } from '../entities.ts'
import { changed } from '../inputs.ts'
import { lockItem } from '../locking.ts'
import { positionAt } from '../ordering.ts'

/** Locks where the item goes: its old parent, or the target. */
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

/** Why something cannot go back to a parent that is not live: it is in the trash, or purged. */
export async function parentConflict(tx: Tx, kind: TrashableKind, workspaceId: string, id: string) {
  const parent = await nodeInTransaction(tx, kind, workspaceId, id)
  const deletionId = parent && 'deletionId' in parent ? parent.deletionId : null
  if (!parent || deletionId === null) return undefined
  const deletion = await rowInTransaction(tx, 'deletions', workspaceId, deletionId)
  return new RestoreConflict<NodeRow>(deletion?.purgedAt ? 'PARENT_PURGED' : 'PARENT_TRASHED', parent)
}

/** What each kind of content is in, and its list there if that has an order by hand. */
const places = {
  BOOK: { parent: 'BOOKSHELF', listOf: booksOf },
  BLOCK: { parent: 'BOOK', listOf: blocksOf },
  CHECKPOINT: { parent: 'BOOK', listOf: undefined },
  CHECKPOINT_MARKER: { parent: 'CHECKPOINT', listOf: markersOf },
} as const satisfies Partial<
  Record<
    TrashableKind,
    { parent: Parameters<typeof lockPlace>[2]; listOf: ((ctx: Ctx, id: string) => OrderedList) | undefined }
  >
>

/** What there is to do to content that goes back to its parent, or to the end of the target's list. */
export async function planContent(
  ctx: Ctx,
  tx: Tx,
  deletion: Pick<DeletionRow, 'itemId' | 'parentId'> & { readonly kind: keyof typeof places },
  targetId: string | null | undefined,
) {
  const { parent: parentKind, listOf } = places[deletion.kind]
  const parent = await lockPlace(ctx, tx, parentKind, deletion.parentId, targetId)
  if (parent instanceof Failure) return parent
  if (!parent.moved) return () => Promise.resolve()
  const position = listOf ? await positionAt(tx, listOf(ctx, parent.id), {}) : ''
  if (position instanceof Failure) return position

  const where = { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id: deletion.itemId } }
  const { id } = parent
  const moves = {
    BOOK: () => tx.book.update({ where, data: { bookshelfId: id, position, ...changed(ctx) } }),
    BLOCK: () => tx.block.update({ where, data: { bookId: id, position, ...changed(ctx) } }),
    CHECKPOINT: () => tx.checkpoint.update({ where, data: { bookId: id, ...changed(ctx) } }),
    CHECKPOINT_MARKER: () =>
      tx.checkpointMarker.update({ where, data: { checkpointId: id, position, ...changed(ctx) } }),
  }
  return async () => {
    await moves[deletion.kind]()
  }
}
