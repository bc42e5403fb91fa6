import { type Db, read } from '../client.ts'

/** A blob whose stored count of media is not what there are. */
export interface ReferenceDrift {
  readonly id: string
  readonly stored: number
  readonly counted: number
}

/** Counts the media of every blob of a workspace anew and gives up to `limit` that drifted. */
export function referenceDrift(db: Db, workspaceId: string, limit: number): Promise<ReferenceDrift[]> {
  const text = `select id, ref_count as stored, coalesce(counted, 0)::int as counted from blobs
    left join (select blob_id, count(*) as counted from media where workspace_id = $1::uuid group by blob_id) as media
      on blob_id = id
    where workspace_id = $1::uuid and ref_count <> coalesce(counted, 0) order by id limit $2`
  return read(db, text, [workspaceId, limit])
}

/** What a workspace is charged, and what its blobs that have a medium come to, in bytes; in one snapshot. */
export async function chargedBytes(
  db: Db,
  workspaceId: string,
): Promise<{ stored: bigint; counted: bigint }> {
  const text = `select used_bytes as stored, (select coalesce(sum(size_bytes), 0)::bigint from blobs
      where blobs.workspace_id = workspaces.id and exists (select from media
        where media.workspace_id = blobs.workspace_id and media.blob_id = blobs.id)) as counted
    from workspaces where id = $1::uuid`
  const [row] = await read<{ stored: bigint; counted: bigint }>(db, text, [workspaceId])
  if (!row) throw new Error(`Workspace ${workspaceId} is not there.`)
  return row
}
