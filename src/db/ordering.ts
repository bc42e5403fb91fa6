import type { Position } from '../domain/ordering.ts'
import type { MediaRole } from '../domain/slots.ts'
import type { Tx } from './client.ts'
import { lockName } from './postgres/named-locks.ts'
import { and, empty, identifier, literal, type Queryable, sql } from './sql.ts'

/** A manually ordered list: the children of one parent in one workspace. */
export interface OrderedList {
  readonly table: 'bookshelves' | 'books' | 'blocks' | 'checkpoint_markers' | 'media'
  /** The parent column; null if the workspace itself is the parent. */
  readonly parentColumn: 'bookshelf_id' | 'book_id' | 'checkpoint_id' | 'owner_id' | null
  /** Selects one of the lists of a media owner. */
  readonly role?: MediaRole
  readonly workspaceId: string
  readonly parentId: string
}

/** The condition that a row belongs to the list, live or in the trash. */
const ofList = ({ workspaceId, parentColumn, parentId, role }: OrderedList) =>
  and([
    sql`workspace_id = ${workspaceId}::uuid`,
    ...(parentColumn ? [sql`${identifier(parentColumn)} = ${parentId}::uuid`] : []),
    ...(parentColumn && role ? [sql`list_role = ${literal(role)}`] : []),
  ])

/**
 * Waits until no other transaction arranges the bookshelves of a workspace. The row of the workspace cannot serve as
 * this lock: it holds the quota, which uploads lock last, after books.
 */
export async function lockBookshelves(tx: Tx, workspaceId: string): Promise<void> {
  await lockName(tx, `bookshelves ${workspaceId}`)
}

/** The position of a live item of the list. */
export async function positionOf(
  db: Queryable,
  list: OrderedList,
  id: string,
): Promise<Position | undefined> {
  const [row] = await db.query<{ position: string }>(sql`
    select position from ${identifier(list.table)}
    where ${ofList(list)} and id = ${id}::uuid and deletion_id is null`)
  return row?.position
}

/**
 * The item next to a position, or the item at the end of the list when `from` is null. Items in the trash count: they
 * keep their place, so that a restored one is where it was.
 */
export async function neighbour(
  db: Queryable,
  list: OrderedList,
  side: 'before' | 'after',
  from: Position | null,
) {
  const [operator, direction] = side === 'before' ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`]
  const bound = from === null ? empty : sql`and position ${operator} ${from}`
  const [row] = await db.query<{ id: string; position: string }>(sql`
    select id, position from ${identifier(list.table)} where ${ofList(list)} ${bound}
    order by position ${direction} limit 1`)
  return row
}

/** The IDs of the whole list in order, including trashed items. */
export async function idsInOrder(db: Queryable, list: OrderedList): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    sql`select id from ${identifier(list.table)} where ${ofList(list)} order by position`,
  )
  return rows.map(({ id }) => id)
}

/**
 * Gives every item of the list its new position, in one statement, and returns those that have it: an item in the trash
 * may have been restored to another list meanwhile, which takes only the lock of that list.
 */
export async function renumber(
  tx: Tx,
  list: OrderedList,
  ids: readonly string[],
  positions: readonly Position[],
): Promise<{ id: string; position: Position }[]> {
  const table = identifier(list.table)
  // In the order of their ids, in which every transaction locks several rows.
  await tx.query(sql`select id from ${table} where ${ofList(list)} order by id for no key update`)
  return tx.query(sql`
    update ${table} set position = fresh.position
    from unnest(${ids}::uuid[], ${positions}::text[]) as fresh (id, position)
    where ${ofList(list)} and ${table}.id = fresh.id returning ${table}.id, ${table}.position`)
}
