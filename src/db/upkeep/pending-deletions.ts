import { type Db, read } from '../client.ts'

/** An object whose bytes are still to be removed. */
export interface PendingDeletionRow {
  readonly workspaceId: string
  readonly storageKey: string
  readonly sizeBytes: bigint
  readonly requestedAt: Date
  readonly attempts: number
  readonly failure: string | null
}

const columns = `workspace_id as "workspaceId", storage_key as "storageKey", size_bytes as "sizeBytes",
  requested_at as "requestedAt", attempts, failure`

/** Objects to remove, in any workspace, but for those of `except`: first those that failed least often. */
export const nextPendingDeletions = (db: Db, except: readonly string[], limit: number) =>
  read<PendingDeletionRow>(
    db,
    `select ${columns} from pending_deletions where storage_key <> all($1::text[]) order by attempts, storage_key limit $2::int`,
    [except, limit],
  )

/** How many objects are to be removed. */
export async function countPendingDeletions(db: Db): Promise<number> {
  const text = 'select count(*)::int as count from pending_deletions'
  return (await read<{ count: number }>(db, text, []))[0]?.count ?? 0
}

export const pendingDeletionOf = async (
  db: Db,
  storageKey: string,
): Promise<PendingDeletionRow | undefined> =>
  (
    await read<PendingDeletionRow>(db, `select ${columns} from pending_deletions where storage_key = $1`, [
      storageKey,
    ])
  )[0]

/**
 * Those of the keys that the tables have, in any workspace: a key is the same in all of them. Each is looked up in the indexes;
 * without the limits a thousand of them might seem reason enough to read a whole table.
 */
export const keysIn = (tables: readonly string[]) =>
  tables
    .map(
      (table) =>
        `select key from unnest($1::text[]) as given (key)
          cross join lateral (select from ${table} where storage_key = given.key limit 1) as found`,
    )
    .join(' union all ')

/** Drops the pending deletions of objects that a row knows after all: a thumbnail was made again under its old key. */
export async function dropMistakenPendingDeletions(db: Db, keys: readonly string[]): Promise<Set<string>> {
  const text = keysIn(['blobs', 'thumbnails'])
  const known = (await read<{ key: string }>(db, text, [keys])).map(({ key }) => key)
  if (known.length > 0) await forgetPendingDeletions(db, known)
  return new Set(known)
}

/** Forgets pending deletions that are done. */
export async function forgetPendingDeletions(db: Db, keys: readonly string[]): Promise<void> {
  await read(db, 'delete from pending_deletions where storage_key = any($1::text[])', [keys])
}

/** Remembers why objects could not be removed. */
export async function recordRefusals(db: Db, refused: ReadonlyMap<string, string>): Promise<void> {
  const text = `update pending_deletions set attempts = attempts + 1, failure = given.failure
    from unnest($1::text[], $2::text[]) as given (key, failure) where storage_key = given.key`
  await read(db, text, [[...refused.keys()], [...refused.values()]])
}
