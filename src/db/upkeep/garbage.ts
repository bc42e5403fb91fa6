import { type Db, read, type Tx } from '../client.ts'
import { keysIn } from './pending-deletions.ts'

/** Bytes in the storage, as a row tells of them. */
export interface KnownObject {
  readonly storageKey: string
  readonly sizeBytes: bigint
}

/** A blob without media. */
export interface OrphanRow extends KnownObject {
  readonly id: string
  readonly orphanedAt: Date
}

/** Where a walk over the orphans of a workspace is. */
export interface OrphanCursor {
  readonly orphanedAt: Date
  readonly id: string
}

export const beforeAllOrphans: OrphanCursor = {
  orphanedAt: new Date(0),
  id: '00000000-0000-0000-0000-000000000000',
}

const orphanColumns = `id, storage_key as "storageKey", size_bytes as "sizeBytes", orphaned_at as "orphanedAt"`

/** `$1` workspace, `$2` orphaned until then, `$3` and `$4` after this one, `$5` how many. */
const orphansAfter = `select ${orphanColumns} from blobs
  where workspace_id = $1::uuid and orphaned_at <= $2::timestamptz and (orphaned_at, id) > ($3::timestamptz, $4::uuid)
  order by orphaned_at, id limit $5::int`

/** Blobs that had no medium then or earlier, the oldest first. */
export const orphans = (db: Db, workspaceId: string, until: Date, after: OrphanCursor, limit: number) =>
  read<OrphanRow>(db, orphansAfter, [workspaceId, until, after.orphanedAt, after.id, limit])

/** How many blobs had no medium then or earlier. */
export async function countOrphans(db: Db, workspaceId: string, until: Date): Promise<number> {
  const text = `select count(*)::int as count from blobs
    where workspace_id = $1::uuid and orphaned_at <= $2::timestamptz`
  return (await read<{ count: number }>(db, text, [workspaceId, until]))[0]?.count ?? 0
}

/**
 * Locks those of the blobs that still have no medium, in the order of their ids. Those that somebody else has just locked, for
 * a new medium as it may be, are left out.
 */
export async function lockOrphans(
  tx: Tx,
  workspaceId: string,
  until: Date,
  ids: readonly string[],
): Promise<OrphanRow[]> {
  const locked = await tx.$queryRawUnsafe<OrphanRow[]>(
    `select ${orphanColumns} from blobs where workspace_id = $1::uuid and id = any($3::uuid[])
      and orphaned_at <= $2::timestamptz and ref_count = 0 order by id for update skip locked`,
    workspaceId,
    until,
    [...ids],
  )
  // A statement of its own: this one sees what was committed before the lock was had.
  const used = await tx.$queryRawUnsafe<{ id: string }[]>(
    'select distinct blob_id as id from media where workspace_id = $1::uuid and blob_id = any($2::uuid[])',
    workspaceId,
    locked.map(({ id }) => id),
  )
  const inUse = new Set(used.map(({ id }) => id))
  return locked.filter(({ id }) => !inUse.has(id))
}

/** Removes locked blobs with their thumbnails, and gives what was derived of them. */
export async function removeBlobs(tx: Tx, workspaceId: string, ids: readonly string[]) {
  const thumbnails = await tx.$queryRawUnsafe<(KnownObject & { blobId: string })[]>(
    `delete from thumbnails where workspace_id = $1::uuid and blob_id = any($2::uuid[])
      returning storage_key as "storageKey", size_bytes as "sizeBytes", blob_id as "blobId"`,
    workspaceId,
    [...ids],
  )
  await tx.blob.deleteMany({ where: { workspaceId, id: { in: [...ids] } } })
  return thumbnails
}

/** What is derived of blobs. */
export const thumbnailsOfBlobs = (db: Db, workspaceId: string, ids: readonly string[]) =>
  read<KnownObject & { blobId: string }>(
    db,
    `select storage_key as "storageKey", size_bytes as "sizeBytes", blob_id as "blobId" from thumbnails
      where workspace_id = $1::uuid and blob_id = any($2::uuid[])`,
    [workspaceId, ids],
  )

/** Those of the keys that no row of any workspace has. */
export async function unknownKeys(db: Db, keys: readonly string[]): Promise<Set<string>> {
  const text = keysIn(['blobs', 'thumbnails', 'pending_deletions'])
  const unknown = new Set(keys)
  for (const { key } of await read<{ key: string }>(db, text, [keys])) unknown.delete(key)
  return unknown
}

/** Has objects removed that are of no row any more; says which were not asked for already. */
export async function addPendingDeletions(
  tx: Tx,
  workspaceId: string,
  objects: readonly KnownObject[],
  now: Date,
): Promise<Set<string>> {
  const keys = objects.map(({ storageKey }) => storageKey)
  const known = await tx.$queryRawUnsafe<{ key: string }[]>(keysIn(['blobs', 'thumbnails']), keys)
  const kept = new Set(known.map(({ key }) => key))
  const gone = objects.filter(({ storageKey }) => !kept.has(storageKey))
  const rows = await tx.$queryRawUnsafe<{ key: string }[]>(
    `insert into pending_deletions (workspace_id, storage_key, size_bytes, requested_at)
      select $1::uuid, key, size, $4::timestamptz from unnest($2::text[], $3::bigint[]) as given (key, size) order by key
      on conflict do nothing returning storage_key as key`,
    workspaceId,
    gone.map(({ storageKey }) => storageKey),
    gone.map(({ sizeBytes }) => sizeBytes),
    now,
  )
  return new Set(rows.map(({ key }) => key))
}

/** The workspaces with blobs that had no medium then or earlier. */
export async function workspacesToCollect(db: Db, until: Date): Promise<string[]> {
  const text = `select id from workspaces where exists (select from blobs where workspace_id = workspaces.id
    and orphaned_at <= $1::timestamptz) order by id`
  return (await read<{ id: string }>(db, text, [until])).map(({ id }) => id)
}
