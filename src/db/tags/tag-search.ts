import type { SoundPattern } from '../../domain/sound-patterns.ts'
import { meantBy } from '../../domain/typos.ts'
import { namesIn, plainName, spellingTerms } from '../../domain/tag-names.ts'
import {
  type MatchReason,
  planHomophones,
  planSounds,
  planSplits,
  planTexts,
  planTypos,
  textReason,
  textStages,
  wordsWithTypos,
} from '../../domain/tag-search.ts'
import { termHasher } from '../../domain/tag-terms.ts'
import { or, type Queryable, sql } from '../sql.ts'
import { anyInOneName, inOneName } from './name-patterns.ts'
import {
  amongAll,
  amongMostUsed,
  byTerms,
  type Candidate,
  mostUsed,
  nearWords,
  type Search,
} from './tag-candidates.ts'

/** A tag that a search found. */
export interface FoundTag {
  readonly id: string
  readonly reason: MatchReason
  /** The marked name that matched; null for the tag's own name. */
  readonly alias: string | null
}

/** How far to search among the most used tags. It determines the cost of a search, never its result. */
export interface Depth {
  /** A query of several terms first tries to fetch at most this many matches by their terms. */
  readonly few: number
  /** The number of most used tags to check first. */
  readonly first: number
  /** The number to check if that promises enough matches. */
  readonly most: number
  /** With fewer matches than this among the first ones, there are few enough in total to fetch them by their terms. */
  readonly rare: number
  /** The maximum number of matches fetched by their terms; each needs look-ups in two tables. */
  readonly fetched: number
}

// Measured: skipping a tag costs a quarter of a microsecond, fetching one by its terms ten times as much.
const usualDepth: Depth = { few: 400, first: 3_000, most: 25_000, rare: 4, fetched: 4_000 }

/** Matches that share several terms are probably few. */
const isSelective = ({ terms }: Search) => (terms.at(-1) ?? []).every((set) => set.length > 1)

/** The last of the stages from this one on whose matches are fetched by the same terms, and so at once. */
function lastWithSameTerms({ terms }: Search, stage: number): number {
  const same = JSON.stringify(terms[stage])
  return terms.findLastIndex((sets) => JSON.stringify(sets) === same)
}

/** The first of the names that matches, unless it is the tag's own. */
function aliasIn(names: string, matches: (lines: string, place: number) => boolean): string | null {
  const all = namesIn(names)
  const place = all.findIndex(({ lines }, at) => matches(lines, at))
  return place > 0 ? (all[place]?.marked ?? null) : null
}

interface Scope {
  readonly db: Queryable
  readonly workspaceId: string
  readonly first: number
  readonly depth: Depth
}

/**
 * The first matches, by stage and usage. Common matches are found among the most used tags, rare ones by their terms:
 * there can be hundreds of thousands of common ones, too many to fetch and sort.
 */
async function best(scope: Scope, search: Search): Promise<Candidate[]> {
  const last = search.terms.length - 1
  const { db, workspaceId, first, depth } = scope
  if (isSelective(search)) {
    const few = await byTerms(db, workspaceId, search, last, first, depth.few)
    if (few) return few.slice(0, first)
  }
  let looked = depth.first
  let used = await amongMostUsed(db, workspaceId, search, first, looked)
  if (used.length < depth.rare) {
    const all = await byTerms(db, workspaceId, search, last, first, depth.fetched)
    if (all) return all.slice(0, first)
  }
  const found: Candidate[] = []
  let fetched: { upTo: number; rows: Candidate[] | undefined } = { upTo: -1, rows: [] }
  for (let stage = 0; stage <= last && found.length < first; stage += 1) {
    const missing = first - found.length
    const ofStage = (rows: readonly Candidate[]) =>
      rows.filter((row) => row.stage === stage).slice(0, missing)
    let here = ofStage(used)
    if (here.length < missing && here.length >= depth.rare && looked < depth.most) {
      looked = Math.min(depth.most, Math.ceil((looked * 1.5 * missing) / here.length))
      used = await amongMostUsed(db, workspaceId, search, first, looked)
      here = ofStage(used)
    }
    if (here.length < missing) {
      if (stage > fetched.upTo) {
        const upTo = lastWithSameTerms(search, stage)
        fetched = { upTo, rows: await byTerms(db, workspaceId, search, upTo, first, depth.fetched) }
      }
      // Many matches, but none among the most used tags: walk all tags until the page is full.
      here = fetched.rows ? ofStage(fetched.rows) : await amongAll(db, workspaceId, search, stage, missing)
    }
    found.push(...here)
  }
  return found
}

/** How closely a name that equals the query is spelt like it: 0 as it was typed, 1 except for case, 2 otherwise. */
function spelling({ workspaceId }: Scope, query: string): Search['stage'] {
  const [typed, lower] = termHasher(workspaceId)(spellingTerms(query)) as [number, number]
  return (id) => sql`(select case when ${typed}::int = any (spellings) then 0
      when ${lower}::int = any (spellings) then 1 else 2 end
    from tag_search as spelt where spelt.workspace_id = ${workspaceId}::uuid and spelt.tag_id = ${id})`
}

