import type { Tx } from './client.ts'
import { type Db, read } from './client.ts'
import { tableOfKind, type TrashableKind } from './rows.ts'

/** Which deletions a purge takes: those whose time is over, or all there were at a time. */
export type Due = { readonly expiredAt: Date } | { readonly trashedUntil: Date }

/** `$2` is the time. */
const isDue = (due: Due) =>
  `workspace_id = $1::uuid and restored_at is null and purged_at is null
    and ${'expiredAt' in due ? 'purge_after' : 'deleted_at'} <= $2::timestamptz`

const timeOf = (due: Due) => ('expiredAt' in due ? due.expiredAt : due.trashedUntil)

/** What a purge would remove: deletions, the items they hold, and the bytes whose last medium is among them. */
export async function sizeOfDue(
  db: Db,
  workspaceId: string,
  due: Due,
): Promise<{ deletions: number; items: number; bytes: bigint }> {
  const text = `with due as (select id, item_count from deletions where ${isDue(due)}),
      freed as (select blob_id, count(*) as count from media
        where workspace_id = $1::uuid and deletion_id in (select id from due) group by blob_id)
    select count(*)::int as deletions, coalesce(sum(item_count), 0)::int as items,
      (select coalesce(sum(size_bytes), 0)::bigint from freed join blobs on blobs.workspace_id = $1::uuid
        and blobs.id = freed.blob_id and blobs.ref_count = freed.count) as bytes
    from due`
  const [row] = await read<{ deletions: number; items: number; bytes: bigint }>(db, text, [
    workspaceId,
    timeOf(due),
  ])
  if (!row) throw new Error('A count has no row.')
  return row
}

/** Marks up to `limit` due deletions as purged, but for those that somebody is just restoring. Says how many items they hold. */
export async function markPurged(
  tx: Tx,
  workspaceId: string,
  due: Due,
  { at, by, limit }: { at: Date; by: string; limit: number },
): Promise<{ deletions: number; items: number }> {
  const text = `with due as (select id from deletions where ${isDue(due)}
      order by ${'expiredAt' in due ? 'purge_after' : 'deleted_at'}, id limit $5::int for update skip locked),
    marked as (update deletions set purged_at = $3::timestamptz, purged_by = $4 where workspace_id = $1::uuid
      and id in (select id from due) returning item_count)
    select count(*)::int as deletions, coalesce(sum(item_count), 0)::int as items from marked`
  const [row] = await tx.$queryRawUnsafe<{ deletions: number; items: number }[]>(
    text,
    workspaceId,
    timeOf(due),
    at,
    by,
    limit,
  )
  if (!row) throw new Error('A count has no row.')
  return row
}

export interface PurgedDeletion {
  readonly id: string
  readonly kind: TrashableKind
  readonly purgedBy: string
}

/** Locks up to `limit` purged deletions after an id that nobody else is removing. */
export async function lockPurged(
  tx: Tx,
  workspaceId: string,
  after: string,
  limit: number,
): Promise<PurgedDeletion[]> {
  return tx.$queryRaw<PurgedDeletion[]>`
    select id, kind::text, purged_by as "purgedBy" from deletions
    where workspace_id = ${workspaceId}::uuid and purged_at is not null and id > ${after}::uuid
    order by id limit ${limit} for update skip locked`
}

/** How many items of purged deletions there are still to remove, as they were counted when they were trashed. */
export async function countPurged(db: Db, workspaceId: string): Promise<number> {
  const text = `select coalesce(sum(item_count), 0)::int as count from deletions
    where workspace_id = $1::uuid and purged_at is not null`
  return (await read<{ count: number }>(db, text, [workspaceId]))[0]?.count ?? 0
}

const children = (table: string, column: string, parent: string) =>
  `not exists (select from ${table} where ${table}.workspace_id = ${parent}.workspace_id and ${table}.${column} = ${parent}.id)`

