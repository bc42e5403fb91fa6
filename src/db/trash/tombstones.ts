import type { Tx } from '../client.ts'
import { identifier, list, or, type Queryable, type Sql, sql, unionAll } from '../sql.ts'
import { hangingOn, type HolderTable, holderTables } from './purge-rows.ts'
import { type TextFate, textsOfTombstones } from './purged-texts.ts'

type Erased = Extract<TextFate, { erasedTo: string }>['erasedTo']

/** How to erase a column, and the condition that there is something to erase. */
const erasures: Record<Erased, (column: Sql) => { erase: Sql; when: Sql }> = {
  null: (column) => ({ erase: sql`${column} = null`, when: sql`${column} is not null` }),
  'empty text': (column) => ({ erase: sql`${column} = ''`, when: sql`${column} <> ''` }),
  'empty object': (column) => ({ erase: sql`${column} = '{}'`, when: sql`${column} <> '{}'` }),
}

/** The columns of a table that a purge erases. Names stay: what is in a tombstone shows it as its place. */
const erasuresOf = (table: HolderTable) =>
  Object.entries(textsOfTombstones[table]).flatMap(([column, fate]) =>
    'erasedTo' in fate ? [erasures[fate.erasedTo](identifier(column))] : [],
  )

const documents = { table: 'search_documents', column: 'entity_id' }

/** The rows that go from a tombstone: its tags, its earlier texts, and the document by which a search finds it. */
const rowsOn = (table: HolderTable) => [...(hangingOn[table] ?? []), documents]

/**
 * Erases the texts of up to `limit` rows that are left of the deletions, and removes up to as many rows that hang on
 * them. Gives how many rows it touched.
 */
export async function eraseTombstones(
  tx: Tx,
  workspaceId: string,
  deletionIds: readonly string[],
  limit: number,
): Promise<number> {
  let touched = 0
  const change = async (statement: (limit: Sql) => Sql) => {
    if (touched >= limit) return
    touched += await tx.execute(statement(sql`${limit - touched}::int`))
  }
  for (const holder of holderTables) {
    const table = identifier(holder)
    const columns = erasuresOf(holder)
    await change(
      (room) => sql`update ${table} set ${list(columns.map(({ erase }) => erase))}
        where workspace_id = ${workspaceId}::uuid and id = any(array(
          select id from ${table}
          where workspace_id = ${workspaceId}::uuid and deletion_id = any(${deletionIds}::uuid[])
            and (${or(columns.map(({ when }) => when))}) limit ${room}))`,
    )
    for (const { table: from, column } of rowsOn(holder)) {
      await change(
        (room) => sql`delete from ${identifier(from)} where ctid = any(array(
          select hanging.ctid from ${table} tombstone cross join lateral (select ctid from ${identifier(from)}
            where workspace_id = ${workspaceId}::uuid and ${identifier(column)} = tombstone.id limit ${room}) as hanging
          where tombstone.workspace_id = ${workspaceId}::uuid and tombstone.deletion_id = any(${deletionIds}::uuid[])
          limit ${room}))`,
      )
    }
  }
  return touched
}

/** The number of remaining rows of the deletions. */
export async function countTombstones(
  db: Queryable,
  workspaceId: string,
  deletionIds: readonly string[],
): Promise<number> {
  const counts = holderTables.map(
    (table) => sql`select count(*) as count from ${identifier(table)}
      where workspace_id = ${workspaceId}::uuid and deletion_id = any(${deletionIds}::uuid[])`,
  )
  const [row] = await db.query<{ count: number }>(
    sql`select sum(count)::int as count from (${unionAll(counts)}) as tombstones`,
  )
  return row?.count ?? 0
}
