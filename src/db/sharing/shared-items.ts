import type { ReferenceType } from '../../domain/references.ts'
import type { ShareLinkRow } from '../rows.ts'
import { type Queryable, type Sql, sql, unionAll } from '../sql.ts'

type Shared = Pick<ShareLinkRow, 'workspaceId' | 'bookshelfId' | 'bookId'>

/** An item that a link shows. */
export interface ItemInside {
  readonly type: ReferenceType
  readonly id: string
  /** Null: it has none, such as a block. */
  readonly name: string | null
}

/** Whether a live book is the shared one, or stands on the shared bookshelf. */
const isInside = ({ bookshelfId, bookId }: Shared): Sql =>
  bookId === null
    ? sql`book.bookshelf_id = ${bookshelfId}::uuid and book.deletion_id is null`
    : sql`book.id = ${bookId}::uuid and book.deletion_id is null`

/**
 * Those among these IDs that a link shows: the shared item, the books on it, their blocks, and the media of all of them.
 * One statement.
 */
export function itemsInside(db: Queryable, shared: Shared, ids: readonly string[]): Promise<ItemInside[]> {
  const { workspaceId, bookshelfId } = shared
  const inside = isInside(shared)
  const one = (select: Sql, table: Sql, joins: Sql, condition: Sql) => sql`
    select ${select} from ${table} item ${joins}
    where item.workspace_id = ${workspaceId}::uuid and item.id = any(${ids}::uuid[]) and item.deletion_id is null
      and ${condition}`
  const ofBook = (bookId: Sql) =>
    sql`join books book on book.workspace_id = item.workspace_id and book.id = ${bookId}`
  const block = sql`join blocks block on block.workspace_id = item.workspace_id and block.id = item.block_id
    and block.deletion_id is null`
  const medium = sql`'MEDIA' as type, item.id, null as name`
  return db.query<ItemInside>(
    unionAll([
      one(sql`'BOOK' as type, item.id, item.title as name`, sql`books`, ofBook(sql`item.id`), inside),
      one(sql`'BLOCK' as type, item.id, null as name`, sql`blocks`, ofBook(sql`item.book_id`), inside),
      one(medium, sql`media`, sql`${block} ${ofBook(sql`block.book_id`)}`, inside),
      one(medium, sql`media`, ofBook(sql`item.book_id`), inside),
      one(medium, sql`media`, sql``, sql`item.bookshelf_id = ${bookshelfId}::uuid`),
      one(
        sql`'BOOKSHELF' as type, item.id, item.name as name`,
        sql`bookshelves`,
        sql``,
        sql`item.id = ${bookshelfId}::uuid`,
      ),
    ]),
  )
}
