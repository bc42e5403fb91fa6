import type { Tx } from './client.ts'
import { rowInTransaction } from './lookup.ts'
import { type DeletionRow, tableOfKind, type TrashableKind } from './rows.ts'
import { subtreesOf } from './tag-tree.ts'

/** What a mark is put on: what is live, or what another deletion ($4) holds. Every statement has a place for every value. */
const from = {
  LIVE: 'deletion_id is null',
  DELETION: '(deletion_id = $4::uuid and $3::uuid is not null)',
} as const

const markBooks = `update books set deletion_id = $2::uuid
  where workspace_id = $1::uuid and deletion_id is null and bookshelf_id = $3::uuid`
const markBlocks = (books: string) => `update blocks set deletion_id = $2::uuid
  where workspace_id = $1::uuid and deletion_id is null and book_id in (${books})`
const markCheckpoints = (books: string) => `update checkpoints set deletion_id = $2::uuid
  where workspace_id = $1::uuid and deletion_id is null and book_id in (${books})`
const markMarkers = (checkpoints: string) => `update checkpoint_markers set deletion_id = $2::uuid
  where workspace_id = $1::uuid and deletion_id is null and checkpoint_id in (${checkpoints})`
const markMedia = (owner: string) => `update media set deletion_id = $2::uuid
  where workspace_id = $1::uuid and deletion_id is null and (${owner})`

const booksOfDeletion = 'select id from books where workspace_id = $1::uuid and deletion_id = $2::uuid'
const blocksOfDeletion = 'select id from blocks where workspace_id = $1::uuid and deletion_id = $2::uuid'
const checkpointsOfDeletion =
  'select id from checkpoints where workspace_id = $1::uuid and deletion_id = $2::uuid'
const markersOfDeletion =
  'select id from checkpoint_markers where workspace_id = $1::uuid and deletion_id = $2::uuid'

/**
 * The statements that mark an item ($3) and everything live below it as part of a deletion ($2), from the top down:
 * each sees what its forerunners marked, and waits for who is just adding below.
 */
const marks: Record<TrashableKind, readonly string[]> = {
  BOOKSHELF: [
    'update bookshelves set deletion_id = $2::uuid where workspace_id = $1::uuid and deletion_id is null and id = $3::uuid',
    markBooks,
    markBlocks(`${booksOfDeletion} and bookshelf_id = $3::uuid`),
    markCheckpoints(`${booksOfDeletion} and bookshelf_id = $3::uuid`),
    markMarkers(checkpointsOfDeletion),
    markMedia(
      `bookshelf_id = $3::uuid or book_id in (${booksOfDeletion}) or block_id in (${blocksOfDeletion})
        or marker_id in (${markersOfDeletion})`,
    ),
  ],
  BOOK: [
    'update books set deletion_id = $2::uuid where workspace_id = $1::uuid and deletion_id is null and id = $3::uuid',
    markBlocks('$3::uuid'),
    markCheckpoints('$3::uuid'),
    markMarkers(checkpointsOfDeletion),
    markMedia(
      `book_id = $3::uuid or block_id in (${blocksOfDeletion}) or marker_id in (${markersOfDeletion})`,
    ),
  ],
  BLOCK: [
    'update blocks set deletion_id = $2::uuid where workspace_id = $1::uuid and deletion_id is null and id = $3::uuid',
    markMedia('block_id = $3::uuid'),
  ],
  CHECKPOINT: [
    'update checkpoints set deletion_id = $2::uuid where workspace_id = $1::uuid and deletion_id is null and id = $3::uuid',
    markMarkers('$3::uuid'),
    markMedia(`marker_id in (${markersOfDeletion})`),
  ],
  CHECKPOINT_MARKER: [
    'update checkpoint_markers set deletion_id = $2::uuid where workspace_id = $1::uuid and deletion_id is null and id = $3::uuid',
    markMedia('marker_id = $3::uuid'),
  ],
  MEDIA: [
    'update media set deletion_id = $2::uuid where workspace_id = $1::uuid and deletion_id is null and id = $3::uuid',
  ],
  TAG: [
    `update tags set deletion_id = $2::uuid where workspace_id = $1::uuid and deletion_id is null
      and id = any(array(${subtreesOf('array[$3::uuid]')}))`,
  ],
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

/** Makes everything of a deletion live again. */
export async function unmarkDeleted(tx: Tx, workspaceId: string, deletionId: string) {
  for (const table of Object.values(tableOfKind)) {
    await tx.$executeRawUnsafe(
      `update ${table} set deletion_id = null where workspace_id = $1::uuid and deletion_id = $2::uuid`,
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

/** Locks a deletion. */
export async function lockDeletion(
  tx: Tx,
  workspaceId: string,
  id: string,
): Promise<DeletionRow | undefined> {
  return rowInTransaction(tx, 'deletions', workspaceId, id, 'lock')
}
