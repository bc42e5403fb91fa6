import type { Tx } from '../client.ts'
import { tableOfTaggable, type TaggableType } from '../rows.ts'
import { identifier, literal, or, type Sql, sql, unionAll } from '../sql.ts'

export interface Entity {
  readonly id: string
  readonly type: TaggableType
}

const taggables = Object.entries(tableOfTaggable)

/** Locks the live bookshelves, books and blocks among the IDs, from the top of the library down. */
export async function lockEntities(tx: Tx, workspaceId: string, ids: readonly string[]): Promise<Entity[]> {
  const locked: Entity[] = []
  for (const [type, table] of taggables) {
    const entities = await tx.query<Entity>(sql`select id, ${literal(type)} as type from ${identifier(table)}
      where workspace_id = ${workspaceId}::uuid and id = any(${ids}::uuid[]) and deletion_id is null
      order by id for no key update`)
    locked.push(...entities)
  }
  return locked
}

/** Locks the live ones among the tags, and returns them. */
export async function lockTags(tx: Tx, workspaceId: string, ids: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(sql`select id from tags
    where workspace_id = ${workspaceId}::uuid and id = any(${ids}::uuid[]) and deletion_id is null
    order by id for no key update`)
  return rows.map(({ id }) => id)
}

/** Computes the counts of each tag from the CTE `changed` (tag_id, entity_type). */
export const counted = sql`counted as (
  select tag_id, count(*) filter (where entity_type = 'BOOKSHELF') as bookshelves,
    count(*) filter (where entity_type = 'BOOK') as books,
    count(*) filter (where entity_type = 'BLOCK') as blocks, count(*) as total
  from changed group by tag_id)`

/** A statement that adds the counts in `counted` to the tags, or subtracts them. */
export function applied(workspaceId: string, sign: '+' | '-'): Sql {
  const operator = sign === '+' ? sql`+` : sql`-`
  return sql`update tags set bookshelf_count = bookshelf_count ${operator} counted.bookshelves,
      book_count = book_count ${operator} counted.books, block_count = block_count ${operator} counted.blocks,
      usage_count = usage_count ${operator} counted.total
    from counted where tags.workspace_id = ${workspaceId}::uuid and tags.id = counted.tag_id`
}

/** Every one of the tags with every one of the entities. */
export function everyPair(tagIds: readonly string[], entities: readonly Entity[]): Sql {
  const [ids, types] = [entities.map(({ id }) => id), entities.map(({ type }) => type)]
  return sql`select tag.id, entity.type::taggable_type, entity.id from unnest(${tagIds}::uuid[]) as tag (id)
    cross join unnest(${ids}::uuid[], ${types}::text[]) as entity (id, type)`
}

/** Certain tags with certain entities of one type. */
export function pairsOf(
  type: TaggableType,
  pairs: readonly { readonly tagId: string; readonly entityId: string }[],
): Sql {
  const [tagIds, ids] = [pairs.map(({ tagId }) => tagId), pairs.map(({ entityId }) => entityId)]
  return sql`select tag_id, ${literal(type)}::taggable_type, entity_id
    from unnest(${tagIds}::uuid[], ${ids}::uuid[]) as pair (tag_id, entity_id)`
}

/**
 * Attaches tags to entities, all of which are locked. Returns the number of new associations and the entities that got
 * any.
 */
export async function insertAssociations(
  tx: Tx,
  workspaceId: string,
  pairs: Sql,
  createdAt: Date,
): Promise<{ count: number; entityIds: string[] }> {
  // Attaching a tag that a merge brought makes the association the tag's own: undoing the merge keeps it.
  const [row] = await tx.query<{ count: number; entityIds: string[] }>(sql`
    with pair (tag_id, entity_type, entity_id) as (${pairs}), written as (
      insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, created_at)
      select ${workspaceId}::uuid, tag_id, entity_type, entity_id, ${createdAt}::timestamptz from pair
      on conflict (workspace_id, entity_id, tag_id) do update set merged_from = '{}'
        where tag_associations.merged_from <> '{}'
      returning tag_id, entity_type, entity_id, xmax = 0 as is_new),
    changed as (select * from written where is_new), ${counted}, updated as (${applied(workspaceId, '+')})
    select count(*)::int as count, array(select distinct entity_id from changed) as "entityIds" from changed`)
  return row ?? { count: 0, entityIds: [] }
}

/**
 * Detaches all tags from all entities, which are locked. Returns the number of removed associations and the entities
 * that had any.
 */
export async function deleteAssociations(
  tx: Tx,
  workspaceId: string,
  tagIds: readonly string[],
  entityIds: readonly string[],
): Promise<{ count: number; entityIds: string[] }> {
  const [row] = await tx.query<{ count: number; entityIds: string[] }>(sql`
    with changed as (
      delete from tag_associations where workspace_id = ${workspaceId}::uuid and entity_id = any(${entityIds}::uuid[])
        and tag_id = any(${tagIds}::uuid[]) returning tag_id, entity_type, entity_id),
    ${counted}, updated as (${applied(workspaceId, '-')})
    select count(*)::int as count, array(select distinct entity_id from changed) as "entityIds" from changed`)
  return row ?? { count: 0, entityIds: [] }
}

