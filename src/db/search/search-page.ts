import type { SearchableType, SearchQuery } from '../../domain/library-search.ts'
import type { Page } from '../../domain/page.ts'
import { type Db, read } from '../client.ts'
import { entriesOf } from './documents.ts'
import { asPage, bound, type Condition, type PageOf } from '../page.ts'
import { parameters } from '../parameters.ts'
import { tableOfKind } from '../rows.ts'
import { areFew } from '../tags/tag-filter.ts'

/** Of so many matches of each type, the newest, those for the page are chosen. */
export const maxCandidates = 500

/** Something that was found. The rank is higher the better it matches. */
export interface SearchHit {
  readonly type: SearchableType
  readonly id: string
  readonly rank: number
}

/** The types to look for, each with conditions on its rows. */
export type SearchScope = ReadonlyMap<SearchableType, readonly Condition[]>

/** Gives the placeholders of a statement's values: of those that it names, each once, and of others. */
function placeholders<Name extends string>(named: Readonly<Record<Name, unknown>>) {
  const { values, add } = parameters()
  const known = new Map<Name, string>()
  const of = (name: Name) => {
    const placeholder = known.get(name) ?? add(named[name])
    known.set(name, placeholder)
    return placeholder
  }
  return { values, add, of }
}

const titleOf = "split_part(text, E'\\n', 1)"

type Names =
  'workspaceId' | 'likes' | 'patterns' | 'terms' | 'titleTerms' | 'wholeTitleTerm' | 'title' | 'titleStart'
type Values = ReturnType<typeof placeholders<Names>>

/**
 * The newest live matches of a type. Segments come one after the other, newest first, so that no more of them are looked
 * into than it takes. OFFSET keeps PostgreSQL from looking for them by anything but the terms, and from reading
 * all rows to see which are live.
 */
function walk(type: SearchableType, { of }: Values, live: string, terms: string, condition: string) {
  const workspaceId = `${of('workspaceId')}::uuid`
  return `(
    select match.entity_id, match.entity_type, match.text
    from (
      select id, ${entriesOf('id', terms)} as entries from search_segments
      where workspace_id = ${workspaceId} and entity_type = '${type}' order by id desc
    ) as segment
    cross join lateral (
      select workspace_id, entity_id, entity_type, text from search_documents
      where terms @> segment.entries and ${condition} order by entity_id desc offset 0
    ) as match
    where match.workspace_id = ${workspaceId} and match.entity_type = '${type}' and ${live}
    limit ${maxCandidates}
  )`
}

function walksOf(type: SearchableType, values: Values, conditions: readonly Condition[]): string[] {
  const { of } = values
  const table = tableOfKind[type]
  const workspaceId = `${of('workspaceId')}::uuid`
  const wanted = [
    `${table}.workspace_id = ${workspaceId}`,
    `${table}.deletion_id is null`,
    ...bound(values, conditions),
  ].join(' and ')
  const hasAll = `text like all (${of('likes')}::text[])`
  if (areFew(conditions)) {
    return [
      `(select entity_id, entity_type, text from search_documents
        where workspace_id = ${workspaceId} and entity_id = any(array(select id from ${table} where ${wanted}))
          and ${hasAll} order by entity_id desc limit ${maxCandidates})`,
    ]
  }
  const live = `exists (select from ${table} where ${table}.id = match.entity_id and ${wanted} offset 0)`
  const anywhere = walk(type, values, live, `${of('terms')}::bigint[]`, hasAll)
  if (type === 'BLOCK') return [anywhere]
  const isTitle = `${titleOf} = ${of('title')}::text`
  return [
    anywhere,
    walk(type, values, live, `${of('titleTerms')}::bigint[]`, hasAll),
    walk(type, values, live, `array[${of('wholeTitleTerm')}::bigint]`, isTitle),
  ]
}

const rankOf = ({ of }: Values) => `least((
    select sum((octet_length(text) - octet_length(replace(text, pattern, ''))) / octet_length(pattern))
    from unnest(${of('patterns')}::text[]) as pattern
  ), 99)::int + case
    when title = ${of('title')}::text then 500
    when starts_with(title, ${of('titleStart')}::text) then 400
    when title like all (${of('likes')}::text[]) then
      case when strpos(title, ${of('titleStart')}::text) > 0 then 300 else 200 end
    when strpos(text, ${of('titleStart')}::text) > 0 then 100
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
  const likes = query.patterns.map((pattern) => `%${pattern}%`)
  const values = placeholders<Names>({ ...query, workspaceId, likes })
  // Conditions on tags take it for the first value.
  values.of('workspaceId')
  const walks = [...scope].flatMap(([type, conditions]) => walksOf(type, values, conditions))
  const bounds = (['after', 'before'] as const).flatMap((side) => {
    const cursor = page[side]
    if (!cursor) return []
    const operator = side === 'after' ? '<' : '>'
    return `(rank, id) ${operator} (${values.add(cursor.key)}::int, ${values.add(cursor.id)}::uuid)`
  })
  const direction = page.backward ? 'asc' : 'desc'
  const text = `
    with match as (
      select distinct on (entity_id) * from (${walks.join(' union all ')}) as found
    ), titled as (
      select *, case when entity_type <> 'BLOCK' then ${titleOf} end as title from match
    ), ranked as (
      select entity_type as type, entity_id as id, ${rankOf(values)} as rank from titled
    )
    select type, id, rank from ranked ${bounds.length > 0 ? `where ${bounds.join(' and ')}` : ''}
    order by rank ${direction}, id ${direction} limit ${values.add(page.limit + 1)}::int`
  return asPage(await read<SearchHit>(db, text, values.values), page)
}
