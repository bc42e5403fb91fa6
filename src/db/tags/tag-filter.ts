import type { Condition } from '../page.ts'
import { identifier, literal, type Queryable, type Sql, sql } from '../sql.ts'
import { isBelow, subtreesOf } from './tag-tree.ts'

/** Conditions on the tags of an object; all of them must hold. Only live tags count. */
export interface TagFilter {
  readonly any?: readonly string[] | null | undefined
  readonly all?: readonly string[] | null | undefined
  readonly none?: readonly string[] | null | undefined
  /** True if a tag below a given one counts as that one. */
  readonly includeDescendants?: boolean
}

export type TaggedTable = 'bookshelves' | 'books' | 'blocks'

const types = {
  bookshelves: { type: 'BOOKSHELF', count: 'bookshelf_count' },
  books: { type: 'BOOK', count: 'book_count' },
  blocks: { type: 'BLOCK', count: 'block_count' },
} as const

/** Up to this number of rows with a tag, reading and sorting all of them beats walking the list until a page is full. */
const fewRows = 5_000

/** The number of live rows of the table that have each tag; null if there are too many tags below to add them up. */
function usesOf(
  db: Queryable,
  workspaceId: string,
  table: TaggedTable,
  ids: readonly string[],
  below: boolean,
) {
  const { count } = types[table]
  const own = sql`select id, ${identifier(count)} as uses from tags
    where workspace_id = ${workspaceId}::uuid and id = any(${ids}::uuid[]) and deletion_id is null`
  if (!below) return db.query<{ id: string; uses: number | null }>(own)
  const descendants = sql`select ${identifier(`sub.${count}`)} as uses from tags sub
    where sub.workspace_id = ${workspaceId}::uuid and sub.deletion_id is null and ${isBelow('sub', 'top')}
    limit ${literal(fewRows + 1)}`
  return db.query<{ id: string; uses: number | null }>(sql`
    select top.id,
      case when below.tags <= ${literal(fewRows)} then (${identifier(`top.${count}`)} + below.uses)::int end as uses
    from tags top
    cross join lateral (select count(*) as tags, coalesce(sum(uses), 0) as uses from (${descendants}) sub) below
    where top.workspace_id = ${workspaceId}::uuid and top.id = any(${ids}::uuid[]) and top.deletion_id is null`)
}

/** The row has a live tag that `matches`. Checked row by row: OFFSET keeps PostgreSQL from making it a join. */
const hasTag = (table: TaggedTable, matches: Sql) =>
  sql`exists (select from tag_associations association
    join tags tag on tag.workspace_id = association.workspace_id and tag.id = association.tag_id
    where association.workspace_id = ${identifier(`${table}.workspace_id`)}
      and association.entity_id = ${identifier(`${table}.id`)}
      and tag.deletion_id is null and ${matches} offset 0)`

/** The row has one of the tags, which have few associations: its ID is among theirs. OFFSET as above. */
const isAmongTagged = (table: TaggedTable, workspaceId: string, ids: readonly string[], below: boolean) =>
  sql`${identifier(`${table}.id`)} = any(array(
    select association.entity_id from (select ${ids}::uuid[] as ids) given
    cross join lateral (
      ${below ? subtreesOf(workspaceId, sql`given.ids`) : sql`select unnest(given.ids) as id`}) found
    cross join lateral (select tags.id from tags where tags.workspace_id = ${workspaceId}::uuid
      and tags.id = found.id and tags.deletion_id is null offset 0) tag
    cross join lateral (select entity_id from tag_associations where workspace_id = ${workspaceId}::uuid
      and tag_id = tag.id and entity_type = ${literal(types[table].type)} offset 0) association))`

const distinct = (ids: readonly string[] | null | undefined) => ids && [...new Set(ids)]

/** The filter as conditions that are checked row by row. */
export function rowTagConditions(table: TaggedTable, filter: TagFilter): Condition[] {
  const { includeDescendants: below = false } = filter
  const [any, all, none] = [filter.any, filter.all, filter.none].map(distinct)
  const hasOneOf = (ids: readonly string[]) =>
    hasTag(
      table,
      below ? sql`(array[tag.id] || tag.ancestor_ids) && ${ids}::uuid[]` : sql`tag.id = any(${ids}::uuid[])`,
    )
  const hasWanted = hasTag(
    table,
    below ? sql`wanted.id = any(array[tag.id] || tag.ancestor_ids)` : sql`tag.id = wanted.id`,
  )
  const conditions: Condition[] = []
  if (any) conditions.push({ sql: any.length > 0 ? hasOneOf(any) : sql`false` })
  if (all)
    conditions.push({
      sql: sql`not exists (select from unnest(${all}::uuid[]) as wanted (id) where not ${hasWanted})`,
    })
  if (none && none.length > 0) conditions.push({ sql: sql`not ${hasOneOf(none)}` })
  return conditions
}

/** The filter as conditions on a list. Takes at most one statement. */
export async function tagConditions(
  db: Queryable,
  workspaceId: string,
  table: TaggedTable,
  filter: TagFilter | null | undefined,
): Promise<Condition[]> {
  if (!filter) return []
  const { includeDescendants: below = false } = filter
  const conditions = rowTagConditions(table, filter)
  const [any, all] = [filter.any, filter.all].map(distinct)
  const asked = [...(any ?? []), ...(all ?? [])]
  if (asked.length === 0) return conditions
  const found = await usesOf(db, workspaceId, table, asked, below)
  const uses = new Map(found.map((tag) => [tag.id, tag.uses ?? Infinity]))
  const usesAmong = (ids: readonly string[]) => ids.reduce((sum, id) => sum + (uses.get(id) ?? 0), 0)
  const fewest = [...(any ? [any] : []), ...(all ?? []).map((id) => [id])].sort(
    (one, other) => usesAmong(one) - usesAmong(other),
  )[0]
  if (fewest && usesAmong(fewest) <= fewRows)
    conditions.push({ sql: isAmongTagged(table, workspaceId, fewest, below), isFew: true })
  return conditions
}
