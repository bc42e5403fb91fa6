import type { Pool } from 'pg'

/** The tables of everything that has authors, with the column of the workspace. */
const tables = {
  workspaces: 'id',
  bookshelves: 'workspace_id',
  books: 'workspace_id',
  blocks: 'workspace_id',
  checkpoints: 'workspace_id',
  checkpoint_markers: 'workspace_id',
  media: 'workspace_id',
  tags: 'workspace_id',
}

interface AuthoredRow {
  readonly item: string
  readonly version: number
  readonly updatedAt: string
  readonly createdBy: string
  readonly updatedBy: string
}

const before = 'nobody'

async function read(pool: Pool, workspaceId: string) {
  const texts = Object.entries(tables).map(
    ([table, workspace]) => `select '${table} ' || id as item, version, updated_at::text as "updatedAt",
      created_by as "createdBy", updated_by as "updatedBy" from ${table} where ${workspace} = $1`,
  )
  const { rows } = await pool.query<AuthoredRow>(texts.join(' union all '), [workspaceId])
  return new Map(rows.map((row) => [row.item, row]))
}

/**
 * Forgets all authors of a workspace. The function that it returns gives how many items were created and changed since,
 * and those of which the authors are wrong: `actor` must be the author of exactly what it created or changed.
 */
export async function forgetAuthors(pool: Pool, workspaceId: string, actor: string) {
  for (const [table, workspace] of Object.entries(tables))
    await pool.query(`update ${table} set created_by = $2, updated_by = $2 where ${workspace} = $1`, [
      workspaceId,
      before,
    ])
  const old = await read(pool, workspaceId)
  return async () => {
    const rows = [...(await read(pool, workspaceId)).values()]
    const isChanged = ({ item, version, updatedAt }: AuthoredRow) =>
      version !== old.get(item)?.version || updatedAt !== old.get(item)?.updatedAt
    const wrong = rows.filter(
      (row) =>
        row.createdBy !== (old.has(row.item) ? before : actor) ||
        row.updatedBy !== (isChanged(row) ? actor : before),
    )
    return { written: rows.filter(isChanged).length, wrong }
  }
}
