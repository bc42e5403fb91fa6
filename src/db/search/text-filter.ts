import type { SearchQuery } from '../../domain/library-search.ts'
import { type Condition, fewRows } from '../page.ts'
import { identifier, literal, type Queryable, type Sql, sql } from '../sql.ts'
import { entriesOf } from './documents.ts'

/** The lists that can be filtered by their texts, with the type of their documents. */
const typeOf = {
  bookshelves: 'BOOKSHELF',
  books: 'BOOK',
  blocks: 'BLOCK',
  checkpoints: 'CHECKPOINT',
  checkpoint_markers: 'CHECKPOINT_MARKER',
  tags: 'TAG',
} as const

export type TextTable = keyof typeof typeOf

const hasWords = ({ patterns }: SearchQuery): Sql =>
  sql`text like all (${patterns.map((pattern) => `%${pattern}%`)}::text[])`

/** The row has the text. Checked row by row: OFFSET keeps PostgreSQL from making it a join. */
export const hasText = (table: TextTable, query: SearchQuery): Sql =>
  sql`exists (select from search_documents document
    where document.workspace_id = ${identifier(`${table}.workspace_id`)}
      and document.entity_id = ${identifier(`${table}.id`)} and ${hasWords(query)} offset 0)`

/** The text as a condition on a list. Takes one statement: it reads the index of the search until it has many rows. */
export async function textCondition(
  db: Queryable,
  workspaceId: string,
  table: TextTable,
  query: SearchQuery,
): Promise<Condition> {
  const type = literal(typeOf[table])
  const rows = await db.query<{ id: string }>(sql`
    select match.entity_id as id from (
      select id, ${entriesOf(sql`id`, sql`${query.terms}::bigint[]`)} as entries from search_segments
      where workspace_id = ${workspaceId}::uuid and entity_type = ${type}) as segment
    cross join lateral (
      select workspace_id, entity_id, entity_type from search_documents
      where terms @> segment.entries and ${hasWords(query)} offset 0) as match
    where match.workspace_id = ${workspaceId}::uuid and match.entity_type = ${type} limit ${literal(fewRows + 1)}`)
  if (rows.length > fewRows) return { sql: hasText(table, query) }
  const ids = rows.map(({ id }) => id)
  return { sql: sql`${identifier(`${table}.id`)} = any(${ids}::uuid[])`, isFew: true }
}
