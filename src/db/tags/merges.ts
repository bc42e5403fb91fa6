import type { Tx } from '../client.ts'
import { type Sql, sql } from '../sql.ts'
import { applied, counted, isLive } from './associations.ts'

/** A source tag that is merged into a target tag. */
export interface Merge {
  readonly sourceId: string
  readonly targetId: string
}

/**
 * The merge of a source into a target with the merges of their equal children: live children of the two with the same
 * name, and so on below these. Parents come first. A child that has the name of the source itself, which is below the
 * same tag, counts too, but nothing below the source.
 */
export const equalBelow = (tx: Tx, workspaceId: string, { sourceId, targetId }: Merge): Promise<Merge[]> =>
  tx.query(sql`
    with recursive merge (source_id, target_id, depth, name_key) as (
      select ${sourceId}::uuid, ${targetId}::uuid, 0, '' collate "C"
      union all
      select child.id, twin.id, depth + 1, child.name_key from merge
      cross join lateral (select id, name_key from tags where workspace_id = ${workspaceId}::uuid
        and parent_id = merge.source_id and deletion_id is null offset 0) child
      cross join lateral (select id from tags where workspace_id = ${workspaceId}::uuid
        and parent_id = merge.target_id and name_key = child.name_key and deletion_id is null offset 0) twin
      where merge.target_id <> ${sourceId}::uuid)
    select source_id as "sourceId", target_id as "targetId" from merge order by depth, name_key, source_id`)

/** A live child of a merged source that is not merged itself, and where it goes. */
export interface Child extends Merge {
  readonly id: string
}

/** The live children of the sources that are not sources themselves. */
export function childrenOfSources(tx: Tx, workspaceId: string, merges: readonly Merge[]): Promise<Child[]> {
  const [sources, targets] = [merges.map(({ sourceId }) => sourceId), merges.map(({ targetId }) => targetId)]
  return tx.query(sql`
    select child.id, merge.source_id as "sourceId", merge.target_id as "targetId"
    from unnest(${sources}::uuid[], ${targets}::uuid[]) as merge (source_id, target_id)
    cross join lateral (select id from tags
      where workspace_id = ${workspaceId}::uuid and parent_id = merge.source_id and deletion_id is null offset 0) child
    where child.id <> all(${sources}::uuid[]) order by child.id`)
}

/**
 * CTEs for the merges that a deletion holds: `merged` (source_id, target_id), `above` with the tags that each source
 * went into, directly or with later merges, and `origins` with the sources and all tags that were merged into them.
 */
const mergesOf = (workspaceId: string, deletionId: string): Sql => sql`
  merged as (
    select merge.source_id, merge.target_id from tags
    join tag_merges merge on merge.workspace_id = ${workspaceId}::uuid and merge.source_id = tags.id
    where tags.workspace_id = ${workspaceId}::uuid and tags.deletion_id = ${deletionId}::uuid),
  above (source_id, id) as (
    select source_id, target_id from merged
    union select above.source_id, merge.target_id from above
    join tag_merges merge on merge.workspace_id = ${workspaceId}::uuid and merge.source_id = above.id),
  origins (id) as (
    select source_id from merged
    union select merge.source_id from origins
    join tag_merges merge on merge.workspace_id = ${workspaceId}::uuid and merge.target_id = origins.id)`

/**
 * Attaches each target to everything that has its source. The associations name the tags that they come from, unless
 * the target has them itself.
 */
export async function mergeAssociations(tx: Tx, workspaceId: string, merges: readonly Merge[]) {
  const [sources, targets] = [merges.map(({ sourceId }) => sourceId), merges.map(({ targetId }) => targetId)]
  await tx.execute(sql`
    with written as (
      insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, merged_from, created_at)
      select ${workspaceId}::uuid, merge.target_id, source.entity_type, source.entity_id,
        case source.merged_from when '{}' then array[merge.source_id] else source.merged_from end, source.created_at
      from unnest(${sources}::uuid[], ${targets}::uuid[]) as merge (source_id, target_id)
      cross join lateral (select * from tag_associations
        where workspace_id = ${workspaceId}::uuid and tag_id = merge.source_id offset 0) source
      on conflict (workspace_id, entity_id, tag_id) do update set merged_from = array(
          select unnest(tag_associations.merged_from) union select unnest(excluded.merged_from))
        where tag_associations.merged_from <> '{}'
      returning *, xmax = 0 as is_new),
    changed as (select tag_id, entity_type from written where is_new and ${isLive('written')}), ${counted}
    ${applied(workspaceId, '+')}`)
}

