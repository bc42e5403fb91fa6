import type { Tx } from '../client.ts'
import { hangingOn, type HolderTable, holderTables } from './purge-rows.ts'

/** What is erased of a tombstone, and when there is something to erase. Its name stays: what is in it shows it as its place. */
const texts: Record<HolderTable, { readonly erase: string; readonly when: string }> = {
  bookshelves: { erase: 'description = null', when: 'description is not null' },
  books: { erase: 'summary = null', when: 'summary is not null' },
  blocks: { erase: `content = '', attributes = '{}'`, when: `(content <> '' or attributes <> '{}')` },
  checkpoints: { erase: 'description = null', when: 'description is not null' },
  checkpoint_markers: { erase: 'description = null', when: 'description is not null' },
  tags: { erase: 'description = null', when: 'description is not null' },
}

const ofDeletions = 'workspace_id = $1::uuid and deletion_id = any($2::uuid[])'

/**
 * Erases the texts of up to `limit` rows that are left of the deletions, and up to as many rows that hang on them and that
 * search finds them by. Says how many it touched.
 */
export async function eraseTombstones(
  tx: Tx,
  workspaceId: string,
  deletionIds: readonly string[],
  limit: number,
): Promise<number> {
  let touched = 0
  const change = async (text: string) => {
    if (touched >= limit) return
    touched += await tx.$executeRawUnsafe(text, workspaceId, [...deletionIds], limit - touched)
  }
  for (const table of holderTables) {
    const { erase, when } = texts[table]
    await change(`update ${table} set ${erase} where workspace_id = $1::uuid and id = any(array(
      select id from ${table} where ${ofDeletions} and ${when} limit $3::int))`)
    const hanging = [...(hangingOn[table] ?? []), { table: 'search_documents', column: 'entity_id' }]
    for (const { table: from, column } of table.startsWith('checkpoint') ? [] : hanging) {
      await change(`delete from ${from} where ctid = any(array(
        select hanging.ctid from ${table} tombstone cross join lateral (select ctid from ${from}
          where workspace_id = $1::uuid and ${column} = tombstone.id limit $3::int) as hanging
        where tombstone.workspace_id = $1::uuid and tombstone.deletion_id = any($2::uuid[]) limit $3::int))`)
    }
  }
  return touched
}

/** How many rows are left of the deletions. */
export async function countTombstones(
  tx: Tx,
  workspaceId: string,
  deletionIds: readonly string[],
): Promise<number> {
  const rows = holderTables.map((table) => `select count(*) as count from ${table} where ${ofDeletions}`)
  const text = `select sum(count)::int as count from (${rows.join(' union all ')}) as tombstones`
  const [row] = await tx.$queryRawUnsafe<{ count: number }[]>(text, workspaceId, [...deletionIds])
  return row?.count ?? 0
}
