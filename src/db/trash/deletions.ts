import type { Tx } from '../client.ts'
import { rowInTransaction } from '../lookup.ts'
import { type DeletionRow, tableOfKind, tableOfTaggable, type TrashableKind } from '../rows.ts'
import { selections } from '../selections.ts'
import { subtreesOf } from '../tags/tag-tree.ts'

/** What a mark is put on: what is live, or what another deletion ($4) holds. Every statement has a place for every value. */
const from = {
  LIVE: 'deletion_id is null',
  DELETION: '(deletion_id = $4::uuid and $3::uuid is not null)',
} as const

/** Marks what meets a condition, in the order of the ids: so does whoever locks several. */
const mark = (table: string, condition: string) => `update ${table} set deletion_id = $2::uuid
  where workspace_id = $1::uuid and id = any(array(
    select id from ${table} where workspace_id = $1::uuid and deletion_id is null and (${condition})
    order by id for no key update))`

const markItem = (table: string) => mark(table, 'id = $3::uuid')
const ofDeletion = (table: string) =>
  `select id from ${table} where workspace_id = $1::uuid and deletion_id = $2::uuid`
const booksOfShelf = `book_id in (${ofDeletion('books')} and bookshelf_id = $3::uuid)`
const markersBelow = mark('checkpoint_markers', `checkpoint_id in (${ofDeletion('checkpoints')})`)
const [ofBooks, ofBlocks, ofMarkers] = [
  `book_id in (${ofDeletion('books')})`,
  `block_id in (${ofDeletion('blocks')})`,
  `marker_id in (${ofDeletion('checkpoint_markers')})`,
]

/**
 * The statements that mark an item ($3) and everything live below it as part of a deletion ($2), from the top down:
 * each sees what its forerunners marked, and waits for who is just adding below.
 */
const marks: Record<TrashableKind, readonly string[]> = {
  BOOKSHELF: [
    markItem('bookshelves'),
    mark('books', 'bookshelf_id = $3::uuid'),
    mark('blocks', booksOfShelf),
    mark('checkpoints', booksOfShelf),
    markersBelow,
    mark('media', `bookshelf_id = $3::uuid or ${ofBooks} or ${ofBlocks} or ${ofMarkers}`),
  ],
  BOOK: [
    markItem('books'),
    mark('blocks', 'book_id = $3::uuid'),
    mark('checkpoints', 'book_id = $3::uuid'),
    markersBelow,
    mark('media', `book_id = $3::uuid or ${ofBlocks} or ${ofMarkers}`),
  ],
  BLOCK: [markItem('blocks'), mark('media', 'block_id = $3::uuid')],
  CHECKPOINT: [
    markItem('checkpoints'),
    mark('checkpoint_markers', 'checkpoint_id = $3::uuid'),
    mark('media', ofMarkers),
  ],
  CHECKPOINT_MARKER: [markItem('checkpoint_markers'), mark('media', 'marker_id = $3::uuid')],
  MEDIA: [markItem('media')],
  TAG: [mark('tags', `id = any(array(${subtreesOf('array[$3::uuid]')}))`)],
}

interface Marking {
  readonly workspaceId: string
  readonly id: string
  readonly kind: TrashableKind
  readonly itemId: string
}

/** Marks an item and everything live below it, and says how many they are. */
export async function markDeleted(tx: Tx, deletion: Marking): Promise<number> {
  let count = 0
  for (const statement of marks[deletion.kind]) {
    // PostgreSQL does not take a value that a statement has no place for.
    const item = statement.includes('$3') ? [deletion.itemId] : []
    count += await tx.$executeRawUnsafe(statement, deletion.workspaceId, deletion.id, ...item)
  }
  return count
}

/** Gives an item of a deletion, with everything below it in that, to another deletion, and says how many they are. */
export async function splitDeletion(tx: Tx, fromId: string, to: Marking): Promise<number> {
  let count = 0
  for (const statement of marks[to.kind]) {
    const text = statement.replace(from.LIVE, from.DELETION)
    count += await tx.$executeRawUnsafe(text, to.workspaceId, to.id, to.itemId, fromId)
  }
  return count
}