/**
 * Takes back what the merges of a deletion brought, from their targets and from the tags that those went into since.
 * What these tags also have from elsewhere, or themselves, stays.
 */
export async function unmergeAssociations(tx: Tx, workspaceId: string, deletionId: string) {
  await tx.execute(sql`
    with recursive ${mergesOf(workspaceId, deletionId)},
    origin (ids) as (select array(select id from origins)),
    touched as (
      select one.ctid as at, one.merged_from <@ origin.ids as is_lost
      from origin cross join above
      cross join lateral (select entity_id from tag_associations
        where workspace_id = ${workspaceId}::uuid and tag_id = above.source_id offset 0) source
      cross join lateral (select ctid, merged_from from tag_associations
        where workspace_id = ${workspaceId}::uuid and entity_id = source.entity_id and tag_id = above.id offset 0) one
      where one.merged_from && origin.ids),
    kept as (
      update tag_associations one set merged_from = array(
        select unnest(one.merged_from) except select id from origins)
      where ctid = any(array(select at from touched where not is_lost))),
    gone as (
      delete from tag_associations where ctid = any(array(select at from touched where is_lost)) returning *),
    changed as (select tag_id, entity_type from gone where ${isLive('gone')}), ${counted}
    ${applied(workspaceId, '-')}`)
}

/** Takes back the aliases of these merges likewise. Gives the tags whose names may have changed. */
export async function unmergeAliases(tx: Tx, workspaceId: string, deletionId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(sql`
    with recursive ${mergesOf(workspaceId, deletionId)},
    gone as (
      delete from tag_aliases where workspace_id = ${workspaceId}::uuid and tag_id = any(array(select id from above))
        and merged_from = any(array(select id from origins)))
    select id from above union select source_id from merged`)
  return rows.map(({ id }) => id)
}

/** Ends the merges of a deletion, whose sources are about to be live. */
export async function endMerges(tx: Tx, workspaceId: string, deletionId: string) {
  await tx.execute(sql`delete from tag_merges where workspace_id = ${workspaceId}::uuid and source_id = any(array(
    select id from tags where workspace_id = ${workspaceId}::uuid and deletion_id = ${deletionId}::uuid))`)
}

/** Of the tags that a merge into `place` moved, those that the merge of `place` moved on. */
const movedOn = sql`array(select unnest(place.moved) intersect select unnest(merge.moved_child_ids))`

/** A tag that a merge moved, and the source that it was below. */
export interface MovedTag {
  readonly id: string
  readonly sourceId: string
}

/**
 * The tags that the merges of a deletion moved and that are still below the target, or moved on with later merges of
 * it. Tags that were trashed with an ancestor stay with that ancestor. So does a live tag that was renamed since and
 * would be a sibling of one with the same name.
 */
export function movedByMerges(tx: Tx, workspaceId: string, deletionId: string): Promise<MovedTag[]> {
  return tx.query(sql`
    with recursive place (source_id, id, moved) as (
      select merge.source_id, merge.target_id, merge.moved_child_ids from tags
      join tag_merges merge on merge.workspace_id = ${workspaceId}::uuid and merge.source_id = tags.id
      where tags.workspace_id = ${workspaceId}::uuid and tags.deletion_id = ${deletionId}::uuid
      union all
      select place.source_id, merge.target_id, ${movedOn}
      from place join tag_merges merge on merge.workspace_id = ${workspaceId}::uuid and merge.source_id = place.id)
    select tags.id, place.source_id as "sourceId" from tags
    join place on place.id = tags.parent_id and tags.id = any(place.moved)
    where tags.workspace_id = ${workspaceId}::uuid and (tags.deletion_id is null or tags.id = (
        select item_id from deletions
        where deletions.workspace_id = ${workspaceId}::uuid and deletions.id = tags.deletion_id))
      and not exists (select from tags sibling where sibling.workspace_id = ${workspaceId}::uuid
        and sibling.parent_id = place.source_id and sibling.name_key = tags.name_key
        and sibling.deletion_id = ${deletionId}::uuid and tags.deletion_id is null)
    order by tags.id`)
}

