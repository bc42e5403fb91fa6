import type { Tx } from '../db/client.ts'
import { rowInTransaction } from '../db/lookup.ts'
import { Failure, NotFound } from '../domain/failure.ts'
import { isUuid } from '../domain/text.ts'
import type { Ctx } from './context.ts'
import { lockItems } from './items.ts'

const parents = {
  books: { table: 'bookshelves', idOf: (row: object) => ('bookshelfId' in row ? row.bookshelfId : null) },
  blocks: { table: 'books', idOf: (row: object) => ('bookId' in row ? row.bookId : null) },
} as const

/**
 * Locks the parent an item has and the one it goes to, and gives the id of the latter. Both lists stay as they are until
 * the end of the transaction. When another move was faster, it looks again.
 */
export async function lockParents(
  ctx: Ctx,
  tx: Tx,
  table: keyof typeof parents,
  id: string,
  targetId: string | null | undefined,
): Promise<string | NotFound> {
  const notFound = new NotFound(table === 'books' ? 'Book' : 'Block', id)
  if (!isUuid(id)) return notFound
  const parent = parents[table]
  const currentParent = async () => {
    const row = await rowInTransaction(tx, table, ctx.actor.workspaceId, id)
    return row && (parent.idOf(row) as string)
  }
  for (;;) {
    await tx.$executeRaw`savepoint before_parents`
    const from = await currentParent()
    if (from === undefined) return notFound
    const to = targetId ?? from
    const locked = await lockItems(ctx, tx, parent.table, [from, to])
    // A parent in the trash has its items there too: the item is what is not found then.
    if (locked instanceof Failure) return locked.id === from ? notFound : locked
    if ((await currentParent()) === from) return to
    // Gives these locks back: who holds some and takes more out of their order blocks the others, and they him.
    await tx.$executeRaw`rollback to savepoint before_parents`
  }
}
