import type { Tx } from '../client.ts'
import { rowById } from '../lookup.ts'
import { type DeletionRow, tableOfKind, tableOfTaggable, type TrashableKind } from '../rows.ts'
import { selections } from '../selections.ts'
import { empty, identifier, or, type Queryable, type Sql, sql } from '../sql.ts'
import { subtreesOf } from '../tags/tag-tree.ts'

/** Which item a deletion marks. */
interface Marking {
  readonly workspaceId: string
  readonly id: string
  readonly kind: TrashableKind
  readonly itemId: string
  /** Further items of the same kind that go along. */
  readonly moreIds?: readonly string[] | undefined
}

/** The ids of the rows of a table that a deletion holds. */
const idsOfDeletion = (table: string, workspaceId: string, deletionId: string) =>
  sql`select id from ${identifier(table)}
    where workspace_id = ${workspaceId}::uuid and deletion_id = ${deletionId}::uuid`

/** The pieces of the statements that mark rows which are in a state: live, or held by another deletion. */
function pieces({ workspaceId, id, itemId, moreIds }: Marking, state: Sql) {
  const item = sql`${itemId}::uuid`
  const items = moreIds && [itemId, ...moreIds]
  const isItem = (column: string) =>
    items ? sql`${identifier(column)} = any(${items}::uuid[])` : sql`${identifier(column)} = ${item}`
  /** The condition that a row is in one of the rows of a table that the deletion holds by now. */
  const isInMarked = (column: string, table: string, more = empty) =>
    sql`${identifier(column)} in (${idsOfDeletion(table, workspaceId, id)} ${more})`
  /** Marks the rows that meet a condition. Locks them in the order of their ids, as whoever locks several rows does. */
  const mark = (table: string, condition: Sql) => {
    const name = identifier(table)
    return sql`update ${name} set deletion_id = ${id}::uuid
      where workspace_id = ${workspaceId}::uuid and id = any(array(
        select id from ${name} where workspace_id = ${workspaceId}::uuid and ${state} and (${condition})
        order by id for no key update))`
  }
  return {
    isItem,
    mark,
    markItem: (table: string) => mark(table, isItem('id')),
    markMarkers: () => mark('checkpoint_markers', isInMarked('checkpoint_id', 'checkpoints')),
    markSubtree: () => mark('tags', sql`id = any(array(${subtreesOf(workspaceId, sql`array[${item}]`)}))`),
    isInBookOfShelf: isInMarked('book_id', 'books', sql`and bookshelf_id = ${item}`),
    isInBook: isInMarked('book_id', 'books'),
    isInBlock: isInMarked('block_id', 'blocks'),
    isInMarker: isInMarked('marker_id', 'checkpoint_markers'),
  }
}

/**
 * The statements that mark an item and everything below it as part of a deletion, from the top down. Each sees the rows
 * that those before it marked, and waits for transactions that are adding something below them.
 */
const marks: Record<TrashableKind, (by: ReturnType<typeof pieces>) => readonly Sql[]> = {
  BOOKSHELF: ({ isItem, mark, markItem, markMarkers, isInBookOfShelf, isInBook, isInBlock, isInMarker }) => [
    markItem('bookshelves'),
    mark('books', isItem('bookshelf_id')),
    mark('blocks', isInBookOfShelf),
    mark('checkpoints', isInBookOfShelf),
    markMarkers(),
    mark('media', or([isItem('bookshelf_id'), isInBook, isInBlock, isInMarker])),
  ],
  BOOK: ({ isItem, mark, markItem, markMarkers, isInBlock, isInMarker }) => [
    markItem('books'),
    mark('blocks', isItem('book_id')),
    mark('checkpoints', isItem('book_id')),
    markMarkers(),
    mark('media', or([isItem('book_id'), isInBlock, isInMarker])),
  ],
  BLOCK: ({ isItem, mark, markItem }) => [markItem('blocks'), mark('media', isItem('block_id'))],
  CHECKPOINT: ({ isItem, mark, markItem, isInMarker }) => [
    markItem('checkpoints'),
    mark('checkpoint_markers', isItem('checkpoint_id')),
    mark('media', isInMarker),
  ],
  CHECKPOINT_MARKER: ({ isItem, mark, markItem }) => [
    markItem('checkpoint_markers'),
    mark('media', isItem('marker_id')),
  ],
  MEDIA: ({ markItem }) => [markItem('media')],
  TAG: ({ markSubtree }) => [markSubtree()],
}

/** Marks an item and everything below it that is in a state. Gives how many rows it marked. */
async function markAll(tx: Tx, to: Marking, state: Sql): Promise<number> {
  let count = 0
  for (const statement of marks[to.kind](pieces(to, state))) count += await tx.execute(statement)
  return count
}

/** Marks an item and everything live below it. Gives how many rows it marked. */
export const markDeleted = (tx: Tx, deletion: Marking): Promise<number> =>
  markAll(tx, deletion, sql`deletion_id is null`)

/**
 * Moves an item of a deletion, with everything below it in that deletion, to another deletion. Gives how many rows it
 * moved.
 */
export const splitDeletion = (tx: Tx, fromId: string, to: Marking): Promise<number> =>
  markAll(tx, to, sql`deletion_id = ${fromId}::uuid`)

/** The ids of the media that a deletion holds. */
export async function mediaOfDeletion(
  db: Queryable,
  workspaceId: string,
  deletionId: string,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(idsOfDeletion('media', workspaceId, deletionId))
  return rows.map(({ id }) => id)
}

/** The ids of the blocks that a deletion holds, in the order of their places. */
export async function blocksOfDeletion(
  db: Queryable,
  workspaceId: string,
  deletionId: string,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    sql`${idsOfDeletion('blocks', workspaceId, deletionId)} order by position`,
  )
  return rows.map(({ id }) => id)
}

