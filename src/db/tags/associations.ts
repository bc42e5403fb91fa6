import type { Tx } from '../client.ts'
import { tableOfTaggable, type TaggableType } from '../rows.ts'

export interface Entity {
  readonly id: string
  readonly type: TaggableType
}

/** Locks those of the ids that are live bookshelves, books and blocks, from the top of the library downwards. */
export async function lockEntities(tx: Tx, workspaceId: string, ids: readonly string[]): Promise<Entity[]> {
  const locked: Entity[] = []
  for (const [type, table] of Object.entries(tableOfTaggable)) {
    const text = `select id, '${type}' as type from ${table} where workspace_id = $1::uuid and id = any($2::uuid[])
      and deletion_id is null order by id for no key update`
    locked.push(...(await tx.$queryRawUnsafe<Entity[]>(text, workspaceId, ids)))
  }
  return locked
}

/** Locks those of the tags that are live, and says which. */
export async function lockTags(tx: Tx, workspaceId: string, ids: readonly string[]): Promise<string[]> {
  const text = `select id from tags where workspace_id = $1::uuid and id = any($2::uuid[]) and deletion_id is null
    order by id for no key update`
  const rows = await tx.$queryRawUnsafe<{ id: string }[]>(text, workspaceId, ids)
  return rows.map(({ id }) => id)
}

/** From the CTE `changed` (tag_id, entity_type) to the counts of each tag. */
const counted = `counted as (
  select tag_id, count(*) filter (where entity_type = 'BOOKSHELF') as bookshelves,
    count(*) filter (where entity_type = 'BOOK') as books,
    count(*) filter (where entity_type = 'BLOCK') as blocks, count(*) as total
  from changed group by tag_id)`

/** From `counted`: the statement that adds the counts to the tags, or takes them away. */
const applied = (
  sign: '+' | '-',
) => `update tags set bookshelf_count = bookshelf_count ${sign} counted.bookshelves,
    book_count = book_count ${sign} counted.books, block_count = block_count ${sign} counted.blocks,
    usage_count = usage_count ${sign} counted.total
  from counted where tags.workspace_id = $1::uuid and tags.id = counted.tag_id`

/** Gives all tags to all entities, which are locked. Says how many associations are new, and which entities got any. */
export async function insertAssociations(
  tx: Tx,
  workspaceId: string,
  tagIds: readonly string[],
  entities: readonly Entity[],
  createdAt: Date,
): Promise<{ count: number; entityIds: string[] }> {
  // Who attaches what a merge brought makes it their own: taking the merge back leaves it.
  const text = `with written as (
      insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, created_at)
      select $1::uuid, tag.id, entity.type::taggable_type, entity.id, $5::timestamptz
      from unnest($2::uuid[]) as tag (id) cross join unnest($3::uuid[], $4::text[]) as entity (id, type)
      on conflict (workspace_id, entity_id, tag_id) do update set merge_id = null
        where tag_associations.merge_id is not null
      returning tag_id, entity_type, entity_id, xmax = 0 as is_new),
    changed as (select * from written where is_new), ${counted}, updated as (${applied('+')})
    select count(*)::int as count, array(select distinct entity_id from changed) as "entityIds" from changed`
  const [row] = await tx.$queryRawUnsafe<{ count: number; entityIds: string[] }[]>(
    text,
    workspaceId,
    tagIds,
    entities.map(({ id }) => id),
    entities.map(({ type }) => type),
    createdAt,
  )
  return row ?? { count: 0, entityIds: [] }
}

/** Takes all tags from all entities, which are locked. Says how many associations there were. */
export async function deleteAssociations(
  tx: Tx,
  workspaceId: string,
  tagIds: readonly string[],
  entityIds: readonly string[],
): Promise<number> {
  const text = `with changed as (
      delete from tag_associations where workspace_id = $1::uuid and entity_id = any($3::uuid[])
        and tag_id = any($2::uuid[]) returning tag_id, entity_type), ${counted}, updated as (${applied('-')})
    select count(*)::int as count from changed`
  const [row] = await tx.$queryRawUnsafe<{ count: number }[]>(text, workspaceId, tagIds, entityIds)
  return row?.count ?? 0
}

/** One of the entities that has more live tags than the limit, if there is one. */
export async function entityWithTooManyTags(
  tx: Tx,
  workspaceId: string,
  entityIds: readonly string[],
  limit: number,
): Promise<string | undefined> {
  const text = `select entity_id as id from tag_associations association
    join tags on tags.workspace_id = association.workspace_id and tags.id = association.tag_id
    where association.workspace_id = $1::uuid and association.entity_id = any($2::uuid[]) and tags.deletion_id is null
    group by entity_id having count(*) > $3::int limit 1`
  const [row] = await tx.$queryRawUnsafe<{ id: string }[]>(text, workspaceId, entityIds, limit)
  return row?.id
}

