import type { Position } from '../domain/ordering.ts'
import type { MediaRole } from '../domain/slots.ts'
import { isChanged, type Written } from './changes.ts'
import type { Tx } from './client.ts'
import { lockName } from './postgres/named-locks.ts'
import type { Rows } from './rows.ts'
import { selections } from './selections.ts'
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
 * The position next to another one, or at the end of the list when `from` is null. Items in the trash count: they keep
 * their place, so that a restored one is where it was. Items that are about to move do not.
 */
export async function neighbour(
  db: Queryable,
  list: OrderedList,
  side: 'before' | 'after',
  from: Position | null,
  moving: readonly string[],
): Promise<Position | undefined> {
  const [operator, direction] = side === 'before' ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`]
  const bound = from === null ? empty : sql`and position ${operator} ${from}`
  const others = moving.length === 0 ? empty : sql`and id <> all(${moving}::uuid[])`
  const [row] = await db.query<{ position: string }>(sql`
    select position from ${identifier(list.table)} where ${ofList(list)} ${bound} ${others}
    order by position ${direction} limit 1`)
  return row?.position
}

/** The positions of those of the items that are in the list, live or in the trash. */
export async function positionsOf(db: Queryable, list: OrderedList, ids: readonly string[]) {
  const rows = await db.query<{ id: string; position: Position }>(sql`
    select id, position from ${identifier(list.table)} where ${ofList(list)} and id = any(${ids}::uuid[])`)
  return new Map(rows.map(({ id, position }) => [id, position]))
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

/** The columns that name the parents of items. */
const parentColumns = {
  books: 'bookshelf_id',
  blocks: 'book_id',
  checkpoints: 'book_id',
  checkpoint_markers: 'checkpoint_id',
} as const

/** The types whose items go from one parent to another. */
export type ChildTable = keyof typeof parentColumns

/** Those of them that have an order by hand. */
export type Movable = Exclude<ChildTable, 'checkpoints'>

/** The IDs of the parents of items, live or in the trash, by the IDs of the items. */
export async function parentsOf(
  db: Queryable,
  table: ChildTable,
  workspaceId: string,
  ids: readonly string[],
) {
  const rows = await db.query<{ id: string; parentId: string }>(sql`
    select id, ${identifier(parentColumns[table])} as "parentId" from ${identifier(table)}
    where workspace_id = ${workspaceId}::uuid and id = any(${ids}::uuid[])`)
  return new Map(rows.map(({ id, parentId }) => [id, parentId]))
}

/** Puts locked items into a list, each at its position, with one statement. Returns their rows, unordered. */
export function placeItems<T extends Movable>(
  tx: Tx,
  table: T,
  { workspaceId, parentId }: OrderedList,
  ids: readonly string[],
  positions: readonly Position[],
  written: Written,
): Promise<Rows[T][]> {
  const name = identifier(table)
  return tx.query<Rows[T]>(sql`
    update ${name} set ${identifier(parentColumns[table])} = ${parentId}::uuid, position = moved.place,
      ${isChanged(written)}
    from unnest(${ids}::uuid[], ${positions}::text[]) as moved (item, place)
    where workspace_id = ${workspaceId}::uuid and ${name}.id = moved.item returning ${selections[table].columns}`)
}