const lockedOfDeletion = (table: string, workspaceId: string, deletionId: string) =>
  sql`${idsOfDeletion(table, workspaceId, deletionId)} order by id for no key update`

/** Locks the members of a deletion that can have tags. Lock them before the tags, whose counts change after that. */
export async function lockTaggedOfDeletion(tx: Tx, workspaceId: string, deletionId: string) {
  for (const table of Object.values(tableOfTaggable))
    await tx.query(lockedOfDeletion(table, workspaceId, deletionId))
}

/** Makes all items of a deletion live again. */
export async function unmarkDeleted(tx: Tx, workspaceId: string, deletionId: string) {
  for (const table of Object.values(tableOfKind)) {
    const locked = lockedOfDeletion(table, workspaceId, deletionId)
    await tx.execute(sql`update ${identifier(table)} set deletion_id = null
      where workspace_id = ${workspaceId}::uuid and id = any(array(${locked}))`)
  }
}

export interface Origin {
  readonly name: string
  readonly parentKind: TrashableKind | null
  readonly parentId: string | null
  /** Null for items that have no place in an order by hand: a tag, a checkpoint. */
  readonly position: string | null
  /** The names of the ancestors, from the bookshelf or the top-level tag down. */
  readonly path: string[]
}

/** A block has no name, so use the beginning of its text, on one line. Its first characters are enough. */
const beginning = sql`rtrim(left(btrim(regexp_replace(left(item.content, 1000), '\\s+', ' ', 'g')), 100))`

/** The book of a row, and its bookshelf. */
const bookAndShelfOf = (row: string) => sql`
  join books book on book.workspace_id = ${identifier(row)}.workspace_id and book.id = ${identifier(row)}.book_id
  join bookshelves shelf on shelf.workspace_id = book.workspace_id and shelf.id = book.bookshelf_id`

const origins: Record<TrashableKind, Sql> = {
  BOOKSHELF: sql`select null as "parentKind", null::uuid as "parentId", item.position, item.name,
      array[]::text[] as path
    from bookshelves item`,
  BOOK: sql`select 'BOOKSHELF' as "parentKind", shelf.id as "parentId", item.position, item.title as name,
      array[shelf.name] as path
    from books item join bookshelves shelf on shelf.workspace_id = item.workspace_id and shelf.id = item.bookshelf_id`,
  BLOCK: sql`select 'BOOK' as "parentKind", book.id as "parentId", item.position, ${beginning} as name,
      array[shelf.name, book.title] as path
    from blocks item ${bookAndShelfOf('item')}`,
  CHECKPOINT: sql`select 'BOOK' as "parentKind", book.id as "parentId", null as position, item.title as name,
      array[shelf.name, book.title] as path
    from checkpoints item ${bookAndShelfOf('item')}`,
  CHECKPOINT_MARKER: sql`select 'CHECKPOINT' as "parentKind", checkpoint.id as "parentId", item.position,
      item.title as name, array[shelf.name, book.title, checkpoint.title] as path
    from checkpoint_markers item
    join checkpoints checkpoint on checkpoint.workspace_id = item.workspace_id and checkpoint.id = item.checkpoint_id
    ${bookAndShelfOf('checkpoint')}`,
  MEDIA: sql`select case when item.block_id is not null then 'BLOCK' when item.book_id is not null then 'BOOK'
      when item.marker_id is not null then 'CHECKPOINT_MARKER' else 'BOOKSHELF' end as "parentKind",
      item.owner_id as "parentId", item.position, item.file_name as name,
      array_remove(array[shelf.name, book.title, checkpoint.title, marker.title], null) as path
    from media item
    left join blocks block on block.workspace_id = item.workspace_id and block.id = item.block_id
    left join checkpoint_markers marker on marker.workspace_id = item.workspace_id and marker.id = item.marker_id
    left join checkpoints checkpoint on checkpoint.workspace_id = item.workspace_id
      and checkpoint.id = marker.checkpoint_id
    left join books book on book.workspace_id = item.workspace_id
      and book.id = coalesce(item.book_id, block.book_id, checkpoint.book_id)
    left join bookshelves shelf on shelf.workspace_id = item.workspace_id
      and shelf.id = coalesce(item.bookshelf_id, book.bookshelf_id)`,
  TAG: sql`select case when item.parent_id is not null then 'TAG' end as "parentKind", item.parent_id as "parentId",
      null as position, item.name, array(select tags.name from tags where tags.workspace_id = item.workspace_id
        and tags.id = any(item.ancestor_ids) order by cardinality(tags.ancestor_ids)) as path
    from tags item`,
}

/** Where an item is, and its name. */
export async function originOf(
  db: Queryable,
  workspaceId: string,
  kind: TrashableKind,
  id: string,
): Promise<Origin> {
  const [origin] = await db.query<Origin>(
    sql`${origins[kind]} where item.workspace_id = ${workspaceId}::uuid and item.id = ${id}::uuid`,
  )
  if (!origin) throw new Error(`${kind} ${id} is locked but not there.`)
  return origin
}

/**
 * Reads a deletion, and locks it while it is in the trash. A restored or purged deletion does not change any more, and
 * the purge that removes a deletion with its item has locked the item before.
 */
export async function lockDeletion(
  tx: Tx,
  workspaceId: string,
  id: string,
): Promise<DeletionRow | undefined> {
  const [row] = await tx.query<DeletionRow>(sql`
    select ${selections.deletions.columns} from deletions where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid
      and restored_at is null and purged_at is null for no key update`)
  return row ?? rowById(tx, 'deletions', workspaceId, id)
}