/** What holds others, from the bottom up, and when it holds nothing any more. */
const holders = {
  blocks: [children('media', 'block_id', 'blocks')],
  checkpoint_markers: [children('media', 'marker_id', 'checkpoint_markers')],
  checkpoints: [children('checkpoint_markers', 'checkpoint_id', 'checkpoints')],
  books: [
    children('blocks', 'book_id', 'books'),
    children('checkpoints', 'book_id', 'books'),
    children('media', 'book_id', 'books'),
  ],
  bookshelves: [
    children('books', 'bookshelf_id', 'bookshelves'),
    children('media', 'bookshelf_id', 'bookshelves'),
  ],
  tags: [
    `not exists (select from tags child where child.workspace_id = tags.workspace_id and child.parent_id = tags.id)`,
  ],
} as const

export type HolderTable = keyof typeof holders
export const holderTables = Object.keys(holders) as HolderTable[]

export interface PurgedMedium {
  readonly id: string
  readonly blobId: string
  readonly deletionId: string
}

/** Removes up to `limit` media of the deletions. */
export async function removeMedia(
  tx: Tx,
  workspaceId: string,
  deletionIds: readonly string[],
  limit: number,
): Promise<PurgedMedium[]> {
  return tx.$queryRaw<PurgedMedium[]>`
    delete from media where workspace_id = ${workspaceId}::uuid and id = any(array(
      select id from media where workspace_id = ${workspaceId}::uuid and deletion_id = any(${[...deletionIds]}::uuid[])
      limit ${limit}))
    returning id, blob_id as "blobId", deletion_id as "deletionId"`
}

/** Up to `limit` rows of the deletions that hold nothing. */
export async function emptyHolders(
  tx: Tx,
  table: HolderTable,
  workspaceId: string,
  deletionIds: readonly string[],
  limit: number,
): Promise<string[]> {
  const text = `select id from ${table} where workspace_id = $1::uuid and deletion_id = any($2::uuid[])
    and ${holders[table].join(' and ')} limit $3::int`
  const rows = await tx.$queryRawUnsafe<{ id: string }[]>(text, workspaceId, [...deletionIds], limit)
  return rows.map(({ id }) => id)
}

/** Removes rows that hold nothing, with the tags they have and what is left of their former deletions. */
export async function removeHolders(tx: Tx, table: HolderTable, workspaceId: string, ids: readonly string[]) {
  const remove = (text: string) => tx.$executeRawUnsafe(text, workspaceId, [...ids])
  if (table === 'tags') {
    await remove('delete from tag_aliases where workspace_id = $1::uuid and tag_id = any($2::uuid[])')
    await remove('delete from tag_merges where workspace_id = $1::uuid and target_id = any($2::uuid[])')
  } else
    await remove('delete from tag_associations where workspace_id = $1::uuid and entity_id = any($2::uuid[])')
  await forgetRestored(tx, workspaceId, ids)
  await remove(`delete from ${table} where workspace_id = $1::uuid and id = any($2::uuid[])`)
}

/** Removes the deletions that items were restored from. */
export async function forgetRestored(tx: Tx, workspaceId: string, itemIds: readonly string[]) {
  const restored = `select id from deletions where workspace_id = $1::uuid and item_id = any($2::uuid[])
    and restored_at is not null`
  await tx.$executeRawUnsafe(
    `delete from tag_merges where workspace_id = $1::uuid and deletion_id in (${restored})`,
    workspaceId,
    [...itemIds],
  )
  await tx.$executeRawUnsafe(
    `delete from deletions where workspace_id = $1::uuid and id in (${restored})`,
    workspaceId,
    [...itemIds],
  )
}

/**
 * Takes up to `limit` associations from the tags of the deletions; what their merges brought to others is the others' own from
 * now on. Says how many rows it touched.
 */
export async function releaseTags(
  tx: Tx,
  workspaceId: string,
  deletionIds: readonly string[],
  limit: number,
): Promise<number> {
  const own = await tx.$executeRaw`
    delete from tag_associations where (workspace_id, entity_id, tag_id) in (
      select association.workspace_id, association.entity_id, association.tag_id from tags
      join tag_associations association on association.workspace_id = tags.workspace_id and association.tag_id = tags.id
      where tags.workspace_id = ${workspaceId}::uuid and tags.deletion_id = any(${[...deletionIds]}::uuid[]) limit ${limit})`
  const brought = await tx.$executeRaw`
    update tag_associations set merge_id = null where (workspace_id, entity_id, tag_id) in (
      select workspace_id, entity_id, tag_id from tag_associations
      where workspace_id = ${workspaceId}::uuid and merge_id = any(${[...deletionIds]}::uuid[]) limit ${limit - own})`
  return own + brought
}

