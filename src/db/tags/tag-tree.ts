import type { Tx } from '../client.ts'
import { lockName } from '../postgres/named-locks.ts'
import type { Rows } from '../rows.ts'
import { selections } from '../selections.ts'
import { identifier, type Sql, sql } from '../sql.ts'

type TagRow = Rows['tags']

/** Sorts after every UUID that the server issues. */
const lastId = sql`'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid`

/** The condition that the row `below` is somewhere below the row `above`: its path begins with that one's. */
export function isBelow(below: string, above: string): Sql {
  const path = identifier(`${below}.ancestor_ids`)
  const whole = sql`${identifier(`${above}.ancestor_ids`)} || ${identifier(`${above}.id`)}`
  return sql`${path} >= ${whole} and ${path} < ${whole} || ${lastId}`
}

/**
 * The tags below each row `above` as a table of a FROM. PostgreSQL expects a ninth of all tags below each when it may
 * join them, and reads them all; OFFSET makes it look for those of one after the other, by the index.
 */
export const tagsBelow = (workspaceId: string, above: string): Sql =>
  sql`lateral (select * from tags below
    where below.workspace_id = ${workspaceId}::uuid and ${isBelow('below', above)} offset 0)`

/** The ids of some tags (`ids` is an SQL array) and of all below them, live or in the trash. */
export const subtreesOf = (workspaceId: string, ids: Sql): Sql =>
  sql`select top.id from tags top where top.workspace_id = ${workspaceId}::uuid and top.id = any(${ids})
    union select sub.id from tags top cross join ${tagsBelow(workspaceId, 'top')} sub
    where top.workspace_id = ${workspaceId}::uuid and top.id = any(${ids})`

/** Makes this transaction the only one that changes the workspace's tag tree, until its end. */
export async function lockTagTree(tx: Tx, workspaceId: string) {
  await lockName(tx, `tag tree ${workspaceId}`)
}

/** Locks tags, all tags below them, and `others`, in the order of their ids, as tagging does. Lock the tree before. */
export async function lockSubtrees(
  tx: Tx,
  workspaceId: string,
  ids: readonly string[],
  others: readonly string[] = [],
) {
  await tx.query(sql`select id from tags where workspace_id = ${workspaceId}::uuid
    and id = any(array(${subtreesOf(workspaceId, sql`${ids}::uuid[]`)}) || ${others}::uuid[])
    order by id for no key update`)
}

/**
 * Prevents objects from being counted twice. Operations that lock the objects they tag, trash or restore take it
 * `shared`; operations that recount tags or attach them without locking each object take it `exclusive`: merges,
 * restores and purges of tags. Take it before any other lock except that of a deletion.
 */
export async function lockAssociations(tx: Tx, workspaceId: string, mode: 'shared' | 'exclusive') {
  await lockName(tx, `tag associations ${workspaceId}`, mode)
}

/** The live tag with this name among the children of a parent (null: the top level). */
export async function siblingNamed(
  tx: Tx,
  workspaceId: string,
  parentId: string | null,
  nameKey: string,
): Promise<TagRow | undefined> {
  const [row] = await tx.query<TagRow>(sql`select ${selections.tags.columns} from tags
    where workspace_id = ${workspaceId}::uuid and name_key = ${nameKey} and deletion_id is null
      and ${parentId === null ? sql`parent_id is null` : sql`parent_id = ${parentId}::uuid`}`)
  return row
}

/** Two tags with the same name, one live below `parentId` and the other live below `otherId`. */
export async function sameNames(tx: Tx, workspaceId: string, parentId: string, otherId: string) {
  const [row] = await tx.query<TagRow>(sql`select ${selections.tags.columns} from tags
    where workspace_id = ${workspaceId}::uuid and parent_id = ${parentId}::uuid and deletion_id is null
      and name_key in (select name_key from tags
        where workspace_id = ${workspaceId}::uuid and parent_id = ${otherId}::uuid and deletion_id is null)
    order by name_key limit 1`)
  return row
}

/** The number of levels of each tag's subtree, including trashed tags: 1 if the tag has no children. */
export async function heightsOf(
  tx: Tx,
  workspaceId: string,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const rows = await tx.query<{ id: string; height: number }>(sql`
    select top.id,
      coalesce(max(cardinality(sub.ancestor_ids)) - cardinality(top.ancestor_ids), 0)::int + 1 as height
    from tags top left join ${tagsBelow(workspaceId, 'top')} sub on true
    where top.workspace_id = ${workspaceId}::uuid and top.id = any(${ids}::uuid[]) group by top.id, top.ancestor_ids`)
  return new Map(rows.map(({ id, height }) => [id, height]))
}

/**
 * The tags that a merge moved and that are still below its target, or moved on with later merges of it. Tags that were
 * trashed with an ancestor stay with that ancestor.
 */
export async function movedByMerge(tx: Tx, workspaceId: string, mergeId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(sql`
    with recursive place (id, moved) as (
      select target_id, moved_child_ids from tag_merges
      where workspace_id = ${workspaceId}::uuid and deletion_id = ${mergeId}::uuid
      union all
      select merge.target_id, array(select unnest(place.moved) intersect select unnest(merge.moved_child_ids))
      from place join tags source on source.workspace_id = ${workspaceId}::uuid and source.id = place.id
      join tag_merges merge on merge.workspace_id = ${workspaceId}::uuid and merge.deletion_id = source.deletion_id)
    select tags.id from tags
    join place on place.id = tags.parent_id and tags.id = any(place.moved)
    where tags.workspace_id = ${workspaceId}::uuid and (tags.deletion_id is null or tags.id = (
      select item_id from deletions
      where deletions.workspace_id = ${workspaceId}::uuid and deletions.id = tags.deletion_id))
    order by tags.id`)
  return rows.map(({ id }) => id)
}

/**
 * Moves tags below another parent, which counts as a change of each, and updates the paths of everything below them,
 * trashed or not. If one of the tags is below another, tags below both follow the nearer one.
 */
export async function moveSubtrees(
  tx: Tx,
  workspaceId: string,
  ids: readonly string[],
  ancestorIds: readonly string[],
  movedAt: Date,
) {
  const parentId = ancestorIds.at(-1) ?? null
  await tx.execute(sql`update tags set
      ancestor_ids = ${ancestorIds}::uuid[] || tags.ancestor_ids[moved.depth + 1 :],
      parent_id = case when moved.is_top then ${parentId}::uuid else tags.parent_id end,
      version = tags.version + moved.is_top::int,
      updated_at = case when moved.is_top then ${movedAt}::timestamptz else tags.updated_at end
    from (select distinct on (id) * from (
      select top.id, true as is_top, cardinality(top.ancestor_ids) as depth from tags top
      where top.workspace_id = ${workspaceId}::uuid and top.id = any(${ids}::uuid[])
      union all
      select sub.id, false, cardinality(top.ancestor_ids)
      from tags top cross join ${tagsBelow(workspaceId, 'top')} sub
      where top.workspace_id = ${workspaceId}::uuid and top.id = any(${ids}::uuid[])) found
      order by id, depth desc offset 0) moved
    where tags.workspace_id = ${workspaceId}::uuid and tags.id = moved.id`)
}
