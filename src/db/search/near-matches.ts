import type { SearchableType } from '../../domain/library-search.ts'
import { nearRanks, type NearPlan } from '../../domain/near-search.ts'
import { deletionTerms } from '../../domain/tag-terms.ts'
import { identifier, literal, or, type Queryable, type Sql, sql, unionAll } from '../sql.ts'
import { entriesOf } from './documents.ts'
import { maxCandidates, titlesOf, walk } from './walks.ts'

// There are fewer, except in a workspace of made-up names.
const maxWords = 2_000

/** Words of the workspace's names that are near the typed ones: the same except for a letter or two. */
export async function nearTitleWords(
  db: Queryable,
  workspaceId: string,
  typed: readonly string[],
): Promise<string[]> {
  const near = typed.flatMap(deletionTerms)
  const wordsIn = (table: string) => sql`(select word from ${identifier(table)}
    where workspace_id = ${workspaceId}::uuid and near = any(${near}::text[]) limit ${literal(maxWords)})`
  const rows = await db.query<{ word: string }>(
    sql`select distinct word from (${unionAll([wordsIn('search_words'), wordsIn('tag_words')])}) as words`,
  )
  return rows.map(({ word }) => word)
}

// `(select $1)` hides a value from the planner. Otherwise PostgreSQL finds the plan for known values so much cheaper, as
// most of them are null, that it plans the statement again at every search, which takes longer than the search.

/** True if a document has the joined words; null if the query has none. */
const isJoined = ({ joined }: NearPlan) =>
  sql`text like all ((select ${joined && joined.patterns.map((pattern) => `%${pattern}%`)}::text[])::text[])`

/** The rank of a document with a title as a near match; null if it is none. */
const rankOf = (plan: NearPlan) => sql`case
    when ${isJoined(plan)} then ${literal(nearRanks.joined)}
    when sounds ~ (select ${plan.usualSound}::text) then ${literal(nearRanks.usualSound)}
    when sounds ~ (select ${plan.sound}::text) then ${literal(nearRanks.sound)}
    when ${titlesOf} ~ (select ${plan.fewestTypos}::text) then ${literal(nearRanks.fewestTypos)}
    when ${titlesOf} ~ (select ${plan.typos}::text) then ${literal(nearRanks.typos)}
    when sounds ~ (select ${plan.homophones}::text) then ${literal(nearRanks.homophones)}
  end`

/** Titles of all types are looked up together: in each segment by each set of terms. */
function nearTitles(
  workspaceId: string,
  plan: NearPlan,
  live: ReadonlyMap<SearchableType, Sql>,
  isNear: Sql,
): Sql {
  const types = [...live.keys()]
  const sets = [...plan.sets, ...(plan.joined ? [plan.joined.terms] : [])].map(
    (terms) => `{${terms.join(',')}}`,
  )
  const isLive = [...live].map(
    ([type, condition]) => sql`(match.entity_type = ${literal(type)} and ${condition})`,
  )
  return sql`(
    select match.entity_id, match.entity_type, match.rank from (
      select entity_type, ${entriesOf(sql`id`, sql`sought.terms::bigint[]`)} as entries
      from search_segments cross join unnest((select ${sets}::text[])) as sought (terms)
      where workspace_id = ${workspaceId}::uuid and entity_type = any(${types}::searchable_type[])
      order by id desc
    ) as segment cross join lateral (
      select workspace_id, entity_id, entity_type, ${rankOf(plan)} as rank from search_documents
      where terms @> segment.entries and ${isNear} order by entity_id desc offset 0
    ) as match
    where match.workspace_id = ${workspaceId}::uuid and match.entity_type = segment.entity_type
      and match.rank is not null and (${or(isLive)})
    limit ${literal(maxCandidates)}
  )`
}

/**
 * The newest live objects that nearly match, but do not have the words themselves. `live` has the condition of each
 * type; null if nothing of these types can match. Blocks match only by the joined words: their texts have no terms of sounds, and typos of all their words would
 * find too much.
 */
export function nearMatches(
  workspaceId: string,
  plan: NearPlan,
  live: ReadonlyMap<SearchableType, Sql>,
  hasWords: Sql,
): Sql | null {
  const isNear = sql`not ${hasWords}`
  const titled = new Map([...live].filter(([type]) => type !== 'BLOCK'))
  const parts = titled.size > 0 ? [nearTitles(workspaceId, plan, titled, isNear)] : []
  const ofBlocks = live.get('BLOCK')
  if (ofBlocks && plan.joined) {
    const terms = sql`${plan.joined.terms}::bigint[]`
    const found = walk('BLOCK', workspaceId, ofBlocks, terms, sql`${isNear} and ${isJoined(plan)}`)
    parts.push(
      sql`select entity_id, entity_type, ${literal(nearRanks.joined)} as rank from ${found} as joined`,
    )
  }
  return parts.length === 0 ? null : unionAll(parts)
}
