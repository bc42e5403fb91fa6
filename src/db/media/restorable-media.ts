import type { Tx } from '../client.ts'
import { rowById } from '../lookup.ts'
import type { DeletionRow, MediaRow } from '../rows.ts'
import { type Queryable, sql } from '../sql.ts'

/** The number of live media of an owner, in all its slots. */
export const liveFilesOf = (tx: Tx, workspaceId: string, ownerId: string): Promise<number> =>
  tx.media.count({ where: { workspaceId, ownerId, deletionId: null } })

/**
 * A medium of these bytes that can be restored at `now`, the one trashed last, when none is live in the workspace.
 * A medium of the owner itself comes first.
 */
export async function restorableOfBlob(
  db: Queryable,
  workspaceId: string,
  blobId: string,
  ownerId: string,
  now: Date,
): Promise<{ media: MediaRow; deletion: DeletionRow } | null> {
  const [found] = await db.query<{ id: string; deletionId: string }>(sql`
    select media.id, media.deletion_id as "deletionId" from media
    join deletions on deletions.workspace_id = media.workspace_id and deletions.id = media.deletion_id
    where media.workspace_id = ${workspaceId}::uuid and media.blob_id = ${blobId}::uuid
      and deletions.purge_after > ${now}::timestamptz and deletions.purged_at is null
      and not exists (select from media live where live.workspace_id = media.workspace_id
        and live.blob_id = media.blob_id and live.deletion_id is null)
    order by (media.owner_id = ${ownerId}::uuid) desc, deletions.deleted_at desc, media.id desc limit 1`)
  if (!found) return null
  const media = await rowById(db, 'media', workspaceId, found.id)
  const deletion = await rowById(db, 'deletions', workspaceId, found.deletionId)
  if (!media || !deletion) throw new Error(`Medium ${found.id} or its deletion is not there.`)
  return { media, deletion }
}
