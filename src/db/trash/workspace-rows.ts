import { defaultWorkspaceId } from '../../domain/access.ts'
import type { Tx } from '../client.ts'
import { type KnownObject, removeBlobs } from '../upkeep/garbage.ts'
import { columnList, identifier, type Queryable, type Sql, sql } from '../sql.ts'

/** Reads the rows of a workspace in the order of the primary key, whose first column is the workspace. */
const by = (column: string): Sql => sql`order by workspace_id, ${identifier(column)}`

const [byId, byWorkspace] = [by('id'), sql`order by workspace_id`]

/**
 * Tables with the rows of a workspace, in the order in which a purge removes the rows: those that refer to others come
 * first. Each with the order in which the purge reads it, so that PostgreSQL uses an index however many rows are left.
 */
const orders = {
  tag_associations: by('entity_id'),
  tag_aliases: byId,
  tag_merges: by('source_id'),
  tag_search: by('tag_id'),
  tag_words: by('near'),
  search_documents: by('entity_id'),
  search_segments: by('entity_type'),
  search_words: by('near'),
  search_backfills: by('entity_type'),
  reference_backfills: byWorkspace,
  text_references: by('block_id'),
  block_revisions: by('block_id'),
  image_inboxes: byWorkspace,
  share_links: byId,
  media: byId,
  checkpoint_markers: byId,
  checkpoints: byId,
  blocks: byId,
  books: byId,
  bookshelves: byId,
  // Children before their parents.
  tags: sql`order by cardinality(ancestor_ids) desc`,
  deletions: byId,
  activities: by('item_id'),
  media_events: byId,
  upload_reservations: byId,
  idempotency_keys: by('key'),
  jobs: byId,
  members: by('user_id'),
  invitations: byId,
  api_tokens: byId,
  audit_events: by('occurred_at'),
} as const

export type TableOfWorkspace = keyof typeof orders
export const tablesOfWorkspace = Object.keys(orders) as TableOfWorkspace[]

/** Tables whose rows describe bytes outside the database, and what happens to the rows. */
export const tablesWithBytes = {
  blobs: 'Removed; their objects become pending deletions.',
  thumbnails: 'Removed with their blobs; their objects become pending deletions.',
  pending_deletions: 'Moved to the default workspace, which outlives them.',
  resumable_uploads: 'Removed after their chunks.',
} as const

/** Removes up to `limit` rows of a workspace from a table, and returns how many it removed. */
export const removeRowsOfWorkspace = (
  tx: Tx,
  table: TableOfWorkspace,
  workspaceId: string,
  limit: number,
): Promise<number> =>
  tx.execute(sql`delete from ${identifier(table)} where ctid = any(array(
    select ctid from ${identifier(table)} where workspace_id = ${workspaceId}::uuid
    ${orders[table]} limit ${limit}::int))`)

const objectColumns = columnList({ storageKey: 'storage_key', sizeBytes: 'size_bytes' })

/** Removes up to `limit` blobs of a workspace with their thumbnails, and returns all their objects. */
export async function removeBlobsOfWorkspace(tx: Tx, workspaceId: string, limit: number) {
  const blobs = await tx.query<KnownObject & { id: string }>(sql`
    select id, ${objectColumns} from blobs where workspace_id = ${workspaceId}::uuid
    order by workspace_id, id limit ${limit}::int for update`)
  const thumbnails = await removeBlobs(
    tx,
    workspaceId,
    blobs.map(({ id }) => id),
  )
  return { blobs, objects: [...blobs, ...thumbnails] }
}

/** Moves up to `limit` pending deletions of a workspace to the default workspace. */
export const movePendingDeletions = (tx: Tx, workspaceId: string, limit: number): Promise<number> =>
  tx.execute(sql`update pending_deletions set workspace_id = ${defaultWorkspaceId}::uuid
    where workspace_id = ${workspaceId}::uuid and storage_key = any(array(
      select storage_key from pending_deletions where workspace_id = ${workspaceId}::uuid
      order by workspace_id, storage_key limit ${limit}::int))`)

/** Up to `limit` resumable uploads of a workspace. */
export async function resumablesOfWorkspace(
  db: Queryable,
  workspaceId: string,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(sql`select id from resumable_uploads
    where workspace_id = ${workspaceId}::uuid order by id limit ${limit}::int`)
  return rows.map(({ id }) => id)
}

/** Removes the row of a workspace whose other rows are gone. */
export const removeWorkspace = (tx: Tx, id: string): Promise<number> =>
  tx.execute(sql`delete from workspaces where id = ${id}::uuid and purged_at is not null`)
