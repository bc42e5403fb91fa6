import { type Queryable, sql } from '../sql.ts'

/** A blob whose stored count of media is wrong. */
export interface ReferenceDrift {
  readonly id: string
  readonly stored: number
  readonly counted: number
}

/** Counts the media of every blob of a workspace and gives up to `limit` blobs whose stored count is wrong. */
export function referenceDrift(db: Queryable, workspaceId: string, limit: number): Promise<ReferenceDrift[]> {
  return db.query(sql`
    select id, ref_count as stored, coalesce(counted, 0)::int as counted from blobs
    left join (select blob_id, count(*) as counted from media
      where workspace_id = ${workspaceId}::uuid group by blob_id) as media on blob_id = id
    where workspace_id = ${workspaceId}::uuid and ref_count <> coalesce(counted, 0) order by id limit ${limit}`)
}

/** Gives up to `limit` media items whose copies of the size and type differ from their blob. */
export const copyDrift = (db: Queryable, workspaceId: string, limit: number): Promise<{ id: string }[]> =>
  db.query(sql`select media.id from media
    join blobs on blobs.workspace_id = media.workspace_id and blobs.id = media.blob_id
    where media.workspace_id = ${workspaceId}::uuid
      and (media.size_bytes <> blobs.size_bytes or media.mime_type <> blobs.mime_type)
    order by media.id limit ${limit}`)

/** The bytes that a workspace is charged, and the bytes of its blobs that have a medium, in one snapshot. */
export async function chargedBytes(
  db: Queryable,
  workspaceId: string,
): Promise<{ stored: bigint; counted: bigint }> {
  const [row] = await db.query<{ stored: bigint; counted: bigint }>(sql`
    select used_bytes as stored, (select coalesce(sum(size_bytes), 0)::bigint from blobs
      where blobs.workspace_id = workspaces.id and exists (select from media
        where media.workspace_id = blobs.workspace_id and media.blob_id = blobs.id)) as counted
    from workspaces where id = ${workspaceId}::uuid`)
  if (!row) throw new Error(`Workspace ${workspaceId} is not there.`)
  return row
}
