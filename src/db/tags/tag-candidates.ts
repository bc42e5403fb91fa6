import { deletionTerms, termHasher } from '../../domain/tag-terms.ts'
import { literal, or, type Queryable, type Sql, sql } from '../sql.ts'

/** A candidate tag, with everything the search compares. */
export interface Candidate {
  readonly id: string
  readonly usage: number
  /** The stage it belongs to. */
  readonly stage: number
  /** The marked names, one per line; the first one is the tag's own. */
  readonly names: string
  readonly sounds: string
}

/** The query of a search. Earlier stages come first in the result; within one, the most used tags do. */
export interface Search {
  /** True for all matches; refers to `names` and `sounds`. */
  readonly matches: Sql
  /** The stage of a match with an ID, a number from 0. */
  readonly stage: (id: Sql) => Sql
  /** For each stage, sets of terms: every match of this or an earlier stage has all terms of one of the sets. */
  readonly terms: readonly (readonly (readonly string[])[])[]
}

// There are fewer, except in a workspace of made-up names.
const maxWords = 2_000

// The planner must follow these ways whatever it estimates: its estimates about terms and patterns are wrong by orders
// of magnitude, and a prepared statement keeps its plan. `offset 0` isolates a subquery and thus forces a nested loop,
// `(select $1)` hides a value from the planner, and `is not distinct from` prevents an index look-up.

const columns = sql`id, usage, stage, names, sounds`

/** The best of what `from` gives. */
const ranked = (from: Sql, first: number) => sql`select ${columns} from (
    select *, row_number() over (partition by stage order by usage desc, id desc) as place from ${from}
  ) as ranked where place <= ${first}::int order by stage, usage desc, id desc`

/** The live tags with the compared columns, most used first, read from an index alone. */
const used = (workspaceId: string) => sql`select id, usage_count as usage,
    coalesce(search_names, (select names from tag_search
      where workspace_id = ${workspaceId}::uuid and tag_id = id)) as names,
    coalesce(search_sounds, (select sounds from tag_search
      where workspace_id = ${workspaceId}::uuid and tag_id = id)) as sounds
  from tags where workspace_id = ${workspaceId}::uuid and deletion_id is null
  order by usage_count desc, id desc`

/** The first matches of each stage among the `looked` most used tags. */
export const amongMostUsed = (
  db: Queryable,
  workspaceId: string,
  search: Search,
  first: number,
  looked: number,
): Promise<Candidate[]> =>
  db.query(sql`with matching as materialized (
      select *, ${search.stage(sql`used.id`)} as stage from (${used(workspaceId)} limit ${looked}::int) as used
      where ${search.matches}
    ) ${ranked(sql`matching`, first)}`)

/** The first matches of a stage among all tags. Stops when the page is full. */
export const amongAll = (
  db: Queryable,
  workspaceId: string,
  search: Search,
  stage: number,
  first: number,
): Promise<Candidate[]> =>
  db.query(sql`select ${columns} from (
      select *, ${search.stage(sql`used.id`)} as stage from (${used(workspaceId)} offset 0) as used
      where ${search.matches} offset 0
    ) as matching where stage = ${stage}::int limit ${first}::int`)

/**
 * The first matches of each stage up to the given one, found by their terms; undefined if there are more than `most`.
 */
export async function byTerms(
  db: Queryable,
  workspaceId: string,
  search: Search,
  stage: number,
  first: number,
  most: number,
): Promise<Candidate[] | undefined> {
  const hash = termHasher(workspaceId)
  const sets = (search.terms[stage] ?? []).map((terms) => sql`terms @> (select ${hash(terms)}::int4[])`)
  const rows = await db.query<{ id: string | null; taken: number }>(sql`
    with found as materialized (
      select tag_id, names, sounds, ${search.stage(sql`tag_search.tag_id`)} as stage from tag_search
      where (${or(sets)}) and workspace_id is not distinct from ${workspaceId}::uuid and (${search.matches})
    ), taken as materialized (select * from found where stage <= ${stage}::int limit ${most + 1}::int
    ), counted as materialized (select count(*)::int as taken from taken
    ), matching as materialized (
      select tag_id as id, usage, names, sounds, stage from taken
      cross join lateral (select usage_count as usage from tags
        where workspace_id = ${workspaceId}::uuid and id = tag_id and deletion_id is null offset 0) as tag
      where (select taken from counted) <= ${most}::int
    ), best as (${ranked(sql`matching`, first)})
    select best.*, taken from counted left join best on true order by stage, usage desc, id desc`)
  if ((rows[0]?.taken ?? 0) > most) return undefined
  return rows.filter(({ id }) => id !== null) as unknown as Candidate[]
}

/** Words of the workspace's names that are near the typed ones: the same except for a letter or two. */
export async function nearWords(
  db: Queryable,
  workspaceId: string,
  typed: readonly string[],
): Promise<string[]> {
  const rows = await db.query<{ word: string }>(sql`select distinct word from tag_words
    where workspace_id = ${workspaceId}::uuid and near = any(${typed.flatMap(deletionTerms)}::text[])
    limit ${literal(maxWords)}`)
  return rows.map(({ word }) => word)
}

/** The IDs of the most used tags. */
export async function mostUsed(db: Queryable, workspaceId: string, first: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(sql`select id from tags
    where workspace_id = ${workspaceId}::uuid and deletion_id is null
    order by usage_count desc, id desc limit ${first}::int`)
  return rows.map(({ id }) => id)
}
