import type { Tx } from '../client.ts'
import { tableOfKind } from '../rows.ts'
import { countedOff } from '../tags/associations.ts'

/** OFFSET has PostgreSQL look for what is in each row by the index, not read all there is of a table to know whose are none. */
const holdsNone = (table: string, column: string, holder: string) =>
  `not exists (select from ${table} held where held.workspace_id = $1::uuid and held.${column} = ${holder}.id offset 0)`

/** What holds others, from the bottom up, and when it holds nothing any more. */
const holders = {
  blocks: [holdsNone('media', 'block_id', 'blocks')],
  checkpoint_markers: [holdsNone('media', 'marker_id', 'checkpoint_markers')],
  checkpoints: [holdsNone('checkpoint_markers', 'checkpoint_id', 'checkpoints')],
  books: [
    holdsNone('blocks', 'book_id', 'books'),
    holdsNone('checkpoints', 'book_id', 'books'),
    holdsNone('media', 'book_id', 'books'),
  ],
  bookshelves: [
    holdsNone('books', 'bookshelf_id', 'bookshelves'),
    holdsNone('media', 'bookshelf_id', 'bookshelves'),
  ],
  tags: [holdsNone('tags', 'parent_id', 'tags')],
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
  const media = await tx.$queryRaw<PurgedMedium[]>`
    delete from media where workspace_id = ${workspaceId}::uuid and id = any(array(
      select id from media where workspace_id = ${workspaceId}::uuid and deletion_id = any(${[...deletionIds]}::uuid[])
      limit ${limit}))
    returning id, blob_id as "blobId", deletion_id as "deletionId"`
  const ids = media.map(({ id }) => id)
  if (ids.length > 0) await forgetMentions(tx, workspaceId, ids)
  return media
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

/** What hangs on a row and may be many. */
export const hangingOn: Partial<Record<HolderTable, readonly { table: string; column: string }[]>> = {
  bookshelves: [{ table: 'tag_associations', column: 'entity_id' }],
  books: [{ table: 'tag_associations', column: 'entity_id' }],
  blocks: [
    { table: 'tag_associations', column: 'entity_id' },
    { table: 'block_revisions', column: 'block_id' },
  ],
}

/** Removes up to `limit` rows that hang on rows of the trash, whose tags do not count, and says how many. */
export async function removeHanging(
  tx: Tx,
  table: HolderTable,
  workspaceId: string,
  ids: readonly string[],
  limit: number,
): Promise<number> {
  let removed = 0
  for (const hanging of hangingOn[table] ?? []) {
    const text = `delete from ${hanging.table} where ctid = any(array(select ctid from ${hanging.table}
      where workspace_id = $1::uuid and ${hanging.column} = any($2::uuid[]) limit $3::int))`
    removed += await tx.$executeRawUnsafe(text, workspaceId, [...ids], limit - removed)
  }
  return removed
}

/** Removes rows that hold nothing and that nothing many hangs on, with what tells of them elsewhere. */
export async function removeHolders(tx: Tx, table: HolderTable, workspaceId: string, ids: readonly string[]) {
  const change = (text: string) => tx.$executeRawUnsafe(text, workspaceId, [...ids])
  if (table === 'tags') {
    await change('delete from tag_aliases where workspace_id = $1::uuid and tag_id = any($2::uuid[])')
    await change('delete from tag_merges where workspace_id = $1::uuid and target_id = any($2::uuid[])')
    await change(`update tag_merges set moved_child_ids = array(select id from unnest(moved_child_ids) id
      where id <> all($2::uuid[])) where workspace_id = $1::uuid and moved_child_ids && $2::uuid[]`)
  }
  await forgetMentions(tx, workspaceId, ids)
  await change(`delete from ${table} where workspace_id = $1::uuid and id = any($2::uuid[])`)
}

/** Removes the deletions that items were restored from, and the items from where others once were. */
async function forgetMentions(tx: Tx, workspaceId: string, itemIds: readonly string[]) {
  const change = (text: string) => tx.$executeRawUnsafe(text, workspaceId, [...itemIds])
  const restored = `select id from deletions where workspace_id = $1::uuid and item_id = any($2::uuid[])
    and restored_at is not null`
  await change(
    `delete from tag_merges where workspace_id = $1::uuid and deletion_id = any(array(${restored}))`,
  )
  await change(`delete from deletions where workspace_id = $1::uuid and id = any(array(${restored}))`)
  await change(`update deletions set parent_kind = null, parent_id = null
    where workspace_id = $1::uuid and parent_id = any($2::uuid[])`)
}

interface Released {
  readonly count: number
  /** Of those whose tag was merged: into which, by which merge, and what has it. */
  readonly targets: readonly string[]
  readonly merges: readonly string[]
  readonly entities: readonly string[]
}

/**
 * What an earlier merge has brought to the same target, and this one would have, is the target's own too: taking the earlier one
 * back leaves it, as it would while this one could still be taken back.
 */
async function keepBrought(tx: Tx, workspaceId: string, { targets, merges, entities }: Released) {
  if (targets.length === 0) return
  await tx.$executeRawUnsafe(
    `update tag_associations brought set merge_id = null
      from unnest($2::uuid[], $3::uuid[], $4::uuid[]) as released (target_id, deletion_id, entity_id)
      where brought.workspace_id = $1::uuid and brought.tag_id = released.target_id
        and brought.entity_id = released.entity_id and brought.merge_id < released.deletion_id`,
    workspaceId,
    [...targets],
    [...merges],
    [...entities],
  )
}

/**
 * Takes up to `limit` associations from the tags of the deletions; what their merges brought to others is the others' own from
 * now on. Says how many rows it touched. Lock the associations exclusively: what has the tags is not locked, and counts.
 */
export async function releaseTags(
  tx: Tx,
  workspaceId: string,
  deletionIds: readonly string[],
  limit: number,
): Promise<number> {
  const release = `with gone as (delete from tag_associations where ctid = any(array(
      select association.ctid from tags cross join lateral (select ctid from tag_associations
        where workspace_id = $1::uuid and tag_id = tags.id order by entity_id limit $3::int) as association
      where tags.workspace_id = $1::uuid and tags.deletion_id = any($2::uuid[]) limit $3::int))
      returning *), ${countedOff('gone')},
    merged as (select merge.target_id, merge.deletion_id, gone.entity_id from gone
      join tags on tags.workspace_id = $1::uuid and tags.id = gone.tag_id
      join tag_merges merge on merge.workspace_id = $1::uuid and merge.deletion_id = tags.deletion_id)
    select (select count(*)::int from gone) as count, array(select target_id from merged order by entity_id, target_id) as targets,
      array(select deletion_id from merged order by entity_id, target_id) as merges,
      array(select entity_id from merged order by entity_id, target_id) as entities`
  const [released] = await tx.$queryRawUnsafe<Released[]>(release, workspaceId, [...deletionIds], limit)
  const own = released?.count ?? 0
  if (released) await keepBrought(tx, workspaceId, released)
  const keep = `update tag_associations set merge_id = null where ctid = any(array(select ctid from tag_associations
    where workspace_id = $1::uuid and merge_id = any($2::uuid[]) limit $3::int))`
  return own + (await tx.$executeRawUnsafe(keep, workspaceId, [...deletionIds], limit - own))
}

const anyRow = Object.values(tableOfKind)
  .map((table) => holdsNone(table, 'deletion_id', 'deletions'))
  .join(' and ')

/** Removes those of the deletions that hold nothing any more, and says how many. */
export async function removeDeletions(tx: Tx, workspaceId: string, ids: readonly string[]): Promise<number> {
  const change = (text: string) => tx.$executeRawUnsafe(text, workspaceId, [...ids])
  await change(
    'update tag_aliases set merge_id = null where workspace_id = $1::uuid and merge_id = any($2::uuid[])',
  )
  await change('delete from tag_merges where workspace_id = $1::uuid and deletion_id = any($2::uuid[])')
  return change(`delete from deletions where workspace_id = $1::uuid and id = any($2::uuid[]) and ${anyRow}`)
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
        and blobs.id = any(${[...blobIds]}::uuid[])
      returning blobs.ref_count, blobs.size_bytes)
    select count(*)::int as orphaned, coalesce(sum(size_bytes), 0)::bigint as bytes from changed where ref_count = 0`
  if (!row) throw new Error('A count has no row.')
  return row
}
