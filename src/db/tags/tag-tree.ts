import { keysOfName } from '../../domain/tag-tree.ts'
import type { Written } from '../changes.ts'
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

/** The condition that a tag has the name with this key, as the first among its siblings or as a twin. */
export function hasNameKey(key: string): Sql {
  const { from, below } = keysOfName(key)
  return sql`name_key >= ${from} and name_key < ${below}`
}

/** Another live tag with this name among the children of a parent (null: the top level). */
export async function siblingNamed(
  tx: Tx,
  tag: { readonly id: string; readonly workspaceId: string },
  parentId: string | null,
  nameKey: string,
): Promise<TagRow | undefined> {
  const [row] = await tx.query<TagRow>(sql`select ${selections.tags.columns} from tags
    where workspace_id = ${tag.workspaceId}::uuid and ${hasNameKey(nameKey)} and deletion_id is null
      and ${parentId === null ? sql`parent_id is null` : sql`parent_id = ${parentId}::uuid`}
      and id <> ${tag.id}::uuid
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

/** A tag that moves, and its new parent; null is the top level. */
export interface Move {
  readonly id: string
  readonly parentId: string | null
}

/**
 * Moves tags below other parents, which counts as a change of each, and updates the paths of everything below them,
 * trashed or not. If one of the tags is below another, tags below both follow the nearer one. No new parent may be
 * below one of the tags.
 */
export async function moveSubtrees(tx: Tx, workspaceId: string, moves: readonly Move[], written: Written) {
  const [ids, parentIds] = [moves.map(({ id }) => id), moves.map(({ parentId }) => parentId)]
  await tx.execute(sql`
    with move as (
      select top.id, top.ancestor_ids, cardinality(top.ancestor_ids) as depth, parent.id as parent_id,
        case when parent.id is null then '{}' else parent.ancestor_ids || parent.id end as path
      from unnest(${ids}::uuid[], ${parentIds}::uuid[]) as move (id, parent_id)
      join tags top on top.workspace_id = ${workspaceId}::uuid and top.id = move.id
      left join tags parent on parent.workspace_id = ${workspaceId}::uuid and parent.id = move.parent_id)
    update tags set
      ancestor_ids = moved.path || tags.ancestor_ids[moved.depth + 1 :],
      parent_id = case when moved.is_top then moved.parent_id else tags.parent_id end,
      version = tags.version + moved.is_top::int,
      updated_at = case when moved.is_top then ${written.at}::timestamptz else tags.updated_at end,
      updated_by = case when moved.is_top then ${written.by} else tags.updated_by end
    from (select distinct on (id) * from (
      select id, true as is_top, depth, parent_id, path from move
      union all
      select sub.id, false, move.depth, null, move.path
      from move cross join ${tagsBelow(workspaceId, 'move')} sub) found
      order by id, depth desc offset 0) moved
    where tags.workspace_id = ${workspaceId}::uuid and tags.id = moved.id`)
}