/**
 * CTE `heir`: for each of some merged tags, which are being purged, the nearest tag that it went into and that is not
 * being purged. What comes from the merged tag comes from that one from then on. `above` are all tags that it went
 * into.
 */
const heirsOf = (workspaceId: string, tagIds: readonly string[]): Sql => sql`
  above (source_id, id, distance) as (
    select source_id, target_id, 1 from tag_merges
    where workspace_id = ${workspaceId}::uuid and source_id = any(${tagIds}::uuid[])
    union all select above.source_id, merge.target_id, distance + 1 from above
    join tag_merges merge on merge.workspace_id = ${workspaceId}::uuid and merge.source_id = above.id),
  heir as (
    select distinct on (source_id) above.* from above
    join tags on tags.workspace_id = ${workspaceId}::uuid and tags.id = above.id
    left join deletions on deletions.workspace_id = ${workspaceId}::uuid and deletions.id = tags.deletion_id
    where deletions.purged_at is null order by source_id, distance)`

/**
 * Hands over what came from tags that are being purged, of some objects: `tagIds` and `entityIds` are the associations
 * of those tags. The tag that a purged one was merged into has the object itself from then on. Gives how many rows it
 * changed.
 */
export const inheritAssociations = (
  tx: Tx,
  workspaceId: string,
  tagIds: readonly string[],
  entityIds: readonly string[],
): Promise<number> =>
  tx.execute(sql`
    with recursive ${heirsOf(workspaceId, tagIds)}
    update tag_associations one set merged_from = (
      select case when one.tag_id = any(ids) then '{}' else ids end
      from (select array(select distinct coalesce(heir.id, origin.id) from unnest(one.merged_from) as origin (id)
        left join heir on heir.source_id = origin.id) as ids) as inherited)
    where ctid = any(array(
      select found.at from unnest(${tagIds}::uuid[], ${entityIds}::uuid[]) as gone (tag_id, entity_id)
      join heir on heir.source_id = gone.tag_id
      join above on above.source_id = gone.tag_id and above.distance >= heir.distance
      cross join lateral (select ctid as at from tag_associations
        where workspace_id = ${workspaceId}::uuid and entity_id = gone.entity_id and tag_id = above.id
          and gone.tag_id = any(merged_from) offset 0) found))`)

/**
 * Takes tags that are about to be removed out of all merges. What was merged into them counts as merged into the tag
 * that they were merged into, or as not merged when there is none.
 */
export async function dissolveMerges(tx: Tx, workspaceId: string, tagIds: readonly string[]) {
  const workspace = sql`workspace_id = ${workspaceId}::uuid`
  await tx.execute(sql`delete from tag_aliases where ${workspace} and tag_id = any(${tagIds}::uuid[])`)
  await tx.execute(sql`
    with recursive ${heirsOf(workspaceId, tagIds)}
    update tag_aliases alias set merged_from = (
      select nullif(heir.id, alias.tag_id) from heir where heir.source_id = alias.merged_from)
    where ${workspace} and merged_from = any(${tagIds}::uuid[])`)
  await tx.execute(sql`
    with recursive place (source_id, id, moved) as (
      select source_id, target_id, moved_child_ids from tag_merges
      where ${workspace} and target_id = any(${tagIds}::uuid[]) and source_id <> all(${tagIds}::uuid[])
      union all
      select place.source_id, merge.target_id, ${movedOn}
      from place join tag_merges merge on merge.workspace_id = ${workspaceId}::uuid and merge.source_id = place.id
      where place.id = any(${tagIds}::uuid[])),
    found as (select * from place where id <> all(${tagIds}::uuid[])),
    lost as (
      delete from tag_merges where ${workspace} and (source_id = any(${tagIds}::uuid[])
        or target_id = any(${tagIds}::uuid[]) and source_id <> all(array(select source_id from found))))
    update tag_merges merge set target_id = found.id, moved_child_ids = found.moved from found
    where ${workspace} and merge.source_id = found.source_id`)
  await tx.execute(sql`
    update tag_merges set moved_child_ids = array(select id from unnest(moved_child_ids) id
      where id <> all(${tagIds}::uuid[])) where ${workspace} and moved_child_ids && ${tagIds}::uuid[]`)
}
