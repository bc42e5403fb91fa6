import type { SearchableType, SearchQuery } from '../domain/library-search.ts'
import type { Page } from '../domain/page.ts'
import { type Db, read } from './client.ts'
import { entriesOf } from './library-search.ts'
import { asPage, type Condition, type PageOf } from './page.ts'
import { tableOfKind } from './rows.ts'

/** Of so many matches of each type, the newest, those for the page are chosen. */
export const maxCandidates = 1_000

/** Something that was found. The rank is higher the better it matches. */
export interface SearchHit {
  readonly type: SearchableType
  readonly id: string
  readonly rank: number
}

/** The types to look for, each with conditions on its rows. */
export type SearchScope = ReadonlyMap<SearchableType, readonly Condition[]>

/** The parameters that all texts have; those of conditions come after them. */
const shared = {
  workspaceId: '$1::uuid',
  likePatterns: '$2::text[]',
  terms: '$3::bigint[]',
  titleTerms: '$4::bigint[]',
  wholeTitleTerm: '$5::bigint',
  title: '$6::text',
  titleStart: '$7::text',
  patterns: '$8::text[]',
  limit: '$9::int',
} as const

const titleOf = "split_part(text, E'\\n', 1)"
const hasAll = `text like all (${shared.likePatterns})`

/**
 * The newest live matches of a type. Segments come one after the other, newest first, so that no more of them are
 * looked into than it takes.
 */
const walk = (type: SearchableType, live: string, terms: string, condition: string) => `(
  select match.entity_id, match.text, match.entity_type
  from (
    select id, ${entriesOf('id', terms)} as entries from search_segments
    where workspace_id = ${shared.workspaceId} and entity_type = '${type}' order by id desc
  ) as segment
  cross join lateral (
    select entity_id, text, entity_type from search_documents
    where terms @> segment.entries and workspace_id = ${shared.workspaceId} and entity_type = '${type}'
      and ${condition}
    order by entity_id desc
  ) as match
  where ${live} limit ${maxCandidates}
)`

function walksOf(type: SearchableType, conditions: readonly string[]): string[] {
  const table = tableOfKind[type]
  const live = `exists (select from ${table} where ${[
    `${table}.workspace_id = ${shared.workspaceId}`,
    `${table}.id = match.entity_id`,
    `${table}.deletion_id is null`,
    ...conditions,
  ].join(' and ')})`
  const anywhere = walk(type, live, shared.terms, hasAll)
  if (type === 'BLOCK') return [anywhere]
  return [
    anywhere,
    walk(type, live, shared.titleTerms, hasAll),
    walk(type, live, `array[${shared.wholeTitleTerm}]`, `${titleOf} = ${shared.title}`),
  ]
}

const occurrences = `(
  select sum((octet_length(text) - octet_length(replace(text, pattern, ''))) / octet_length(pattern))
  from unnest(${shared.patterns}) as pattern
)`

const rank = `least(${occurrences}, 99)::int + case
  when title = ${shared.title} then 400
  when starts_with(title, ${shared.titleStart}) then 300
  when title like all (${shared.likePatterns}) then 200
  when strpos(text, ${shared.titleStart}) > 0 then 100
  else 0
end`

/** What matches the query, best first. */
export async function searchPage(
  db: Db,
  workspaceId: string,
  query: SearchQuery,
  scope: SearchScope,
  page: Page,
): Promise<PageOf<SearchHit>> {
  if (scope.size === 0) return asPage<SearchHit>([], page)
  const values: unknown[] = [
    workspaceId,
    query.patterns.map((pattern) => `%${pattern}%`),
    query.terms,
    query.titleTerms,
    query.wholeTitleTerm,
    query.title,
    query.titleStart,
    query.patterns,
    page.limit + 1,
  ]
  const add = (value: unknown) => `$${values.push(value)}`
  const walks = [...scope].flatMap(([type, conditions]) =>
    walksOf(
      type,
      conditions.map(([sql, value]) => sql.replace('?', () => add(value))),
    ),
  )
  const bounds = (['after', 'before'] as const).flatMap((side) => {
    const cursor = page[side]
    if (!cursor) return []
    return `(rank, id) ${side === 'after' ? '<' : '>'} (${add(cursor.key)}::int, ${add(cursor.id)}::uuid)`
  })
  const direction = page.backward ? 'asc' : 'desc'
  const text = `
    with match as (
      select distinct on (entity_id) * from (${walks.join(' union all ')}) as found
    ), titled as (
      select *, case when entity_type <> 'BLOCK' then ${titleOf} end as title from match
    ), ranked as (
      select entity_type as type, entity_id as id, ${rank} as rank from titled
    )
    select type, id, rank from ranked ${bounds.length > 0 ? `where ${bounds.join(' and ')}` : ''}
    order by rank ${direction}, id ${direction} limit ${shared.limit}`
  return asPage(await read<SearchHit>(db, text, values), page)
}
