import { deletionTerms, termHasher } from '../../domain/tag-terms.ts'
import { type Db, read } from '../client.ts'
import { parameters } from '../parameters.ts'

/** A tag that was found, with all it can be found by. */
export interface Candidate {
  readonly id: string
  readonly usage: number
  /** The stage it belongs to. */
  readonly stage: number
  /** Marked names as lines; the first one is the tag's own. */
  readonly names: string
  readonly sounds: string
}

/** A part of a statement with its values: each `?` stands for the next one. */
export interface Fragment {
  readonly text: string
  readonly values: readonly unknown[]
}

export const fragment = (text: string, ...values: unknown[]): Fragment => ({ text, values })

/** What is looked for. Earlier stages come first in the result; within one, the most used tags do. */
export interface Search {
  /** True for all that match; of `names` and `sounds`. */
  readonly matches: Fragment
  /** The stage of what matches, a number from 0. */
  readonly stage: Fragment
  /** For each stage sets of terms: what belongs to it, or to one before, has all of one of them. */
  readonly terms: readonly (readonly (readonly string[])[])[]
}

// There are fewer, but in a workspace of made-up names.
const maxWords = 2_000

/** Collects values, those of fragments too. */
function fragments() {
  const { values, add } = parameters()
  const put = (one: Fragment) => {
    const left = [...one.values]
    return one.text.replace(/\?/g, () => add(left.shift()))
  }
  return { values, add, put }
}

// The planner must take these ways whatever it guesses: a guess about terms or patterns is wrong by orders of magnitude,
// and a prepared statement keeps it. `offset 0` keeps a subquery apart and thus a nested loop, `(select $1)` hides a value
// from the planner, `is not distinct from` is not looked up by an index.

const columns = 'id, usage, stage, names, sounds'

/** The best of what `table` gives. */
const ranked = (table: string, first: string) => `select ${columns} from (
    select *, row_number() over (partition by stage order by usage desc, id desc) as place from ${table}
  ) as ranked where place <= ${first} order by stage, usage desc, id desc`

/** The live tags with what is compared, the most used first, read from an index alone. */
const used = (workspace: string) => `select id, usage_count as usage,
    coalesce(search_names, (select names from tag_search where workspace_id = ${workspace} and tag_id = id)) as names,
    coalesce(search_sounds, (select sounds from tag_search where workspace_id = ${workspace} and tag_id = id)) as sounds
  from tags where workspace_id = ${workspace} and deletion_id is null
  order by usage_count desc, id desc`

/** The first matches of each stage among the most used tags, so many of these. */
export function amongMostUsed(db: Db, workspaceId: string, search: Search, first: number, looked: number) {
  const { values, add, put } = fragments()
  const workspace = `${add(workspaceId)}::uuid`
  const text = `with matching as materialized (
      select *, ${put(search.stage)} as stage from (${used(workspace)} limit ${add(looked)}) as used
      where ${put(search.matches)}
    ) ${ranked('matching', add(first))}`
  return read<Candidate>(db, text, values)
}

/** The first matches of a stage among all tags. It ends with the last one that is wanted. */
export function amongAll(db: Db, workspaceId: string, search: Search, stage: number, first: number) {
  const { values, add, put } = fragments()
  const workspace = `${add(workspaceId)}::uuid`
  const text = `select ${columns} from (
      select *, ${put(search.stage)} as stage from (${used(workspace)} offset 0) as used
      where ${put(search.matches)} offset 0
    ) as matching where stage = ${add(stage)} limit ${add(first)}`
  return read<Candidate>(db, text, values)
}

/** The first matches of each stage up to the given one, found by its terms; undefined when there are more than `most`. */
export async function byTerms(
  db: Db,
  workspaceId: string,
  search: Search,
  stage: number,
  first: number,
  most: number,
): Promise<Candidate[] | undefined> {
  const hash = termHasher(workspaceId)
  const { values, add, put } = fragments()
  const workspace = `${add(workspaceId)}::uuid`
  const sets = (search.terms[stage] ?? []).map((terms) => `terms @> (select ${add(hash(terms))}::int4[])`)
  const text = `with found as materialized (
      select tag_id, names, sounds, ${put(search.stage)} as stage from tag_search
      where (${sets.join(' or ')}) and workspace_id is not distinct from ${workspace} and ${put(search.matches)}
    ), taken as materialized (select * from found where stage <= ${add(stage)} limit ${add(most + 1)}
    ), counted as materialized (select count(*)::int as taken from taken
    ), matching as materialized (
      select tag_id as id, usage, names, sounds, stage from taken
      cross join lateral (select usage_count as usage from tags
        where workspace_id = ${workspace} and id = tag_id and deletion_id is null offset 0) as tag
      where (select taken from counted) <= ${add(most)}
    ), best as (${ranked('matching', add(first))})
    select best.*, taken from counted left join best on true order by stage, usage desc, id desc`
  const rows = await read<{ id: string | null; taken: number }>(db, text, values)
  if ((rows[0]?.taken ?? 0) > most) return undefined
  return rows.filter(({ id }) => id !== null) as unknown as Candidate[]
}

/** Words of the workspace's names that come near the typed ones: that are the same but for a letter or two. */
export async function nearWords(db: Db, workspaceId: string, typed: readonly string[]): Promise<string[]> {
  const text = `select distinct word from tag_words where workspace_id = $1::uuid and near = any($2::text[]) limit ${maxWords}`
  const rows = await read<{ word: string }>(db, text, [workspaceId, typed.flatMap(deletionTerms)])
  return rows.map(({ word }) => word)
}

/** The ids of the most used tags. */
export async function mostUsed(db: Db, workspaceId: string, first: number): Promise<string[]> {
  const text = `select id from tags where workspace_id = $1::uuid and deletion_id is null
    order by usage_count desc, id desc limit $2`
  return (await read<{ id: string }>(db, text, [workspaceId, first])).map(({ id }) => id)
}