/** The associations of what a deletion holds. OFFSET keeps PostgreSQL from comparing each with all that it holds. */
const ofDeletion = `select association.tag_id, association.entity_type from (${Object.values(tableOfTaggable)
  .map((table) => `select id from ${table} where workspace_id = $1::uuid and deletion_id = $2::uuid`)
  .join(' union all ')}) entity cross join lateral (select tag_id, entity_type from tag_associations
    where workspace_id = $1::uuid and entity_id = entity.id offset 0) association`

const countDeletion = (sign: '+' | '-') => `with changed as (${ofDeletion}), ${counted},
  locked as (select tags.id from tags join counted on counted.tag_id = tags.id where tags.workspace_id = $1::uuid
    order by tags.id for no key update of tags)
  ${applied(sign)} and tags.id = any(array(select id from locked))`

/** Takes what a deletion has just marked out of the counts of its tags. */
export const uncountDeletion = (tx: Tx, workspaceId: string, deletionId: string) =>
  tx.$executeRawUnsafe(countDeletion('-'), workspaceId, deletionId)

/** Puts what a deletion holds back into the counts of its tags; call it before it is unmarked. */
export const recountDeletion = (tx: Tx, workspaceId: string, deletionId: string) =>
  tx.$executeRawUnsafe(countDeletion('+'), workspaceId, deletionId)

/** An association is of something live. OFFSET keeps PostgreSQL from reading all there are to look for a few among them. */
export const isLive = (association: string) =>
  `(${Object.entries(tableOfTaggable)
    .map(
      ([type, table]) => `${association}.entity_type = '${type}' and exists (select from ${table} entity
      where entity.workspace_id = ${association}.workspace_id and entity.id = ${association}.entity_id
        and entity.deletion_id is null offset 0)`,
    )
    .join(' or ')})`

/** From a CTE of associations that are gone: takes those with live things out of the counts of their tags. */
export const countedOff = (gone: string) =>
  `changed as (select tag_id, entity_type from ${gone} where ${isLive(gone)}), ${counted}, uncounted as (${applied('-')})`

/** Gives everything that has the source tag the target as well, under the merge's name. */
export async function mergeAssociations(
  tx: Tx,
  workspaceId: string,
  merge: { readonly deletionId: string; readonly sourceId: string; readonly targetId: string },
) {
  const text = `with written as (
      insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, merge_id, created_at)
      select workspace_id, $3::uuid, entity_type, entity_id, $4::uuid, created_at from tag_associations
      where workspace_id = $1::uuid and tag_id = $2::uuid
      on conflict (workspace_id, entity_id, tag_id) do nothing
      returning *),
    changed as (select tag_id, entity_type from written where ${isLive('written')}), ${counted} ${applied('+')}`
  await tx.$executeRawUnsafe(text, workspaceId, merge.sourceId, merge.targetId, merge.deletionId)
}

/**
 * What later merges into the same tag that still hold brought as well, by the merge to hand it over to. What an earlier
 * one had brought was detached since, or it would not have been brought again.
 */
const otherMerge = `select merge.deletion_id from tag_merges merge
  join deletions deletion on deletion.workspace_id = merge.workspace_id and deletion.id = merge.deletion_id
  join tag_associations source on source.workspace_id = merge.workspace_id
    and source.tag_id = deletion.item_id and source.entity_id = brought.entity_id
  where merge.workspace_id = $1::uuid and merge.target_id = brought.tag_id and merge.deletion_id > $2::uuid
    and deletion.restored_at is null
  order by merge.deletion_id limit 1`

/** Takes back what a merge brought to its target, but for what another merge brought as well: that is the other's then. */
export async function unmergeAssociations(tx: Tx, workspaceId: string, deletionId: string) {
  const handOver = `update tag_associations brought set merge_id = (${otherMerge})
    where brought.workspace_id = $1::uuid and brought.merge_id = $2::uuid and exists (${otherMerge})`
  await tx.$executeRawUnsafe(handOver, workspaceId, deletionId)
  const takeBack = `with gone as (
      delete from tag_associations where workspace_id = $1::uuid and merge_id = $2::uuid returning *),
    changed as (select tag_id, entity_type from gone where ${isLive('gone')}), ${counted} ${applied('-')}`
  await tx.$executeRawUnsafe(takeBack, workspaceId, deletionId)
}
