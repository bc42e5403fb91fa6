import type { Position } from '../domain/ordering.ts'
import type { MediaRole } from '../domain/slots.ts'
import type { Tx } from './client.ts'
import { lockName } from './postgres/named-locks.ts'

/** A list that people arrange: the children of one parent in one workspace. */
export interface OrderedList {
  readonly table: 'bookshelves' | 'books' | 'blocks' | 'checkpoint_markers' | 'media'
  /** The column of the parent; null when the workspace itself is the parent. */
  readonly parentColumn: 'bookshelf_id' | 'book_id' | 'checkpoint_id' | 'owner_id' | null
  /** Which of the lists of one owner of media. */
  readonly role?: MediaRole
  readonly workspaceId: string
  readonly parentId: string
}

const ofList = ({ parentColumn, role }: OrderedList) =>
  parentColumn
    ? `workspace_id = $1::uuid and ${parentColumn} = $2::uuid${role ? ` and list_role = '${role}'` : ''}`
    : `workspace_id = $1::uuid and $2::uuid is not null`

/**
 * Waits until no other transaction arranges the bookshelves of a workspace. Its row would not do: it holds the quota, which is locked
 * last, by uploads that have locked books before.
 */
export async function lockBookshelves(tx: Tx, workspaceId: string): Promise<void> {
  await lockName(tx, `bookshelves ${workspaceId}`)
}

/** The position of a live item of the list. */
export async function positionOf(tx: Tx, list: OrderedList, id: string): Promise<Position | undefined> {
  const [row] = await tx.$queryRawUnsafe<{ position: string }[]>(
    `select position from ${list.table} where ${ofList(list)} and id = $3::uuid and deletion_id is null`,
    list.workspaceId,
    list.parentId,
    id,
  )
  return row?.position
}

/**
 * The item next to a position; `from` null looks from the end of the list. Items in the trash count: they keep their
 * place, so that a restored one is where it was.
 */
export async function neighbour(tx: Tx, list: OrderedList, side: 'before' | 'after', from: Position | null) {
  const [operator, direction] = side === 'before' ? ['<', 'desc'] : ['>', 'asc']
  const bound = from === null ? '$3::text is null' : `position ${operator} $3`
  const [row] = await tx.$queryRawUnsafe<{ id: string; position: string }[]>(
    `select id, position from ${list.table} where ${ofList(list)} and ${bound} order by position ${direction} limit 1`,
    list.workspaceId,
    list.parentId,
    from,
  )
  return row
}

/** The ids of the whole list in order, those in the trash included. */
export async function idsInOrder(tx: Tx, list: OrderedList): Promise<string[]> {
  const rows = await tx.$queryRawUnsafe<{ id: string }[]>(
    `select id from ${list.table} where ${ofList(list)} order by position`,
    list.workspaceId,
    list.parentId,
  )
  return rows.map(({ id }) => id)
}

/**
 * Gives every item of the list its new position, in one statement, and tells which have it: one in the trash may have been
 * restored to another list meanwhile, which takes the lock of that one only.
 */
export async function renumber(
  tx: Tx,
  list: OrderedList,
  ids: readonly string[],
  positions: readonly Position[],
): Promise<{ id: string; position: Position }[]> {
  // In the order of their ids, as whoever locks several does.
  await tx.$queryRawUnsafe(
    `select id from ${list.table} where ${ofList(list)} order by id for no key update`,
    list.workspaceId,
    list.parentId,
  )
  return tx.$queryRawUnsafe(
    `update ${list.table} set position = fresh.position
     from unnest($3::uuid[], $4::text[]) as fresh (id, position)
     where ${ofList(list)} and ${list.table}.id = fresh.id returning ${list.table}.id, ${list.table}.position`,
    list.workspaceId,
    list.parentId,
    ids,
    positions,
  )
}
