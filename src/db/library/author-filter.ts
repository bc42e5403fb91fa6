import { type Condition, fewRows } from '../page.ts'
import { identifier, literal, type Queryable, type Sql, sql } from '../sql.ts'

/** The tables with an index of the items that an actor created. Lists of the others are short. */
const indexed = ['bookshelves', 'books', 'blocks', 'checkpoints', 'tags'] as const

/** The actor created the row. PostgreSQL stores no text with a NUL and refuses one as a parameter. */
export const isCreatedBy = (actorId: string): Sql =>
  actorId.includes('\0') ? sql`false` : sql`created_by = ${actorId}`

/**
 * The creator as a condition on a list. Takes one statement: how many items are those of one actor differs too much
 * between workspaces for PostgreSQL to guess it.
 */
export async function creatorCondition(
  db: Queryable,
  workspaceId: string,
  table: string,
  actorId: string,
): Promise<Condition> {
  const walked = { sql: isCreatedBy(actorId) }
  if (!indexed.some((name) => name === table)) return walked
  const rows = await db.query<{ id: string }>(sql`
    select id from ${identifier(table)}
    where workspace_id = ${workspaceId}::uuid and deletion_id is null and ${isCreatedBy(actorId)}
    order by created_by, id limit ${literal(fewRows + 1)}`)
  if (rows.length > fewRows) return walked
  const ids = rows.map(({ id }) => id)
  return { sql: sql`${identifier(`${table}.id`)} = any(${ids}::uuid[])`, isFew: true }
}