const anyRow = Object.values(tableOfKind)
  .map(
    (table) => `exists (select from ${table} where ${table}.workspace_id = deletions.workspace_id
      and ${table}.deletion_id = deletions.id)`,
  )
  .join(' or ')

/** Removes those of the deletions that hold nothing any more, and says how many. */
export async function removeDeletions(tx: Tx, workspaceId: string, ids: readonly string[]): Promise<number> {
  const values = [workspaceId, [...ids]] as const
  await tx.$executeRawUnsafe(
    'update tag_aliases set merge_id = null where workspace_id = $1::uuid and merge_id = any($2::uuid[])',
    ...values,
  )
  await tx.$executeRawUnsafe(
    'delete from tag_merges where workspace_id = $1::uuid and deletion_id = any($2::uuid[])',
    ...values,
  )
  return tx.$executeRawUnsafe(
    `delete from deletions where workspace_id = $1::uuid and id = any($2::uuid[]) and not (${anyRow})`,
    ...values,
  )
}

/** What is erased of a row that cannot be removed yet. Its name stays: what is in it shows it as its place. */
const erased: Partial<Record<HolderTable, string>> = {
  bookshelves: 'description = null',
  books: 'summary = null',
  blocks: `content = '', attributes = '{}'`,
  checkpoints: 'description = null',
  checkpoint_markers: 'description = null',
  tags: 'description = null, bookshelf_count = 0, book_count = 0, block_count = 0, usage_count = 0',
}

/** Erases the texts of what is left of the deletions, and says how many rows that are. */
export async function eraseHeld(
  tx: Tx,
  workspaceId: string,
  deletionIds: readonly string[],
): Promise<number> {
  let count = 0
  for (const table of holderTables) {
    const text = `update ${table} set ${erased[table]} where workspace_id = $1::uuid and deletion_id = any($2::uuid[]) returning id`
    const rows = await tx.$queryRawUnsafe<{ id: string }[]>(text, workspaceId, [...deletionIds])
    if (rows.length === 0) continue
    const ids = rows.map(({ id }) => id)
    for (const column of ['tag_associations', 'search_documents']) {
      await tx.$executeRawUnsafe(
        `delete from ${column} where workspace_id = $1::uuid and entity_id = any($2::uuid[])`,
        workspaceId,
        ids,
      )
    }
    count += rows.length
  }
  return count
}

/** Takes purged media out of the counts of their blobs. Gives how many blobs have none any more, and their bytes. */
export async function uncountReferences(
  tx: Tx,
  workspaceId: string,
  blobIds: readonly string[],
  now: Date,
): Promise<{ orphaned: number; bytes: bigint }> {
  // In the order of their ids, as everybody locks them.
  await tx.$queryRaw`select id from blobs where workspace_id = ${workspaceId}::uuid
    and id = any(${[...blobIds]}::uuid[]) order by id for no key update`
  const [row] = await tx.$queryRaw<{ orphaned: number; bytes: bigint }[]>`
    with gone as (select id, count(*)::int as count from unnest(${[...blobIds]}::uuid[]) as medium (id) group by id),
    changed as (update blobs set ref_count = ref_count - gone.count,
        orphaned_at = case when ref_count = gone.count then ${now}::timestamptz end
      from gone where blobs.workspace_id = ${workspaceId}::uuid and blobs.id = gone.id
      returning blobs.ref_count, blobs.size_bytes)
    select count(*)::int as orphaned, coalesce(sum(size_bytes), 0)::bigint as bytes from changed where ref_count = 0`
  if (!row) throw new Error('A count has no row.')
  return row
}

/** The workspaces with deletions whose time is over, or whose rows are not all removed. */
export async function workspacesToPurge(db: Db, now: Date): Promise<string[]> {
  const text = `select id from workspaces where exists (select from deletions where workspace_id = workspaces.id
      and restored_at is null and purged_at is null and purge_after <= $1::timestamptz)
    or exists (select from deletions where workspace_id = workspaces.id and purged_at is not null) order by id`
  return (await read<{ id: string }>(db, text, [now])).map(({ id }) => id)
}
