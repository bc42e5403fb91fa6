import type { SearchableType, SearchQuery } from '../../domain/library-search.ts'
import type { Page } from '../../domain/page.ts'
import { asPage, type Condition, directionOf, type PageOf } from '../page.ts'
import { tableOfKind } from '../rows.ts'
import { and, identifier, literal, type Queryable, type Sql, sql, unionAll } from '../sql.ts'
import { entriesOf } from './documents.ts'

/** The page is chosen among the newest matches of each type, of which this is the most. */
export const maxCandidates = 500

/** A match. A higher rank is a better match. */
export interface SearchHit {
  readonly type: SearchableType
  readonly id: string
  readonly rank: number
}

/** The types to search, each with conditions on its rows. */
export type SearchScope = ReadonlyMap<SearchableType, readonly Condition[]>

const titleOf = sql`split_part(text, E'\\n', 1)`

/** The values of a search as they stand in its statement. */
interface Sought extends Pick<SearchQuery, 'patterns' | 'terms' | 'titleTerms' | 'wholeTitleTerm' | 'title'> {
  readonly workspaceId: string
  readonly titleStart: string
  readonly likes: readonly string[]
}

/**
 * The newest live matches of a type. Segments are read one after the other, newest first, and only as many as needed.
 * OFFSET prevents PostgreSQL from searching by anything but the terms, and from reading all rows to find the live ones.
 */
const walk = (type: SearchableType, workspaceId: string, live: Sql, terms: Sql, condition: Sql) => sql`(
    select match.entity_id, match.entity_type, match.text
    from (
      select id, ${entriesOf(sql`id`, terms)} as entries from search_segments
      where workspace_id = ${workspaceId}::uuid and entity_type = ${literal(type)} order by id desc
    ) as segment
    cross join lateral (
      select workspace_id, entity_id, entity_type, text from search_documents
      where terms @> segment.entries and ${condition} order by entity_id desc offset 0
    ) as match
    where match.workspace_id = ${workspaceId}::uuid and match.entity_type = ${literal(type)} and ${live}
    limit ${literal(maxCandidates)}
  )`

function walksOf(type: SearchableType, sought: Sought, conditions: readonly Condition[]): Sql[] {
  const { workspaceId, likes, terms, titleTerms, wholeTitleTerm, title } = sought
  const table = tableOfKind[type]
  const wanted = and([
    sql`${identifier(`${table}.workspace_id`)} = ${workspaceId}::uuid`,
    sql`${identifier(`${table}.deletion_id`)} is null`,
    ...conditions.map((condition) => condition.sql),
  ])
  const hasAll = sql`text like all (${likes}::text[])`
  if (conditions.some(({ isFew }) => isFew)) {
    return [
      sql`(select entity_id, entity_type, text from search_documents
        where workspace_id = ${workspaceId}::uuid
          and entity_id = any(array(select id from ${identifier(table)} where ${wanted}))
          and ${hasAll} order by entity_id desc limit ${literal(maxCandidates)})`,
    ]
  }
  const live = sql`exists (select from ${identifier(table)}
    where ${identifier(`${table}.id`)} = match.entity_id and ${wanted} offset 0)`
  const anywhere = walk(type, workspaceId, live, sql`${terms}::bigint[]`, hasAll)
  if (type === 'BLOCK') return [anywhere]
  const isTitle = sql`${titleOf} = ${title}::text`
  return [
    anywhere,
    walk(type, workspaceId, live, sql`${titleTerms}::bigint[]`, hasAll),
    walk(type, workspaceId, live, sql`array[${wholeTitleTerm}::bigint]`, isTitle),
  ]
}

const rankOf = ({ patterns, title, titleStart, likes }: Sought) => sql`least((
    select sum((octet_length(text) - octet_length(replace(text, pattern, ''))) / octet_length(pattern))
    from unnest(${patterns}::text[]) as pattern
  ), 99)::int + case
    when title = ${title}::text then 500
    when starts_with(title, ${titleStart}::text) then 400
    when title like all (${likes}::text[]) then
      case when strpos(title, ${titleStart}::text) > 0 then 300 else 200 end
    when strpos(text, ${titleStart}::text) > 0 then 100
    else 0
  end`

/** The matches of the query, best first. */
export async function searchPage(
  db: Queryable,
  workspaceId: string,
  query: SearchQuery,
  scope: SearchScope,
  page: Page,
): Promise<PageOf<SearchHit>> {
  if (scope.size === 0) return asPage<SearchHit>([], page)
  const sought = { ...query, workspaceId, likes: query.patterns.map((pattern) => `%${pattern}%`) }
  const walks = [...scope].flatMap(([type, conditions]) => walksOf(type, sought, conditions))
  const bounds = (['after', 'before'] as const).flatMap((side) => {
    const cursor = page[side]
    if (!cursor) return []
    const operator = side === 'after' ? sql`<` : sql`>`
    return sql`(rank, id) ${operator} (${cursor.key}::int, ${cursor.id}::uuid)`
  })
  const direction = directionOf({ descending: true }, page)
  const hits = await db.query<SearchHit>(sql`
    with match as (
      select distinct on (entity_id) * from (${unionAll(walks)}) as found
    ), titled as (
      select *, case when entity_type <> 'BLOCK' then ${titleOf} end as title from match
    ), ranked as (
      select entity_type as type, entity_id as id, ${rankOf(sought)} as rank from titled
    )
    select type, id, rank from ranked where ${and(bounds)}
    order by rank ${direction}, id ${direction} limit ${page.limit + 1}::int`)
  return asPage(hits, page)
}
