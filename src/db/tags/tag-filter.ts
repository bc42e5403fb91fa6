import { type Db, read } from '../client.ts'
import type { Condition } from '../page.ts'
import { isBelow, subtreesOf } from './tag-tree.ts'

/** Conditions on the tags of something; all that is given must hold. Only live tags count. */
export interface TagFilter {
  readonly any?: readonly string[] | null | undefined
  readonly all?: readonly string[] | null | undefined
  readonly none?: readonly string[] | null | undefined
  /** True when a tag below a given one counts as that one. */
  readonly includeDescendants?: boolean
}

export type TaggedTable = 'bookshelves' | 'books' | 'blocks'

const types = {
  bookshelves: { type: 'BOOKSHELF', count: 'bookshelf_count' },
  books: { type: 'BOOK', count: 'book_count' },
  blocks: { type: 'BLOCK', count: 'block_count' },
} as const

/** Up to so many rows, reading all that have a tag and sorting them beats walking the list until a page is full. */
const fewRows = 5_000

/** How many live rows of the table have each of the tags; null when too many tags are below to add them up. */
function usesOf(db: Db, workspaceId: string, table: TaggedTable, ids: readonly string[], below: boolean) {
  const { count } = types[table]
  const descendants = `select sub.${count} as uses from tags sub where sub.workspace_id = $1::uuid
    and sub.deletion_id is null and ${isBelow('sub', 'top')} limit ${fewRows + 1}`
  const text = below
    ? `select top.id, case when below.tags <= ${fewRows} then (top.${count} + below.uses)::int end as uses from tags top
       cross join lateral (select count(*) as tags, coalesce(sum(uses), 0) as uses from (${descendants}) sub) below
       where top.workspace_id = $1::uuid and top.id = any($2::uuid[]) and top.deletion_id is null`
    : `select id, ${count} as uses from tags
       where workspace_id = $1::uuid and id = any($2::uuid[]) and deletion_id is null`
  return read<{ id: string; uses: number | null }>(db, text, [workspaceId, ids])
}

/** The row has a live tag that `matches` (SQL). Checked row by row: OFFSET keeps PostgreSQL from making it a join. */
const hasTag = (table: TaggedTable, matches: string) =>
  `exists (select from tag_associations association
     join tags tag on tag.workspace_id = association.workspace_id and tag.id = association.tag_id
     where association.workspace_id = ${table}.workspace_id and association.entity_id = ${table}.id
       and tag.deletion_id is null and ${matches} offset 0)`

/** The row has one of the tags, whose associations are few: its id is among theirs. OFFSET as above. */
const isAmongTagged = (table: TaggedTable, below: boolean) =>
  `${table}.id = any(array(select association.entity_id from (select ?::uuid[] as ids) given
     cross join lateral (${below ? subtreesOf('given.ids') : 'select unnest(given.ids) as id'}) found
     cross join lateral (select tags.id from tags
       where tags.workspace_id = $1::uuid and tags.id = found.id and tags.deletion_id is null offset 0) tag
     cross join lateral (select entity_id from tag_associations where workspace_id = $1::uuid and tag_id = tag.id
       and entity_type = '${types[table].type}' offset 0) association))`

/** True when so few rows meet the conditions that reading all of them is cheap. */
export const areFew = (conditions: readonly Condition[]) => conditions.some(([sql]) => fewConditions.has(sql))

const fewConditions: ReadonlySet<string> = new Set(
  (['bookshelves', 'books', 'blocks'] as const).flatMap((table) =>
    [true, false].map((below) => isAmongTagged(table, below)),
  ),
)

/** The filter as conditions on a list whose first value is the workspace. Takes at most one statement. */
export async function tagConditions(
  db: Db,
  workspaceId: string,
  table: TaggedTable,
  filter: TagFilter | null | undefined,
): Promise<Condition[]> {
  if (!filter) return []
  const { includeDescendants: below = false } = filter
  const [any, all, none] = [filter.any, filter.all, filter.none].map((ids) => ids && [...new Set(ids)])
  const oneOf = hasTag(
    table,
    below ? '(array[tag.id] || tag.ancestor_ids) && ?::uuid[]' : 'tag.id = any(?::uuid[])',
  )
  const wanted = hasTag(
    table,
    below ? 'wanted.id = any(array[tag.id] || tag.ancestor_ids)' : 'tag.id = wanted.id',
  )
  const conditions: Condition[] = []
  if (any) conditions.push(any.length > 0 ? [oneOf, any] : ['false'])
  if (all)
    conditions.push([`not exists (select from unnest(?::uuid[]) as wanted (id) where not ${wanted})`, all])
  if (none && none.length > 0) conditions.push([`not ${oneOf}`, none])

  const asked = [...(any ?? []), ...(all ?? [])]
  if (asked.length === 0) return conditions
  const found = await usesOf(db, workspaceId, table, asked, below)
  const uses = new Map(found.map((tag) => [tag.id, tag.uses ?? Infinity]))
  const usesAmong = (ids: readonly string[]) => ids.reduce((sum, id) => sum + (uses.get(id) ?? 0), 0)
  const fewest = [...(any ? [any] : []), ...(all ?? []).map((id) => [id])].sort(
    (one, other) => usesAmong(one) - usesAmong(other),
  )[0]
  if (fewest && usesAmong(fewest) <= fewRows) conditions.push([isAmongTagged(table, below), fewest])
  return conditions
}
