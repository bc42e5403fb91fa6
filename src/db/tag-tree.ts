import type { Tx } from './client.ts'
import { type Rows, selections } from './rows.ts'

type TagRow = Rows['tags']

/** Sorts after every UUID that is given out. */
const lastId = `'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid`

/** The condition that the row `below` is somewhere below the row `above`: its path begins with that one's. */
export const isBelow = (below: string, above: string) =>
  `${below}.ancestor_ids >= ${above}.ancestor_ids || ${above}.id
    and ${below}.ancestor_ids < ${above}.ancestor_ids || ${above}.id || ${lastId}`

/**
 * The tags below each row `above` as a table of a FROM ($1 is the workspace). PostgreSQL expects a ninth of all tags below
 * each when it may join them, and reads them all; OFFSET has it look for those of one after the other, by the index.
 */
export const tagsBelow = (above: string) =>
  `lateral (select * from tags below where below.workspace_id = $1::uuid and ${isBelow('below', above)} offset 0)`

/** The ids of some tags ($1 is the workspace, `ids` an SQL array) and of all below them, live or in the trash. */
export const subtreesOf = (ids: string) =>
  `select top.id from tags top where top.workspace_id = $1::uuid and top.id = any(${ids})
   union select sub.id from tags top cross join ${tagsBelow('top')} sub
   where top.workspace_id = $1::uuid and top.id = any(${ids})`

/** Makes this transaction the only one that changes the workspace's tree of tags, until its end. */
export async function lockTagTree(tx: Tx, workspaceId: string) {
  const name = `tag tree ${workspaceId}`
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`
}

/**
 * Keeps what has which tag from being counted twice. `shared` is for those who lock the things they tag, trash or restore;
 * `exclusive` is for a merge, which gives a tag to things without locking each. Take it before any other lock.
 */
export async function lockAssociations(tx: Tx, workspaceId: string, mode: 'shared' | 'exclusive') {
  const name = `tag associations ${workspaceId}`
  if (mode === 'shared')
    await tx.$executeRaw`select pg_advisory_xact_lock_shared(hashtextextended(${name}, 0))`
  else await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`
}

/** The live tag of this name among the tags below a parent (null: at the top). */
export async function siblingNamed(
  tx: Tx,
  workspaceId: string,
  parentId: string | null,
  nameKey: string,
): Promise<TagRow | undefined> {
  const text = `select ${selections.tags.columns} from tags where workspace_id = $1::uuid
    and name_key = $2 and deletion_id is null and ${parentId === null ? 'parent_id is null' : 'parent_id = $3::uuid'}`
  const values = parentId === null ? [] : [parentId]
  const [row] = await tx.$queryRawUnsafe<TagRow[]>(text, workspaceId, nameKey, ...values)
  return row
}

/** Two tags of one name, of which one is live below `parentId` and the other live below `otherId`. */
export async function sameNames(tx: Tx, workspaceId: string, parentId: string, otherId: string) {
  const text = `select ${selections.tags.columns} from tags where workspace_id = $1::uuid and parent_id = $2::uuid
    and deletion_id is null and name_key in (select name_key from tags
      where workspace_id = $1::uuid and parent_id = $3::uuid and deletion_id is null) order by name_key limit 1`
  const [row] = await tx.$queryRawUnsafe<TagRow[]>(text, workspaceId, parentId, otherId)
  return row
}

/** How many levels a tag has with everything below it, the trash included: 1 when nothing is. */
export async function heightOf(tx: Tx, tag: TagRow): Promise<number> {
  const text = `select coalesce(max(cardinality(sub.ancestor_ids)), $3::int)::int - $3::int + 1 as height
    from tags top cross join ${tagsBelow('top')} sub
    where top.workspace_id = $1::uuid and top.id = $2::uuid`
  const [row] = await tx.$queryRawUnsafe<{ height: number }[]>(
    text,
    tag.workspaceId,
    tag.id,
    tag.ancestorIds.length,
  )
  return row?.height ?? 1
}

/** How many levels are below a tag, but for what its trashed children have: 0 when there is nothing. */
export async function heightBelow(tx: Tx, tag: TagRow): Promise<number> {
  const text = `select coalesce(max(cardinality(sub.ancestor_ids)), $3::int)::int - $3::int as height
    from tags top join tags sub on sub.workspace_id = top.workspace_id and ${isBelow('sub', 'top')}
    join tags child on child.workspace_id = top.workspace_id
      and child.id = coalesce(sub.ancestor_ids[$3::int + 2], sub.id) and child.deletion_id is null
    where top.workspace_id = $1::uuid and top.id = $2::uuid`
  const [row] = await tx.$queryRawUnsafe<{ height: number }[]>(
    text,
    tag.workspaceId,
    tag.id,
    tag.ancestorIds.length,
  )
  return row?.height ?? 0
}

/**
 * The tags that a merge moved and that are still below its target, or went on from there with later merges of it. Those
 * that are in the trash because something above them is belong to that.
 */
export async function movedByMerge(tx: Tx, workspaceId: string, mergeId: string): Promise<TagRow[]> {
  const text = `with recursive place (id, moved) as (
      select target_id, moved_child_ids from tag_merges where workspace_id = $1::uuid and deletion_id = $2::uuid
      union all
      select merge.target_id, array(select unnest(place.moved) intersect select unnest(merge.moved_child_ids))
      from place join tags source on source.workspace_id = $1::uuid and source.id = place.id
      join tag_merges merge on merge.workspace_id = $1::uuid and merge.deletion_id = source.deletion_id)
    select ${selections.tags.columns} from tags
    join place on place.id = tags.parent_id and tags.id = any(place.moved)
    where tags.workspace_id = $1::uuid and (tags.deletion_id is null or tags.id = (
      select item_id from deletions where deletions.workspace_id = $1::uuid and deletions.id = tags.deletion_id))
    order by tags.id`
  return tx.$queryRawUnsafe<TagRow[]>(text, workspaceId, mergeId)
}

/** Gives a tag another parent, and everything below it, trashed or not, its new path. */
export async function moveSubtree(
  tx: Tx,
  { workspaceId, id }: { workspaceId: string; id: string },
  ancestorIds: readonly string[],
) {
  const text = `update tags set
      ancestor_ids = $3::uuid[] || tags.ancestor_ids[cardinality(top.ancestor_ids) + 1 :],
      parent_id = case when tags.id = top.id then $4::uuid else tags.parent_id end
    from (select id, ancestor_ids from tags where workspace_id = $1::uuid and id = $2::uuid) top
    where tags.workspace_id = $1::uuid and tags.id = any(array(${subtreesOf('array[$2::uuid]')}))`
  await tx.$executeRawUnsafe(text, workspaceId, id, ancestorIds, ancestorIds.at(-1) ?? null)
}
