import { transact, type Tx } from '../db/client.ts'
import { rowById } from '../db/lookup.ts'
import { setSavepoint } from '../db/savepoint.ts'
import type { OrderedList } from '../db/ordering.ts'
import type { Rows } from '../db/rows.ts'
import { assertCan } from '../domain/access.ts'
import { Failure, NotFound } from '../domain/failure.ts'
import { isUuid } from '../domain/text.ts'
import type { Ctx } from './context.ts'
import { entityOf } from './entities.ts'
import { changed, type Expecting, primaryKey } from './inputs.ts'
import { lockItemAt, lockItems } from './locking.ts'
import { type Place, positionAt } from './ordering.ts'

/** The movable types, with the tables of their parents. */
const parents = {
  books: { table: 'bookshelves', idOf: (row: object) => ('bookshelfId' in row ? row.bookshelfId : null) },
  blocks: { table: 'books', idOf: (row: object) => ('bookId' in row ? row.bookId : null) },
  checkpoint_markers: {
    table: 'checkpoints',
    idOf: (row: object) => ('checkpointId' in row ? row.checkpointId : null),
  },
} as const

type Movable = keyof typeof parents

interface Move<Row> extends Place, Expecting {
  readonly id: string
  /** The new parent; by default the current one. */
  readonly parentId: string | null | undefined
  readonly write: (
    tx: Tx,
    where: ReturnType<typeof primaryKey>,
    data: ReturnType<typeof changed> & { parentId: string; position: string },
  ) => Promise<Row>
}

/** Moves an item within its list or to the list of another parent. */
export async function moveItem<T extends Movable>(
  ctx: Ctx,
  table: T,
  listOf: (ctx: Ctx, parentId: string) => OrderedList,
  { id, parentId: targetId, expectedVersion, write, ...place }: Move<Rows[T]>,
) {
  assertCan(ctx.actor, 'edit')
  return transact(ctx.db, async (tx) => {
    const parentId = await lockParents(ctx, tx, table, id, targetId)
    if (parentId instanceof Failure) return parentId
    // Before the item, because this may lock the whole list.
    const position = await positionAt(tx, listOf(ctx, parentId), place, id)
    if (position instanceof Failure) return position
    const item = await lockItemAt(ctx, tx, table, id, expectedVersion)
    if (item instanceof Failure) return item
    if (position === item.position && parentId === parents[table].idOf(item)) return item
    return write(tx, primaryKey(item), { parentId, position, ...changed(ctx) })
  })
}

/**
 * Locks the current and the new parent of an item, and returns the ID of the latter. Both lists stay unchanged until
 * the end of the transaction. If another move was faster, it looks again.
 */
async function lockParents(
  ctx: Ctx,
  tx: Tx,
  table: Movable,
  id: string,
  targetId: string | null | undefined,
): Promise<string | NotFound> {
  const notFound = new NotFound(entityOf[table], id)
  if (!isUuid(id)) return notFound
  const parent = parents[table]
  const currentParent = async () => {
    const row = await rowById(tx, table, ctx.actor.workspaceId, id)
    return row && (parent.idOf(row) as string)
  }
  for (;;) {
    const rollBack = await setSavepoint(tx)
    const from = await currentParent()
    if (from === undefined) return notFound
    const to = targetId ?? from
    const locked = await lockItems(ctx, tx, parent.table, [from, to])
    // If the parent is in the trash, so are its items: report the item as not found.
    if (locked instanceof Failure) return locked.id === from ? notFound : locked
    if ((await currentParent()) === from) return to
    // Releases these locks: taking more of them out of order could cause a deadlock.
    await rollBack()
  }
}
