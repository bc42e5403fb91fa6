import { columnList, empty, identifier, type Queryable, type Sql, sql } from '../sql.ts'

/** A blob in the answer to the question why it is kept. */
export interface KeptBlob {
  readonly workspaceId: string
  readonly id: string
  readonly storageKey: string
  readonly sizeBytes: bigint
  readonly orphanedAt: Date | null
}

const columns = columnList({
  workspaceId: 'blobs.workspace_id',
  id: 'blobs.id',
  storageKey: 'blobs.storage_key',
  sizeBytes: 'blobs.size_bytes',
  orphanedAt: 'blobs.orphaned_at',
})

/** The first blob that a statement gives. */
async function firstBlob(db: Queryable, statement: Sql): Promise<KeptBlob | undefined> {
  const [blob] = await db.query<KeptBlob>(statement)
  return blob
}

export const blobOfMedium = (db: Queryable, workspaceId: string, mediaId: string) =>
  firstBlob(
    db,
    sql`select ${columns} from media join blobs on blobs.workspace_id = media.workspace_id and blobs.id = media.blob_id
      where media.workspace_id = ${workspaceId}::uuid and media.id = ${mediaId}::uuid`,
  )

export const blobOfHash = (db: Queryable, workspaceId: string, sha256: string) =>
  firstBlob(
    db,
    sql`select ${columns} from blobs where workspace_id = ${workspaceId}::uuid and sha256 = ${sha256}`,
  )

const within = (table: 'blobs' | 'thumbnails', workspaceId: string | null): Sql =>
  workspaceId === null ? empty : sql`and ${identifier(table)}.workspace_id = ${workspaceId}::uuid`

/** The blob with a key, or the blob whose thumbnail has it; in any workspace if none is given. */
export const blobOfKey = (db: Queryable, storageKey: string, workspaceId: string | null) =>
  firstBlob(
    db,
    sql`select ${columns} from blobs where storage_key = ${storageKey} ${within('blobs', workspaceId)}
      union all select ${columns} from thumbnails join blobs on blobs.workspace_id = thumbnails.workspace_id
        and blobs.id = thumbnails.blob_id where thumbnails.storage_key = ${storageKey} ${within('thumbnails', workspaceId)}`,
  )

/** How many media a blob has, how many of them are live, and the ids of some of them, the live ones first. */
export async function mediaKeeping(db: Queryable, { workspaceId, id }: KeptBlob, limit: number) {
  const [counts] = await db.query<{ count: number; live: number; last: Date | null }>(sql`
    select count(*)::int as count, (count(*) filter (where media.deletion_id is null))::int as live,
      max(coalesce(deletions.purged_at, deletions.purge_after)) as last
    from media left join deletions on deletions.workspace_id = media.workspace_id and deletions.id = media.deletion_id
    where media.workspace_id = ${workspaceId}::uuid and media.blob_id = ${id}::uuid`)
  const some = await db.query<{ id: string }>(sql`
    select id from media where workspace_id = ${workspaceId}::uuid and blob_id = ${id}::uuid
    order by deletion_id is not null, id limit ${limit}::int`)
  const { count = 0, live = 0, last = null } = counts ?? {}
  return { count, live, last, ids: some.map((medium) => medium.id) }
}
