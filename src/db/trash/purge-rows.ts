import type { Tx } from '../client.ts'
import { tableOfKind } from '../rows.ts'
import { and, identifier, type Queryable, type Sql, sql } from '../sql.ts'
import { countedOff } from '../tags/associations.ts'
import { dissolveMerges, inheritAssociations } from '../tags/merges.ts'

/** A column by which rows of one table belong to a row of another. */
interface Reference {
  readonly table: string
  readonly column: string
}

/**
 * OFFSET makes PostgreSQL look for what is in each row by the index, instead of reading the whole table to know which
 * have none.
 */
const holdsNone = (workspaceId: string, { table, column }: Reference, holder: string): Sql =>
  sql`not exists (select from ${identifier(table)} held where held.workspace_id = ${workspaceId}::uuid
    and held.${identifier(column)} = ${identifier(holder)}.id offset 0)`

/** The tables whose rows hold others, from the bottom of the library up, and by which columns. */
const heldBy = {
  blocks: [{ table: 'media', column: 'block_id' }],
  checkpoint_markers: [{ table: 'media', column: 'marker_id' }],
  checkpoints: [{ table: 'checkpoint_markers', column: 'checkpoint_id' }],
  books: [
    { table: 'blocks', column: 'book_id' },
    { table: 'checkpoints', column: 'book_id' },
    { table: 'media', column: 'book_id' },
  ],
  bookshelves: [
    { table: 'books', column: 'bookshelf_id' },
    { table: 'media', column: 'bookshelf_id' },
  ],
  tags: [{ table: 'tags', column: 'parent_id' }],
} as const satisfies Record<string, readonly Reference[]>

export type HolderTable = keyof typeof heldBy
export const holderTables = Object.keys(heldBy) as HolderTable[]

export interface PurgedMedium {
  readonly id: string
  readonly blobId: string
  readonly deletionId: string
}

/** Removes up to `limit` media items of the deletions. */
export async function removeMedia(
  tx: Tx,
  workspaceId: string,
  deletionIds: readonly string[],
  limit: number,
): Promise<PurgedMedium[]> {
  const media = await tx.query<PurgedMedium>(sql`
    delete from media where workspace_id = ${workspaceId}::uuid and id = any(array(
      select id from media where workspace_id = ${workspaceId}::uuid and deletion_id = any(${deletionIds}::uuid[])
      limit ${limit}))
    returning id, blob_id as "blobId", deletion_id as "deletionId"`)
  const ids = media.map(({ id }) => id)
  if (ids.length > 0) await forgetMentions(tx, workspaceId, ids)
  return media
}

/** Up to `limit` empty rows of the deletions. */
export async function emptyHolders(
  db: Queryable,
  table: HolderTable,
  workspaceId: string,
  deletionIds: readonly string[],
  limit: number,
): Promise<string[]> {
  const holdsNothing = and(heldBy[table].map((reference) => holdsNone(workspaceId, reference, table)))
  const rows = await db.query<{ id: string }>(sql`
    select id from ${identifier(table)} where workspace_id = ${workspaceId}::uuid
      and deletion_id = any(${deletionIds}::uuid[]) and ${holdsNothing} limit ${limit}::int`)
  return rows.map(({ id }) => id)
}

/** The dependent rows of each table, which may be many. */
export const hangingOn: Partial<Record<HolderTable, readonly Reference[]>> = {
  bookshelves: [{ table: 'tag_associations', column: 'entity_id' }],
  books: [{ table: 'tag_associations', column: 'entity_id' }],
  blocks: [
    { table: 'tag_associations', column: 'entity_id' },
    { table: 'block_revisions', column: 'block_id' },
    { table: 'text_references', column: 'block_id' },
  ],
}

/** Removes up to `limit` rows that hang on rows of the trash, whose tags do not count. Gives how many it removed. */
export async function removeHanging(
  tx: Tx,
  holder: HolderTable,
  workspaceId: string,
  ids: readonly string[],
  limit: number,
): Promise<number> {
  let removed = 0
  for (const { table, column } of hangingOn[holder] ?? []) {
    removed += await tx.execute(sql`
      delete from ${identifier(table)} where ctid = any(array(select ctid from ${identifier(table)}
        where workspace_id = ${workspaceId}::uuid and ${identifier(column)} = any(${ids}::uuid[])
        limit ${limit - removed}::int))`)
  }
  return removed
}

