import type { Tx } from './client.ts'
import { columnList, identifier, or, type Queryable, type Sql, sql } from './sql.ts'

/** The columns of each table that is sorted by name, except tags, whose names are also compared. */
const columns = {
  workspaces: { workspaceId: 'id', id: 'id', name: 'name' },
  bookshelves: { workspaceId: 'workspace_id', id: 'id', name: 'name' },
  books: { workspaceId: 'workspace_id', id: 'id', name: 'title' },
  checkpoints: { workspaceId: 'workspace_id', id: 'id', name: 'title' },
  media: { workspaceId: 'workspace_id', id: 'id', name: 'file_name' },
} as const

export type NamedTable = keyof typeof columns
export const namedTables = Object.keys(columns) as NamedTable[]

/** The condition that a row is older than the rules of its keys, as the indexes have it. */
export const stale = sql`sort_key < E'\\x02'`

/** True if there are such rows. */
export async function hasStaleKeys(db: Queryable): Promise<boolean> {
  const exist = [...namedTables, 'tags'].map(
    (table): Sql => sql`exists (select from ${identifier(table)} where ${stale})`,
  )
  const [row] = await db.query<{ any: boolean }>(sql`select ${or(exist)} as any`)
  return row?.any ?? false
}

export interface NamedRow {
  readonly workspaceId: string
  readonly id: string
  readonly name: string
}

/** Locks some of them. */
export const staleNames = (tx: Tx, table: NamedTable, limit: number) =>
  tx.query<NamedRow>(sql`select ${columnList(columns[table])} from ${identifier(table)} where ${stale}
    order by ${identifier(columns[table].workspaceId)}, id limit ${limit}::int for no key update`)

/** Stores what each row is sorted by. */
export async function storeSortKeys(
  tx: Tx,
  table: NamedTable,
  rows: readonly (NamedRow & { readonly sortKey: string })[],
) {
  const [workspaceIds, ids] = [rows.map(({ workspaceId }) => workspaceId), rows.map(({ id }) => id)]
  const keys = rows.map(({ sortKey }) => sortKey)
  await tx.execute(sql`update ${identifier(table)} as named set sort_key = given.sort_key
    from unnest(${workspaceIds}::uuid[], ${ids}::uuid[], ${keys}::text[]) as given (workspace_id, id, sort_key)
    where named.${identifier(columns[table].workspaceId)} = given.workspace_id and named.id = given.id`)
}
