import type { SearchableType, SearchQuery } from '../../domain/library-search.ts'
import { type NearPlan, planNear, textRank, typedWords } from '../../domain/near-search.ts'
import { meantBy } from '../../domain/typos.ts'
import type { Page } from '../../domain/page.ts'
import { asPage, type Condition, directionOf, type PageOf } from '../page.ts'
import { tableOfKind } from '../rows.ts'
import { and, empty, identifier, literal, type Queryable, type Sql, sql, unionAll } from '../sql.ts'
import { nearMatches, nearTitleWords } from './near-matches.ts'
import { isWanted, maxCandidates, type SearchScope, titlesOf, walk, wantedRows } from './walks.ts'

/** A match. A higher rank is a better match. */
export interface SearchHit {
  readonly type: SearchableType
  readonly id: string
  readonly rank: number
}

/** A page of matches. */
interface SearchPage extends PageOf<SearchHit> {
  /** How titles can nearly match the query. Null if they cannot. */
  readonly near: NearPlan | null
}

/** The values of a search as they stand in its statement. */
interface Sought extends SearchQuery {
  readonly workspaceId: string
  readonly likes: readonly string[]
}

const hasWords = ({ likes }: Sought) => sql`text like all (${likes}::text[])`
const isTitle = ({ title }: Sought) =>
  sql`strpos(E'\\t' || ${titlesOf} || E'\\t', E'\\t' || ${title}::text || E'\\t') > 0`

function walksOf(type: SearchableType, sought: Sought, conditions: readonly Condition[]): Sql[] {
  const { workspaceId, terms, titleTerms, wholeTitleTerm } = sought
  const wanted = wantedRows(type, workspaceId, conditions)
  if (conditions.some(({ isFew }) => isFew)) {
    return [
      sql`(select entity_id, entity_type, text, spellings from search_documents
        where workspace_id = ${workspaceId}::uuid
          and entity_id = any(array(select id from ${identifier(tableOfKind[type])} where ${wanted}))
          and ${hasWords(sought)} order by entity_id desc limit ${literal(maxCandidates)})`,
    ]
  }
  const live = isWanted(type, wanted)
  const anywhere = walk(type, workspaceId, live, sql`${terms}::bigint[]`, hasWords(sought))
  if (type === 'BLOCK') return [anywhere]
  return [
    anywhere,
    walk(type, workspaceId, live, sql`${titleTerms}::bigint[]`, hasWords(sought)),
    walk(type, workspaceId, live, sql`array[${wholeTitleTerm}::bigint]`, isTitle(sought)),
  ]
}

/** Of titles that equal the query, the one that is spelt like it comes first. */
const rankOf = (sought: Sought) => {
  const [typed, lower, folded] = sought.spellings
  return sql`${literal(textRank)} + least((
    select sum((octet_length(text) - octet_length(replace(text, pattern, ''))) / octet_length(pattern))
    from unnest(${sought.patterns}::text[]) as pattern
  ), 99)::int + case
    when entity_type <> 'BLOCK' and ${isTitle(sought)} then case
      when ${typed}::int = any (spellings) then 800
      when ${lower}::int = any (spellings) then 700
      when ${folded}::int = any (spellings) then 600
      else 500
    end
    when strpos(E'\\t' || titles, E'\\t' || ${sought.titleStart}::text) > 0 then 400
    when titles like all (${sought.likes}::text[]) then
      case when strpos(titles, ${sought.titleStart}::text) > 0 then 300 else 200 end
    when strpos(text, ${sought.titleStart}::text) > 0 then 100
    else 0
  end`
}

/** The conditions that the bounds of a page set. */
const boundsOf = (page: Page) =>
  and(
    (['after', 'before'] as const).flatMap((side) => {
      const cursor = page[side]
      if (!cursor) return []
      const operator = side === 'after' ? sql`<` : sql`>`
      return sql`(rank, id) ${operator} (${cursor.key}::int, ${cursor.id}::uuid)`
    }),
  )

/**
 * Near matches come after all others, so a page that is full without them does not look for them: PostgreSQL evaluates
 * the condition on `best` once, before everything below it.
 */
function withNear(sought: Sought, scope: SearchScope, near: NearPlan, page: Page): Sql {
  const live = new Map(
    [...scope].map(([type, conditions]) => [
      type,
      isWanted(type, wantedRows(type, sought.workspaceId, conditions)),
    ]),
  )
  const matches = nearMatches(sought.workspaceId, near, live, hasWords(sought))
  if (!matches) return empty
  const isOpen = page.backward ? sql`true` : sql`(select count(*) from best) <= ${page.limit}::int`
  return sql` union all (
    select distinct on (entity_id) entity_type as type, entity_id as id, rank from (${matches}) as near
    where ${isOpen} order by entity_id, rank desc
  )`
}

async function nearPlan(db: Queryable, workspaceId: string, query: SearchQuery): Promise<NearPlan | null> {
  const typed = typedWords(query)
  const known = typed.length === 0 ? [] : await nearTitleWords(db, workspaceId, typed)
  const meant = new Map(typed.map((word) => [word, meantBy(word, known)]))
  return planNear(query, (word) => meant.get(word) ?? [])
}

/** The matches of the query, best first, followed by the near matches. */
export async function searchPage(
  db: Queryable,
  workspaceId: string,
  query: SearchQuery,
  scope: SearchScope,
  page: Page,
): Promise<SearchPage> {
  if (scope.size === 0) return { ...asPage<SearchHit>([], page), near: null }
  const near = await nearPlan(db, workspaceId, query)
  const sought = { ...query, workspaceId, likes: query.patterns.map((pattern) => `%${pattern}%`) }
  const walks = [...scope].flatMap(([type, conditions]) => walksOf(type, sought, conditions))
  const bounds = boundsOf(page)
  const direction = directionOf({ descending: true }, page)
  const pageOrder = sql`order by rank ${direction}, id ${direction} limit ${page.limit + 1}::int`
  const hits = await db.query<SearchHit>(sql`
    with match as (
      select distinct on (entity_id) * from (${unionAll(walks)}) as found
    ), titled as (
      select *, case when entity_type <> 'BLOCK' then ${titlesOf} end as titles from match
    ), ranked as (
      select entity_type as type, entity_id as id, ${rankOf(sought)} as rank from titled
    ), best as materialized (
      select type, id, rank from ranked where ${bounds} ${pageOrder}
    )
    select type, id, rank from (
      select type, id, rank from best${near ? withNear(sought, scope, near, page) : empty}
    ) as hit where ${bounds} ${pageOrder}`)
  return { ...asPage(hits, page), near }
}
