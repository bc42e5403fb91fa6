import { type Db, read } from '../client.ts'

/** What a row says of the bytes of a file. */
export interface FileRow {
  readonly workspaceId: string
  readonly id: string
  readonly storageKey: string
  readonly sizeBytes: bigint
  readonly sha256: string
}

const columns = `workspace_id as "workspaceId", id, storage_key as "storageKey", size_bytes as "sizeBytes", sha256`

/** The files of a workspace by their ids, after one of them. */
export const filesAfter = (db: Db, workspaceId: string, after: string, limit: number): Promise<FileRow[]> =>
  read<FileRow>(
    db,
    `select ${columns} from blobs where workspace_id = $1::uuid and id > $2::uuid order by id limit $3::int`,
    [workspaceId, after, limit],
  )

/** A file as its row says now; undefined when it was collected meanwhile. */
export const fileNow = async (db: Db, { workspaceId, id }: FileRow): Promise<FileRow | undefined> =>
  (
    await read<FileRow>(db, `select ${columns} from blobs where workspace_id = $1::uuid and id = $2::uuid`, [
      workspaceId,
      id,
    ])
  )[0]

/** How many files the workspaces have. */
export async function countFiles(db: Db, workspaceIds: readonly string[]): Promise<number> {
  const text = 'select count(*)::int as count from blobs where workspace_id = any($1::uuid[])'
  return (await read<{ count: number }>(db, text, [workspaceIds]))[0]?.count ?? 0
}

/** How many thumbnails all workspaces have, and which of the keys are those of one. */
export async function countThumbnails(db: Db): Promise<number> {
  return (
    (await read<{ count: number }>(db, 'select count(*)::int as count from thumbnails', []))[0]?.count ?? 0
  )
}

/** How many of the keys are those of thumbnails, and of objects that are pending deletion. */
export async function countKnown(
  db: Db,
  keys: readonly string[],
): Promise<{ derived: number; waiting: number }> {
  const text = `select
    (select count(*)::int from thumbnails where storage_key = any($1::text[])) as derived,
    (select count(*)::int from pending_deletions where storage_key = any($1::text[])) as waiting`
  return (await read<{ derived: number; waiting: number }>(db, text, [keys]))[0] ?? { derived: 0, waiting: 0 }
}