/** The media that a deletion holds. */
export async function mediaOfDeletion(tx: Tx, workspaceId: string, deletionId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    select id from media where workspace_id = ${workspaceId}::uuid and deletion_id = ${deletionId}::uuid`
  return rows.map(({ id }) => id)
}

const lockOfDeletion = (table: string) => `${ofDeletion(table)} order by id for no key update`

/** Locks what a deletion holds and can be tagged: before the tags, which are counted anew. */
export async function lockTaggedOfDeletion(tx: Tx, workspaceId: string, deletionId: string) {
  for (const table of Object.values(tableOfTaggable))
    await tx.$queryRawUnsafe(lockOfDeletion(table), workspaceId, deletionId)
}

/** Makes everything of a deletion live again. */
export async function unmarkDeleted(tx: Tx, workspaceId: string, deletionId: string) {
  for (const table of Object.values(tableOfKind)) {
    await tx.$executeRawUnsafe(
      `update ${table} set deletion_id = null where workspace_id = $1::uuid and id = any(array(${lockOfDeletion(table)}))`,
      workspaceId,
      deletionId,
    )
  }
}

export interface Origin {
  /** What the item is called. */
  readonly name: string
  readonly parentKind: TrashableKind | null
  readonly parentId: string | null
  /** Null for what has no place in an order by hand: a tag, a checkpoint. */
  readonly position: string | null
  /** The names on the way to the item, from the bookshelf or the top tag down. */
  readonly path: string[]
}

/** A block has no name: the beginning of its text, in one line. The first characters are enough for that. */
const beginning = String.raw`rtrim(left(btrim(regexp_replace(left(item.content, 1000), '\s+', ' ', 'g')), 100))`

const origins: Record<TrashableKind, string> = {
  BOOKSHELF: `select null as "parentKind", null::uuid as "parentId", item.position, item.name, array[]::text[] as path
    from bookshelves item`,
  BOOK: `select 'BOOKSHELF' as "parentKind", shelf.id as "parentId", item.position, item.title as name,
      array[shelf.name] as path
    from books item join bookshelves shelf on shelf.workspace_id = item.workspace_id and shelf.id = item.bookshelf_id`,
  BLOCK: `select 'BOOK' as "parentKind", book.id as "parentId", item.position, ${beginning} as name,
      array[shelf.name, book.title] as path
    from blocks item join books book on book.workspace_id = item.workspace_id and book.id = item.book_id
    join bookshelves shelf on shelf.workspace_id = book.workspace_id and shelf.id = book.bookshelf_id`,
  CHECKPOINT: `select 'BOOK' as "parentKind", book.id as "parentId", null as position, item.title as name,
      array[shelf.name, book.title] as path
    from checkpoints item join books book on book.workspace_id = item.workspace_id and book.id = item.book_id
    join bookshelves shelf on shelf.workspace_id = book.workspace_id and shelf.id = book.bookshelf_id`,
  CHECKPOINT_MARKER: `select 'CHECKPOINT' as "parentKind", checkpoint.id as "parentId", item.position, item.title as name,
      array[shelf.name, book.title, checkpoint.title] as path
    from checkpoint_markers item
    join checkpoints checkpoint on checkpoint.workspace_id = item.workspace_id and checkpoint.id = item.checkpoint_id
    join books book on book.workspace_id = checkpoint.workspace_id and book.id = checkpoint.book_id
    join bookshelves shelf on shelf.workspace_id = book.workspace_id and shelf.id = book.bookshelf_id`,
  MEDIA: `select case when item.block_id is not null then 'BLOCK' when item.book_id is not null then 'BOOK'
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
  TAG: `select case when item.parent_id is not null then 'TAG' end as "parentKind", item.parent_id as "parentId",
      null as position, item.name, array(select tags.name from tags where tags.workspace_id = item.workspace_id
        and tags.id = any(item.ancestor_ids) order by cardinality(tags.ancestor_ids)) as path
    from tags item`,
}

/** Where an item is, and what it is called. */
export async function originOf(
  tx: Tx,
  workspaceId: string,
  kind: TrashableKind,
  id: string,
): Promise<Origin> {
  const text = `${origins[kind]} where item.workspace_id = $1::uuid and item.id = $2::uuid`
  const [origin] = await tx.$queryRawUnsafe<Origin[]>(text, workspaceId, id)
  if (!origin) throw new Error(`${kind} ${id} is locked but not there.`)
  return origin
}

/**
 * A deletion, locked while it is in the trash. A restored or purged one changes no more, and a purge that removes it with its item
 * has locked that before.
 */
export async function lockDeletion(
  tx: Tx,
  workspaceId: string,
  id: string,
): Promise<DeletionRow | undefined> {
  const text = `select ${selections.deletions.columns} from deletions where workspace_id = $1::uuid and id = $2::uuid
    and restored_at is null and purged_at is null for no key update`
  const [row] = await tx.$queryRawUnsafe<DeletionRow[]>(text, workspaceId, id)
  return row ?? rowInTransaction(tx, 'deletions', workspaceId, id)
}
