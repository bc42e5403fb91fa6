import { defaultWorkspaceId } from '../domain/access.ts'
import { WorkspaceRequired } from '../domain/workspace-trash.ts'
import type { Db, Tx } from './client.ts'
import { lockName } from './postgres/named-locks.ts'
import type { WorkspaceRow } from './rows.ts'
import { selections } from './selections.ts'
import { type Queryable, sql } from './sql.ts'

/** Locks the row of a workspace until the end of the transaction. */
export async function lockWorkspace(tx: Tx, id: string): Promise<void> {
  await tx.query(sql`select id from workspaces where id = ${id}::uuid for no key update`)
}

/** How many days the trash of a workspace keeps what is trashed now; null: as configured. */
export async function retentionDaysOf(tx: Tx, id: string): Promise<number | null> {
  const [row] = await tx.query<{ days: number | null }>(
    sql`select retention_days as days from workspaces where id = ${id}::uuid`,
  )
  return row?.days ?? null
}

/** Whether a workspace exists and is not in the trash. The default workspace always is. */
export async function isLiveWorkspace(db: Queryable, id: string): Promise<boolean> {
  if (id === defaultWorkspaceId) return true
  const rows = await db.query(sql`select from workspaces where id = ${id}::uuid and deleted_at is null`)
  return rows.length > 0
}

export async function workspaceName(db: Queryable, id: string): Promise<string | undefined> {
  const [row] = await db.query<{ name: string }>(sql`select name from workspaces where id = ${id}::uuid`)
  return row?.name
}

/**
 * The database for work in one workspace. Each of its transactions first shares the lock of the workspace, so that it is
 * complete before the workspace is trashed, or throws `WorkspaceRequired`. The default workspace cannot be trashed and
 * needs no lock.
 */
export const inWorkspace = (db: Db, id: string): Db =>
  id === defaultWorkspaceId
    ? db
    : {
        ...db,
        begin: async (tx) => {
          const [row] = await tx.query<{ live: boolean }>(sql`select share_workspace(${id}::uuid) as live`)
          if (!row?.live) throw new WorkspaceRequired()
        },
      }

/** The same database for a transaction that may work on any workspace, and locks those that it changes. */
export const acrossWorkspaces = (db: Db): Db => ({ ...db, begin: undefined })

/**
 * Takes the lock of a workspace alone: waits for the transactions that are in progress in it, and keeps others from
 * beginning. Returns its row, also from the trash.
 */
export async function lockWholeWorkspace(tx: Tx, id: string): Promise<WorkspaceRow | undefined> {
  await lockName(tx, `workspace ${id}`)
  const { columns, from } = selections.workspaces
  const [row] = await tx.query<WorkspaceRow>(
    sql`select ${columns} from ${from} where id = ${id}::uuid for no key update`,
  )
  return row
}
