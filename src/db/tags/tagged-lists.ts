import type { Page } from '../../domain/page.ts'
import { countsById, directionOf, type PageOf, pagesBy } from '../page.ts'
import type { TaggableType } from '../rows.ts'
import { identifier, literal, type Queryable, type Sql, sql, sum } from '../sql.ts'
import { isLive } from './associations.ts'
import { tagsBelow } from './tag-tree.ts'
import type { TaggableRef } from './tags.ts'

/** What to list of a tag: these types, with or without what has a tag below it. */
export interface TaggedScope {
  readonly types: readonly TaggableType[]
  readonly includeDescendants: boolean
}

const countOf = { BOOKSHELF: 'bookshelf_count', BOOK: 'book_count', BLOCK: 'block_count' } as const

/** The live tags whose associations count for the tag `asked.id`. */
function tagsOf(workspaceId: string, includeDescendants: boolean): Sql {
  const own = sql`select top.id from tags top
    where top.workspace_id = ${workspaceId}::uuid and top.id = asked.id and top.deletion_id is null`
  const below = sql`select sub.id from tags top cross join ${tagsBelow(workspaceId, 'top')} sub
    where top.workspace_id = ${workspaceId}::uuid and top.id = asked.id and sub.deletion_id is null`
  return includeDescendants ? sql`${own} union all ${below}` : own
}

const associations = (workspaceId: string, types: readonly TaggableType[]) =>
  sql`from tag_associations association where association.workspace_id = ${workspaceId}::uuid
    and association.tag_id = tag.id and association.entity_type = any(${types}::taggable_type[])
    and ${isLive('association')}`

/**
 * The same page of the objects of each tag, newest first, with one statement. Reads at most a page of each tag's
 * associations.
 */
export async function taggedPages(
  db: Queryable,
  workspaceId: string,
  tagIds: readonly string[],
  { types, includeDescendants }: TaggedScope,
  page: Page,
): Promise<Map<string, PageOf<TaggableRef>>> {
  const direction = directionOf({ descending: true }, page)
  const limit = sql`${page.limit + 1}::int`
  const [after, before] = [page.after?.id ?? null, page.before?.id ?? null]
  const rows = await db.query<TaggableRef & { tagId: string }>(sql`
    select asked.id as "tagId", found.entity_id as id, found.entity_type as type
    from unnest(${tagIds}::uuid[]) as asked (id) cross join lateral (
      select entity_id, entity_type from (${tagsOf(workspaceId, includeDescendants)}) tag cross join lateral (
        select association.entity_id, association.entity_type ${associations(workspaceId, types)}
          and (${after}::uuid is null or association.entity_id < ${after}::uuid)
          and (${before}::uuid is null or association.entity_id > ${before}::uuid)
        order by association.entity_id ${direction} limit ${limit}) one
      group by entity_id, entity_type order by entity_id ${direction} limit ${limit}) found
    order by found.entity_id ${direction}`)
  return pagesBy(tagIds, rows, ({ tagId }) => tagId, page)
}

/** How many have each tag: the counts of the tag itself, which are exact at every commit. */
function ownCount(workspaceId: string, tagIds: readonly string[], types: readonly TaggableType[]): Sql {
  const counts = Object.entries(countOf).map(
    ([type, count]) =>
      sql`case when ${literal(type)} = any(${types}::taggable_type[]) then ${identifier(count)} else 0 end`,
  )
  return sql`select tags.id, (${sum(counts)})::int as count from tags
    where workspace_id = ${workspaceId}::uuid and id = any(${tagIds}::uuid[]) and deletion_id is null`
}

/** The same including tags below. An object with several of the tags counts once, so the counts cannot be added up. */
const countWithDescendants = (
  workspaceId: string,
  tagIds: readonly string[],
  types: readonly TaggableType[],
): Sql => sql`
  select asked.id, (select count(distinct association.entity_id)::int
    from (${tagsOf(workspaceId, true)}) tag
    cross join lateral (select association.entity_id ${associations(workspaceId, types)}) association) as count
  from unnest(${tagIds}::uuid[]) as asked (id)`

/** The number of objects of each tag, with one statement. */
export async function taggedCounts(
  db: Queryable,
  workspaceId: string,
  tagIds: readonly string[],
  { types, includeDescendants }: TaggedScope,
): Promise<Map<string, number>> {
  const count = includeDescendants ? countWithDescendants : ownCount
  return countsById(await db.query(count(workspaceId, tagIds, types)))
}
