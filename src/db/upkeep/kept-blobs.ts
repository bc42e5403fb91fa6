import { type Db, read } from '../client.ts'

/** A blob as one asks why it is kept. */
export interface KeptBlob {
  readonly workspaceId: string
  readonly id: string
  readonly storageKey: string
  readonly sizeBytes: bigint
  readonly orphanedAt: Date | null
}

const columns = `blobs.workspace_id as "workspaceId", blobs.id, blobs.storage_key as "storageKey",
  blobs.size_bytes as "sizeBytes", blobs.orphaned_at as "orphanedAt"`

const one = async (db: Db, text: string, values: readonly unknown[]) =>
  (await read<KeptBlob>(db, text, values))[0]

export const blobOfMedium = (db: Db, workspaceId: string, mediaId: string) =>
  one(
    db,
    `select ${columns} from media join blobs on blobs.workspace_id = media.workspace_id and blobs.id = media.blob_id
      where media.workspace_id = $1::uuid and media.id = $2::uuid`,
    [workspaceId, mediaId],
  )

export const blobOfHash = (db: Db, workspaceId: string, sha256: string) =>
  one(db, `select ${columns} from blobs where workspace_id = $1::uuid and sha256 = $2`, [workspaceId, sha256])

/** The blob with a key, or of which the file with the key is derived, in any workspace. */
export const blobOfKey = (db: Db, storageKey: string) =>
  one(
    db,
    `select ${columns} from blobs where storage_key = $1
      union all select ${columns} from thumbnails join blobs on blobs.workspace_id = thumbnails.workspace_id
        and blobs.id = thumbnails.blob_id where thumbnails.storage_key = $1`,
    [storageKey],
  )

/** What is of a blob: how many media, how many of them live, and some of them, the live ones first. */
export async function mediaKeeping(db: Db, { workspaceId, id }: KeptBlob, limit: number) {
  const counts = await read<{ count: number; live: number; last: Date | null }>(
    db,
    `select count(*)::int as count, (count(*) filter (where media.deletion_id is null))::int as live,
        max(coalesce(deletions.purged_at, deletions.purge_after)) as last
      from media left join deletions on deletions.workspace_id = media.workspace_id and deletions.id = media.deletion_id
      where media.workspace_id = $1::uuid and media.blob_id = $2::uuid`,
    [workspaceId, id],
  )
  const some = await read<{ id: string }>(
    db,
    `select id from media where workspace_id = $1::uuid and blob_id = $2::uuid
      order by deletion_id is not null, id limit $3::int`,
    [workspaceId, id, limit],
  )
  const { count = 0, live = 0, last = null } = counts[0] ?? {}
  return { count, live, last, ids: some.map((medium) => medium.id) }
}