async function byText(scope: Scope, query: string): Promise<FoundTag[]> {
  const plans = planTexts(plainName(query))
  const [asTyped, spelt] = [plans.slice(0, 1), spelling(scope, query)]
  const has = (parts: readonly string[]) => or(parts.map((part) => sql`strpos(names, ${part}) > 0`))
  const joined = plans.flatMap(({ entire, joinedEntire }) => [entire, joinedEntire])
  const search: Search = {
    matches: or(plans.map(({ anywhere }) => inOneName(anywhere))),
    stage: (id) => sql`case when ${has(asTyped.map(({ entire }) => entire))} then ${spelt(id)}
      when ${has(joined)} then 3 when ${has(plans.flatMap(({ beginnings }) => beginnings))} then 4
      when ${or(plans.map(({ words }) => inOneName(words)))} then 5 else 6 end`,
    terms: textStages.map((reason) => plans.map(({ terms }) => terms[reason])),
  }
  const rows = await best(scope, search)
  return rows.map(({ id, names, stage }) => {
    const reason = textStages[stage] ?? 'SUBSTRING'
    return { id, reason, alias: aliasIn(names, (lines) => textReason(plans, lines) === reason) }
  })
}

async function bySound(scope: Scope, patterns: readonly SoundPattern[], reason: MatchReason) {
  if (patterns.length === 0) return []
  const [any, usual] = [
    patterns.map(({ expression }) => expression).join('|'),
    patterns.map((one) => one.usual).join('|'),
  ]
  const terms = patterns.map((one) => one.terms)
  const search: Search = {
    // The parts alone are cheaper to search for.
    matches: sql`sounds like any (${patterns.map(({ parts }) => `%${parts.join('%')}%`)}::text[])
      and sounds ~ ${any}`,
    stage: () => sql`case when sounds ~ ${usual} then 0 else 1 end`,
    terms: [terms, terms],
  }
  const inLine = [usual, any].map((expression) => new RegExp(expression))
  const rows = await best(scope, search)
  return rows.map(({ id, names, sounds, stage }): FoundTag => {
    const lines = sounds.split('\n')
    return { id, reason, alias: aliasIn(names, (_, line) => inLine[stage]?.test(lines[line] ?? '') ?? false) }
  })
}

async function byTypos(scope: Scope, plain: string): Promise<FoundTag[]> {
  const typed = wordsWithTypos(plain)
  if (typed.length === 0) return []
  const known = await nearWords(scope.db, scope.workspaceId, typed)
  const meant = new Map(typed.map((word) => [word, meantBy(word, known)]))
  const plans = [true, false].map((fewest) => planTypos(plain, (word) => meant.get(word) ?? [], fewest))
  const [fewest, any] = plans
  if (!fewest || !any) return []
  const rows = await best(scope, {
    matches: anyInOneName(any.words),
    stage: () => sql`case when ${anyInOneName(fewest.words)} then 0 else 1 end`,
    terms: [fewest.terms, any.terms],
  })
  return rows.map(({ id, names, stage }) => {
    const { words } = stage === 0 ? fewest : any
    const alias = aliasIn(names, (name) =>
      words.every((choices) => choices.some((word) => name.includes(word))),
    )
    return { id, reason: 'FUZZY', alias }
  })
}

async function bySplits(scope: Scope, plain: string, shortest: number): Promise<FoundTag[]> {
  const plan = planSplits(plain, shortest)
  if (!plan) return []
  const expression = plan.pairs.map((pair) => pair.join('.')).join('|')
  const search: Search = {
    // The parts alone are cheaper to search for; the text between them must not cross the end of a name.
    matches: sql`names like any (${plan.pairs.map((pair) => `%${pair.join('_')}%`)}::text[])
      and names ~ ${`(?n)${expression}`}`,
    stage: () => sql`0`,
    terms: [plan.terms],
  }
  const inName = new RegExp(expression, 'u')
  const rows = await best(scope, search)
  return rows.map(({ id, names }) => ({
    id,
    reason: 'FUZZY',
    alias: aliasIn(names, (name) => inName.test(name)),
  }))
}

/** The live tags that best match a query, by reason and usage. An empty query returns the most used tags. */
export async function searchTags(
  db: Queryable,
  workspaceId: string,
  query: string,
  first: number,
  depth = usualDepth,
): Promise<FoundTag[]> {
  const plain = plainName(query)
  const scope: Scope = { db, workspaceId, first, depth }
  if (plain === '') {
    const ids = await mostUsed(db, workspaceId, first)
    return ids.map((id) => ({ id, reason: 'PREFIX', alias: null }))
  }
  const found = new Map<string, FoundTag>()
  const some = (reason: MatchReason) => [...found.values()].some((tag) => tag.reason === reason)
  const steps: (() => Promise<FoundTag[]>)[] = [
    () => byText(scope, query),
    () => bySound(scope, planSounds(plain), 'PINYIN'),
    () => byTypos(scope, plain),
    () => bySound(scope, planHomophones(plain), 'FUZZY'),
    // The most expensive step: not for pages that are full enough, and not for pinyin, which is no joined words.
    async () =>
      found.size * 2 >= first || some('PINYIN') ? [] : bySplits(scope, plain, found.size === 0 ? 1 : 2),
  ]
  for (const step of steps) {
    if (found.size >= first) break
    for (const tag of await step()) if (!found.has(tag.id)) found.set(tag.id, tag)
  }
  return [...found.values()].slice(0, first)
}
