import { columnList, empty, identifier, type Queryable, sql, unionAll } from '../sql.ts'

/** An object whose bytes the storage still has to remove. */
export interface PendingDeletionRow {
  readonly workspaceId: string
  readonly storageKey: string
  readonly sizeBytes: bigint
  readonly requestedAt: Date
  readonly attempts: number
  readonly failure: string | null
}

const columns = columnList({
  workspaceId: 'workspace_id',
  storageKey: 'storage_key',
  sizeBytes: 'size_bytes',
  requestedAt: 'requested_at',
  attempts: 'attempts',
  failure: 'failure',
})

/** Objects to remove, in any workspace, without those of `except`; first those that failed least often. */
export const nextPendingDeletions = (
  db: Queryable,
  except: readonly string[],
  limit: number,
): Promise<PendingDeletionRow[]> =>
  db.query(sql`
    select ${columns} from pending_deletions where storage_key <> all(${except}::text[])
    order by attempts, storage_key limit ${limit}::int`)

/** How many objects are still to be removed. */
export async function countPendingDeletions(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`select count(*)::int as count from pending_deletions`)
  return row?.count ?? 0
}

/** The pending deletion of a key; in any workspace if none is given. */
export async function pendingDeletionOf(
  db: Queryable,
  storageKey: string,
  workspaceId: string | null,
): Promise<PendingDeletionRow | undefined> {
  const [row] = await db.query<PendingDeletionRow>(
    sql`select ${columns} from pending_deletions where storage_key = ${storageKey}
      ${workspaceId === null ? empty : sql`and workspace_id = ${workspaceId}::uuid`}`,
  )
  return row
}

/** Those of the keys that rows of the tables have, in any workspace: a key is the same in all of them. */
export async function keysIn(
  db: Queryable,
  tables: readonly ('blobs' | 'thumbnails' | 'pending_deletions')[],
  keys: readonly string[],
): Promise<string[]> {
  // Without the limits, PostgreSQL might read a whole table for a thousand keys. With them it looks up each by the
  // index.
  const keysOf = (table: string) => sql`select key from unnest(${keys}::text[]) as given (key)
    cross join lateral (select from ${identifier(table)} where storage_key = given.key limit 1) as found`
  const rows = await db.query<{ key: string }>(unionAll(tables.map(keysOf)))
  return rows.map(({ key }) => key)
}

/**
 * Drops the pending deletions of objects that a row has again: a thumbnail was made a second time under its old key.
 */
export async function dropMistakenPendingDeletions(
  db: Queryable,
  keys: readonly string[],
): Promise<Set<string>> {
  const known = await keysIn(db, ['blobs', 'thumbnails'], keys)
  if (known.length > 0) await forgetPendingDeletions(db, known)
  return new Set(known)
}

/** Deletes completed pending deletions. */
export async function forgetPendingDeletions(db: Queryable, keys: readonly string[]): Promise<void> {
  await db.execute(sql`delete from pending_deletions where storage_key = any(${keys}::text[])`)
}

/** Stores the reason why each object could not be removed. */
export async function recordRefusals(db: Queryable, refused: ReadonlyMap<string, string>): Promise<void> {
  await db.execute(sql`
    update pending_deletions set attempts = attempts + 1, failure = given.failure
    from unnest(${[...refused.keys()]}::text[], ${[...refused.values()]}::text[]) as given (key, failure)
    where storage_key = given.key`)
}