/** Removes rows that hold nothing and on which nothing hangs that may be many, and what other tables say of them. */
export async function removeHolders(tx: Tx, table: HolderTable, workspaceId: string, ids: readonly string[]) {
  const workspace = sql`workspace_id = ${workspaceId}::uuid`
  if (table === 'tags') await dissolveMerges(tx, workspaceId, ids)
  await forgetMentions(tx, workspaceId, ids)
  await tx.execute(sql`delete from ${identifier(table)} where ${workspace} and id = any(${ids}::uuid[])`)
}

/** Removes the deletions from which items were restored, and the mentions of items as places where others were. */
async function forgetMentions(tx: Tx, workspaceId: string, itemIds: readonly string[]) {
  const workspace = sql`workspace_id = ${workspaceId}::uuid`
  const restored = sql`select id from deletions where ${workspace} and item_id = any(${itemIds}::uuid[])
    and restored_at is not null`
  await tx.execute(sql`delete from deletions where ${workspace} and id = any(array(${restored}))`)
  await tx.execute(sql`
    update deletions set parent_kind = null, parent_id = null
    where ${workspace} and parent_id = any(${itemIds}::uuid[])`)
}

interface Released {
  readonly count: number
  /** The associations that the tags had themselves. */
  readonly tagIds: readonly string[]
  readonly entityIds: readonly string[]
}

/**
 * Removes up to `limit` associations of the tags of the deletions. What their merges brought to other tags becomes
 * those tags' own. Gives how many rows it touched. Lock the associations exclusively: the things that have the tags
 * count, and are not locked.
 */
export async function releaseTags(
  tx: Tx,
  workspaceId: string,
  deletionIds: readonly string[],
  limit: number,
): Promise<number> {
  const [released] = await tx.query<Released>(sql`
    with gone as (delete from tag_associations where ctid = any(array(
      select association.ctid from tags cross join lateral (select ctid from tag_associations
        where workspace_id = ${workspaceId}::uuid and tag_id = tags.id
        order by entity_id limit ${limit}::int) as association
      where tags.workspace_id = ${workspaceId}::uuid and tags.deletion_id = any(${deletionIds}::uuid[])
      limit ${limit}::int))
      returning *), ${countedOff(workspaceId, 'gone')},
    own as (select tag_id, entity_id from gone where merged_from = '{}')
    select (select count(*)::int from gone) as count,
      array(select tag_id from own order by entity_id, tag_id) as "tagIds",
      array(select entity_id from own order by entity_id, tag_id) as "entityIds"`)
  if (!released) return 0
  const { count, tagIds, entityIds } = released
  return tagIds.length === 0 ? count : count + (await inheritAssociations(tx, workspaceId, tagIds, entityIds))
}

/** Removes those of the deletions that do not hold anything any more. Gives how many it removed. */
export async function removeDeletions(tx: Tx, workspaceId: string, ids: readonly string[]): Promise<number> {
  const workspace = sql`workspace_id = ${workspaceId}::uuid`
  const holdsNothing = and(
    Object.values(tableOfKind).map((table) =>
      holdsNone(workspaceId, { table, column: 'deletion_id' }, 'deletions'),
    ),
  )
  return tx.execute(
    sql`delete from deletions where ${workspace} and id = any(${ids}::uuid[]) and ${holdsNothing}`,
  )
}

/**
 * Takes purged media out of the counts of their blobs. Gives how many blobs have no medium any more, and their bytes.
 */
export async function uncountReferences(
  tx: Tx,
  workspaceId: string,
  blobIds: readonly string[],
  now: Date,
): Promise<{ orphaned: number; bytes: bigint }> {
  // In the order of their ids, in which every transaction locks them.
  await tx.query(sql`select id from blobs where workspace_id = ${workspaceId}::uuid
    and id = any(${blobIds}::uuid[]) order by id for no key update`)
  const [row] = await tx.query<{ orphaned: number; bytes: bigint }>(sql`
    with gone as (select id, count(*)::int as count from unnest(${blobIds}::uuid[]) as medium (id) group by id),
    changed as (update blobs set ref_count = ref_count - gone.count,
        orphaned_at = case when ref_count = gone.count then ${now}::timestamptz end
      from gone where blobs.workspace_id = ${workspaceId}::uuid and blobs.id = gone.id
        and blobs.id = any(${blobIds}::uuid[])
      returning blobs.ref_count, blobs.size_bytes)
    select count(*)::int as orphaned, coalesce(sum(size_bytes), 0)::bigint as bytes from changed where ref_count = 0`)
  if (!row) throw new Error('A count has no row.')
  return row
}
