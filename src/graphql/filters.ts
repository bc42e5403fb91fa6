import type { Db } from '../db/client.ts'
import { allOf, anyOf, conditionsOf, notAllOf } from '../db/conditions.ts'
import { creatorCondition } from '../db/library/author-filter.ts'
import type { Condition } from '../db/page.ts'
import { hasText, textCondition, type TextTable } from '../db/search/text-filter.ts'
import { rowTagConditions, tagConditions, type TaggedTable, type TagFilter } from '../db/tags/tag-filter.ts'
import { Failure } from '../domain/failure.ts'
import { type Filter, filterProblem } from '../domain/filter.ts'
import { parseQuery } from '../domain/library-search.ts'
import { pageLimits } from '../domain/page.ts'
import { isUuid, zeroUuid } from '../domain/text.ts'
import { badInput } from './connection.ts'
import type {
  BlockWhere,
  BookshelfWhere,
  BookWhere,
  CheckpointMarkerWhere,
  CheckpointWhere,
  TagWhere,
} from './generated.ts'

/** The filters of the lists that can have groups of conditions. */
export interface Wheres {
  bookshelves: BookshelfWhere
  books: BookWhere
  blocks: BlockWhere
  checkpoints: CheckpointWhere
  checkpoint_markers: CheckpointMarkerWhere
  tags: TagWhere
}

export type FilteredTable = keyof Wheres & TextTable

/** A filter whose fields are those of any of the lists. */
interface AnyWhere extends Filter {
  readonly tags?: TagFilter | null
  readonly text?: string | null
  readonly createdBy?: string | null
  readonly any?: readonly AnyWhere[] | null
  readonly all?: readonly AnyWhere[] | null
  readonly not?: AnyWhere | null
}

/** A filter by tags with IDs only; too many are refused. */
function knownTags(filter: TagFilter): TagFilter {
  const known = { ...filter }
  for (const field of ['any', 'all', 'none'] as const) {
    const ids = filter[field]
    if (!ids) continue
    if (ids.length > pageLimits.max) throw badInput(`tags.${field}: Give at most ${pageLimits.max} IDs.`)
    known[field] = ids.map((id) => (isUuid(id) ? id : zeroUuid))
  }
  return known
}

/** The conditions of a filter by tags; bad ones are thrown. */
export const tagConditionsOf = async (
  db: Db,
  workspaceId: string,
  table: TaggedTable,
  filter: TagFilter | null | undefined,
): Promise<Condition[]> => (filter ? tagConditions(db, workspaceId, table, knownTags(filter)) : [])

function queryOf(text: string) {
  const query = parseQuery(text)
  if (query instanceof Failure)
    throw badInput(`text: ${query.issues.map(({ message }) => message).join(' ')}`)
  return query
}

/** Only filters of these lists have a field `tags`. */
const tagged = (table: FilteredTable) => table as TaggedTable

/** The conditions of a filter, each checked row by row. */
function rowConditions(table: FilteredTable, workspaceId: string, where: AnyWhere): Condition[] {
  const { tags, text, any, all, not, ...fields } = where
  const of = (group: AnyWhere) => rowConditions(table, workspaceId, group)
  return [
    ...conditionsOf(table, fields, workspaceId),
    ...(tags ? rowTagConditions(tagged(table), knownTags(tags)) : []),
    ...(text == null ? [] : [{ sql: hasText(table, queryOf(text)) }]),
    ...(any ? [anyOf(any.map(of))] : []),
    ...(all ? all.map((group) => allOf(of(group))) : []),
    ...(not ? [notAllOf(of(not))] : []),
  ]
}

/**
 * The conditions of a filter; bad ones are thrown. Takes at most three statements, which find out whether few rows have
 * the tags, the text or the creator that the filter asks for outside of groups.
 */
export async function conditionsIn<T extends FilteredTable>(
  db: Db,
  workspaceId: string,
  table: T,
  where: Wheres[T] | null | undefined,
): Promise<Condition[]> {
  if (!where) return []
  const filter = where as AnyWhere
  const problem = filterProblem(filter)
  if (problem !== undefined) throw badInput(problem)
  const { tags, text, createdBy, ...others } = filter
  return [
    ...rowConditions(table, workspaceId, others),
    ...(await tagConditionsOf(db, workspaceId, tagged(table), tags)),
    ...(text == null ? [] : [await textCondition(db, workspaceId, table, queryOf(text))]),
    ...(createdBy == null ? [] : [await creatorCondition(db, workspaceId, table, createdBy)]),
  ]
}
