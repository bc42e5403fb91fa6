import type { SearchableType } from '../../domain/library-search.ts'
import type { Condition } from '../page.ts'
import { tableOfKind } from '../rows.ts'
import { and, identifier, literal, type Sql, sql } from '../sql.ts'
import { entriesOf } from './documents.ts'

/** The page is chosen among the newest matches of each type, of which this is the most. */
export const maxCandidates = 500

/** The types to search, each with conditions on its rows. */
export type SearchScope = ReadonlyMap<SearchableType, readonly Condition[]>

/** The line of titles of a document that is not a block. */
export const titlesOf = sql`split_part(text, E'\\n', 1)`

/** The conditions on the rows of a type that a search may find. */
export const wantedRows = (type: SearchableType, workspaceId: string, conditions: readonly Condition[]) =>
  and([
    sql`${identifier(`${tableOfKind[type]}.workspace_id`)} = ${workspaceId}::uuid`,
    sql`${identifier(`${tableOfKind[type]}.deletion_id`)} is null`,
    ...conditions.map((condition) => condition.sql),
  ])

/** True if the object of the document `match` may be found. */
export const isWanted = (type: SearchableType, wanted: Sql) => {
  const table = tableOfKind[type]
  return sql`exists (select from ${identifier(table)}
    where ${identifier(`${table}.id`)} = match.entity_id and ${wanted} offset 0)`
}

/**
 * The newest live matches of a type. Segments are read one after the other, newest first, and only as many as needed.
 * OFFSET prevents PostgreSQL from searching by anything but the terms, and from reading all rows to find the live ones.
 */
export const walk = (
  type: SearchableType,
  workspaceId: string,
  live: Sql,
  terms: Sql,
  condition: Sql,
) => sql`(
    select match.entity_id, match.entity_type, match.text, match.spellings
    from (
      select id, ${entriesOf(sql`id`, terms)} as entries from search_segments
      where workspace_id = ${workspaceId}::uuid and entity_type = ${literal(type)} order by id desc
    ) as segment
    cross join lateral (
      select workspace_id, entity_id, entity_type, text, spellings from search_documents
      where terms @> segment.entries and ${condition} order by entity_id desc offset 0
    ) as match
    where match.workspace_id = ${workspaceId}::uuid and match.entity_type = ${literal(type)} and ${live}
    limit ${literal(maxCandidates)}
  )`
