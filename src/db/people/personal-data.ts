import { identifier, list, type Queryable, sql } from '../sql.ts'

const tables = [
  'bookshelves',
  'books',
  'blocks',
  'checkpoints',
  'checkpoint_markers',
  'media',
  'tags',
] as const

/** How many things of each type a person made in the workspaces that they are a member of. Reads those workspaces. */
export async function madeBy(db: Queryable, userId: string): Promise<Record<string, number>> {
  const counts = tables.map(
    (table) => sql`(select count(*)::int from ${identifier(table)} item where item.created_by = ${userId}
      and item.workspace_id in (select workspace_id from members where user_id = ${userId}::uuid))
      as ${identifier(table)}`,
  )
  const [row] = await db.query<Record<string, number>>(sql`select ${list(counts)}`)
  return row ?? {}
}
