import { columnList, type Queryable, sql } from '../sql.ts'

/** A file as its row describes it. */
export interface FileRow {
  readonly workspaceId: string
  readonly id: string
  readonly storageKey: string
  readonly sizeBytes: bigint
  readonly sha256: string
}

const columns = columnList({
  workspaceId: 'workspace_id',
  id: 'id',
  storageKey: 'storage_key',
  sizeBytes: 'size_bytes',
  sha256: 'sha256',
})

/** The files of a workspace in the order of their IDs, after one of them. */
export const filesAfter = (
  db: Queryable,
  workspaceId: string,
  after: string,
  limit: number,
): Promise<FileRow[]> =>
  db.query(sql`
    select ${columns} from blobs where workspace_id = ${workspaceId}::uuid and id > ${after}::uuid
    order by id limit ${limit}::int`)

/** A file as its row describes it now; undefined when it was removed meanwhile. */
export async function fileNow(db: Queryable, { workspaceId, id }: FileRow): Promise<FileRow | undefined> {
  const [row] = await db.query<FileRow>(
    sql`select ${columns} from blobs where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid`,
  )
  return row
}

/** The number of files of the workspaces. */
export async function countFiles(db: Queryable, workspaceIds: readonly string[]): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    sql`select count(*)::int as count from blobs where workspace_id = any(${workspaceIds}::uuid[])`,
  )
  return row?.count ?? 0
}

/** How many thumbnails all workspaces have. */
export async function countThumbnails(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`select count(*)::int as count from thumbnails`)
  return row?.count ?? 0
}

/** How many of the keys belong to thumbnails, and how many to objects that are pending deletion. */
export async function countKnown(
  db: Queryable,
  keys: readonly string[],
): Promise<{ derived: number; waiting: number }> {
  const [row] = await db.query<{ derived: number; waiting: number }>(sql`select
    (select count(*)::int from thumbnails where storage_key = any(${keys}::text[])) as derived,
    (select count(*)::int from pending_deletions where storage_key = any(${keys}::text[])) as waiting`)
  return row ?? { derived: 0, waiting: 0 }
}