/** The tags, live or in the trash, that at least one of the entities has. */
export async function tagsOfAny(
  tx: Tx,
  workspaceId: string,
  entityIds: readonly string[],
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(sql`select distinct tag_id as id from tag_associations
    where workspace_id = ${workspaceId}::uuid and entity_id = any(${entityIds}::uuid[])`)
  return rows.map(({ id }) => id)
}

/** One of the entities that exceed the limit of live tags, if there is one. */
export async function entityWithTooManyTags(
  tx: Tx,
  workspaceId: string,
  entityIds: readonly string[],
  limit: number,
): Promise<string | undefined> {
  const [row] = await tx.query<{ id: string }>(sql`select entity_id as id from tag_associations association
    join tags on tags.workspace_id = association.workspace_id and tags.id = association.tag_id
    where association.workspace_id = ${workspaceId}::uuid and association.entity_id = any(${entityIds}::uuid[])
      and tags.deletion_id is null
    group by entity_id having count(*) > ${limit}::int limit 1`)
  return row?.id
}

/**
 * One of the objects that would exceed the limit of live tags once the tags of a deletion are live, be it in the trash
 * itself: it can be restored. Looks at the tags only of objects with so many associations.
 */
export async function entityCrowdedByTags(
  tx: Tx,
  workspaceId: string,
  deletionId: string,
  limit: number,
): Promise<Entity | undefined> {
  const workspace = sql`workspace_id = ${workspaceId}::uuid`
  const deletions = taggables.map(
    ([, table]) => sql`select deletion_id from ${identifier(table)} where ${workspace} and id = entity.id`,
  )
  const [row] = await tx.query<Entity>(sql`
    with entity as (
      select distinct one.entity_id as id, one.entity_type as type from tags
      cross join lateral (select entity_id, entity_type from tag_associations
        where ${workspace} and tag_id = tags.id offset 0) one
      where tags.workspace_id = ${workspaceId}::uuid and tags.deletion_id = ${deletionId}::uuid)
    select entity.id, entity.type from entity
    cross join lateral (select count(*) as count from tag_associations
      where ${workspace} and entity_id = entity.id offset 0) every
    cross join lateral (select count(*) as count from tag_associations one
      join tags on tags.workspace_id = ${workspaceId}::uuid and tags.id = one.tag_id
      where every.count > ${limit}::int and one.workspace_id = ${workspaceId}::uuid and one.entity_id = entity.id
        and (tags.deletion_id is null or tags.deletion_id = ${deletionId}::uuid) offset 0) live
    where live.count > ${limit}::int and not exists (select from deletions
      where ${workspace} and purged_at is not null and id in (${unionAll(deletions)}))
    order by entity.id limit 1`)
  return row
}

/** The associations of a deletion's items. OFFSET keeps PostgreSQL from comparing each association with all items. */
function ofDeletion(workspaceId: string, deletionId: string): Sql {
  const entities = taggables.map(
    ([, table]) =>
      sql`select id from ${identifier(table)}
        where workspace_id = ${workspaceId}::uuid and deletion_id = ${deletionId}::uuid`,
  )
  return sql`select association.tag_id, association.entity_type from (${unionAll(entities)}) entity
    cross join lateral (select tag_id, entity_type from tag_associations
      where workspace_id = ${workspaceId}::uuid and entity_id = entity.id offset 0) association`
}

const countDeletion = (workspaceId: string, deletionId: string, sign: '+' | '-') => sql`
  with changed as (${ofDeletion(workspaceId, deletionId)}), ${counted},
  locked as (select tags.id from tags join counted on counted.tag_id = tags.id
    where tags.workspace_id = ${workspaceId}::uuid order by tags.id for no key update of tags)
  ${applied(workspaceId, sign)} and tags.id = any(array(select id from locked))`

/** Subtracts the items of a new deletion from the counts of their tags. */
export const uncountDeletion = (tx: Tx, workspaceId: string, deletionId: string) =>
  tx.execute(countDeletion(workspaceId, deletionId, '-'))

/** Adds the items of a deletion to the counts of their tags again; call it before unmarking them. */
export const recountDeletion = (tx: Tx, workspaceId: string, deletionId: string) =>
  tx.execute(countDeletion(workspaceId, deletionId, '+'))

/** True for associations of live objects. OFFSET keeps PostgreSQL from reading all live objects to find a few. */
export function isLive(association: string): Sql {
  const column = (name: string) => identifier(`${association}.${name}`)
  return sql`(${or(
    taggables.map(
      ([type, table]) => sql`${column('entity_type')} = ${literal(type)} and exists (
        select from ${identifier(table)} entity where entity.workspace_id = ${column('workspace_id')}
          and entity.id = ${column('entity_id')} and entity.deletion_id is null offset 0)`,
    ),
  )})`
}

/** From a CTE of removed associations, subtracts those of live objects from the counts of their tags. */
export const countedOff = (workspaceId: string, gone: string): Sql =>
  sql`changed as (select tag_id, entity_type from ${identifier(gone)} where ${isLive(gone)}), ${counted},
    uncounted as (${applied(workspaceId, '-')})`
