import { zeroUuid } from '../../domain/text.ts'
import type { Tx } from '../client.ts'
import { columnList, type Queryable, sql } from '../sql.ts'
import { keysIn } from './pending-deletions.ts'

/** Bytes in the storage, as a row describes them. */
export interface KnownObject {
  readonly storageKey: string
  readonly sizeBytes: bigint
}

/** A blob without media. */
export interface OrphanRow extends KnownObject {
  readonly id: string
  readonly orphanedAt: Date
}

/** How far a walk over the orphans of a workspace has come. */
export interface OrphanCursor {
  readonly orphanedAt: Date
  readonly id: string
}

export const beforeAllOrphans: OrphanCursor = { orphanedAt: new Date(0), id: zeroUuid }

const orphanColumns = columnList({
  id: 'id',
  storageKey: 'storage_key',
  sizeBytes: 'size_bytes',
  orphanedAt: 'orphaned_at',
})

/** Blobs that have had no medium since `until` or longer, the oldest first. */
export const orphans = (
  db: Queryable,
  workspaceId: string,
  until: Date,
  after: OrphanCursor,
  limit: number,
): Promise<OrphanRow[]> =>
  db.query(sql`
    select ${orphanColumns} from blobs
    where workspace_id = ${workspaceId}::uuid and orphaned_at <= ${until}::timestamptz
      and (orphaned_at, id) > (${after.orphanedAt}::timestamptz, ${after.id}::uuid)
    order by orphaned_at, id limit ${limit}::int`)

/** How many blobs have had no medium since `until` or longer. */
export async function countOrphans(db: Queryable, workspaceId: string, until: Date): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`
    select count(*)::int as count from blobs
    where workspace_id = ${workspaceId}::uuid and orphaned_at <= ${until}::timestamptz`)
  return row?.count ?? 0
}

/**
 * Locks those of the blobs that still have no medium, in the order of their ids. Leaves out those that another
 * transaction has locked, perhaps for a new medium.
 */
export async function lockOrphans(
  tx: Tx,
  workspaceId: string,
  until: Date,
  ids: readonly string[],
): Promise<OrphanRow[]> {
  const locked = await tx.query<OrphanRow>(sql`
    select ${orphanColumns} from blobs where workspace_id = ${workspaceId}::uuid and id = any(${ids}::uuid[])
      and orphaned_at <= ${until}::timestamptz and ref_count = 0 order by id for update skip locked`)
  const lockedIds = locked.map(({ id }) => id)
  // A statement of its own, so that it sees the media that were committed before this transaction got the locks.
  const used = await tx.query<{ id: string }>(sql`
    select distinct blob_id as id from media
    where workspace_id = ${workspaceId}::uuid and blob_id = any(${lockedIds}::uuid[])`)
  const inUse = new Set(used.map(({ id }) => id))
  return locked.filter(({ id }) => !inUse.has(id))
}

/** A file that is derived from a blob. */
type DerivedObject = KnownObject & { readonly blobId: string }

const derivedColumns = columnList({ storageKey: 'storage_key', sizeBytes: 'size_bytes', blobId: 'blob_id' })

/** Removes locked blobs with their thumbnails. Gives the thumbnails. */
export async function removeBlobs(tx: Tx, workspaceId: string, ids: readonly string[]) {
  const thumbnails = await tx.query<DerivedObject>(sql`
    delete from thumbnails where workspace_id = ${workspaceId}::uuid and blob_id = any(${ids}::uuid[])
    returning ${derivedColumns}`)
  await tx.blob.deleteMany({ where: { workspaceId, id: { in: [...ids] } } })
  return thumbnails
}

/** The thumbnails of blobs. */
export const thumbnailsOfBlobs = (
  db: Queryable,
  workspaceId: string,
  ids: readonly string[],
): Promise<DerivedObject[]> =>
  db.query(sql`
    select ${derivedColumns} from thumbnails
    where workspace_id = ${workspaceId}::uuid and blob_id = any(${ids}::uuid[])`)

/** The keys that no row of any workspace has. */
export async function unknownKeys(db: Queryable, keys: readonly string[]): Promise<Set<string>> {
  const unknown = new Set(keys)
  for (const key of await keysIn(db, ['blobs', 'thumbnails', 'pending_deletions'], keys)) unknown.delete(key)
  return unknown
}

/** Requests the removal of objects that belong to no row any more. Gives the keys that were not requested before. */
export async function addPendingDeletions(
  tx: Tx,
  workspaceId: string,
  objects: readonly KnownObject[],
  now: Date,
): Promise<Set<string>> {
  const keys = objects.map(({ storageKey }) => storageKey)
  const kept = new Set(await keysIn(tx, ['blobs', 'thumbnails'], keys))
  const gone = objects.filter(({ storageKey }) => !kept.has(storageKey))
  const goneKeys = gone.map(({ storageKey }) => storageKey)
  const goneSizes = gone.map(({ sizeBytes }) => sizeBytes)
  const rows = await tx.query<{ key: string }>(sql`
    insert into pending_deletions (workspace_id, storage_key, size_bytes, requested_at)
    select ${workspaceId}::uuid, key, size, ${now}::timestamptz
      from unnest(${goneKeys}::text[], ${goneSizes}::bigint[]) as given (key, size) order by key
    on conflict do nothing returning storage_key as key`)
  return new Set(rows.map(({ key }) => key))
}

/** The live workspaces with blobs that have had no medium since `until` or longer. */
export const collectableOrphans = (
  db: Queryable,
  until: Date,
): Promise<{ workspaceId: string; count: number; bytes: bigint }[]> =>
  db.query(sql`
    select workspaces.id as "workspaceId", orphan.count, orphan.bytes from workspaces cross join lateral (
      select count(*)::int as count, coalesce(sum(size_bytes), 0)::bigint as bytes from blobs
      where workspace_id = workspaces.id and orphaned_at <= ${until}::timestamptz) as orphan
    where deleted_at is null and orphan.count > 0 order by workspaces.id`)
