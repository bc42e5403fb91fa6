import type { UsageRow } from '../../domain/usage.ts'
import { empty, plannedForValues, type Queryable, type Sql, sql, unionAll } from '../sql.ts'

const ownerType = sql`case when block_id is not null then 'BLOCK' when book_id is not null then 'BOOK'
  when bookshelf_id is not null then 'BOOKSHELF' else 'CHECKPOINT_MARKER' end`

/** The same as a key of groups: PostgreSQL knows that conditions have few values, and adds up in memory. */
const ownerColumns = sql`block_id is not null, book_id is not null, bookshelf_id is not null`

/** The deletion of a media item: without one it is live. */
const deletionOfItem = sql`deletions
  on deletions.workspace_id = media.workspace_id and deletions.id = media.deletion_id`

/** The state 0 is live, 1 is in the trash and leaves it on a day, 2 is being removed. */
const state = sql`case when deletion_id is null then 0 when purged_at is null then 1 else 2 end`
const day = sql`case when purged_at is null then (purge_after at time zone 'UTC')::date end`

/** The media items in groups. Most are live, which needs no look at deletions. */
const items = (ids: readonly string[]) => sql`
  items as (
    select workspace_id, category, mime_type, ${ownerType} as owner_type, 0 as state, null::date as day,
      count(*) as files, sum(size_bytes) as bytes
    from media where workspace_id = any(${ids}::uuid[]) and deletion_id is null
    group by workspace_id, category, mime_type, ${ownerColumns}
    union all
    select media.workspace_id, category, mime_type, ${ownerType}, ${state}, ${day}, count(*), sum(size_bytes)
    from media join ${deletionOfItem}
    where media.workspace_id = any(${ids}::uuid[]) and deletion_id is not null group by 1, 2, 3, 4, 5, 6
  )`

/** Whether an earlier media item of the same file has something in common, so that this one does not count. */
const isRepeated = (common: Sql) => sql`1 < row_number() over
  (partition by media.workspace_id, blob_id${common} order by ${state}, ${day} desc, media.id)`

/** The media items that do not count, of files that have several, in groups. */
const repeated = (ids: readonly string[]) => sql`
  repeated as (
    select workspace_id, category, mime_type, owner_type, state, day, in_category, of_owner,
      count(*) as files, sum(size_bytes) as bytes
    from (select media.workspace_id, category, media.mime_type, ${ownerType} as owner_type, ${state} as state,
        ${day} as day, media.size_bytes, ${isRepeated(empty)} as in_all,
        ${isRepeated(sql`, category`)} as in_category, ${isRepeated(sql`, ${ownerType}`)} as of_owner
      from blobs join media on media.workspace_id = blobs.workspace_id and media.blob_id = blobs.id
        left join ${deletionOfItem}
      where blobs.workspace_id = any(${ids}::uuid[]) and ref_count > 1) as item
    where in_all group by 1, 2, 3, 4, 5, 6, 7, 8
  )`

/** The files in use: all media items, less those whose file is counted already. */
const filesInUse = (ids: readonly string[]) => sql`${items(ids)}, ${repeated(ids)},
  in_use as (
    select workspace_id, aspect, name, state, day, files, bytes from items cross join lateral (values
      ('TOTAL', ''), ('CATEGORY', category), ('MIME_TYPE', mime_type), ('OWNER_TYPE', owner_type)
    ) as counted (aspect, name)
    union all
    select workspace_id, aspect, name, state, day, -files, -bytes from repeated cross join lateral (values
      ('TOTAL', '', true), ('CATEGORY', category, in_category), ('MIME_TYPE', mime_type, true),
      ('OWNER_TYPE', owner_type, of_owner)
    ) as counted (aspect, name, applies) where applies
  )`

/** The number of rows of a table in each workspace, and their bytes. */
const totals = (ids: readonly string[], aspect: Sql, rows: Sql) => sql`
  select workspace_id, ${aspect}, '', 0, null, count(*), sum(size_bytes) from ${rows}
    and workspace_id = any(${ids}::uuid[]) group by workspace_id`

/** How many files of each kind the workspaces have, by one statement and so at one moment. */
export const usageRows = (db: Queryable, ids: readonly string[], now: Date): Promise<UsageRow[]> => {
  const parts = [
    sql`select workspace_id, aspect, name, state, day, sum(files), sum(bytes) from in_use group by 1, 2, 3, 4, 5
      having sum(files) > 0`,
    totals(ids, sql`'ORPHANED'`, sql`blobs where ref_count = 0`),
    totals(ids, sql`'PENDING_DELETION'`, sql`pending_deletions where true`),
    totals(ids, sql`'THUMBNAILS'`, sql`thumbnails where true`),
    totals(ids, sql`'RESERVED'`, sql`upload_reservations where expires_at > ${now}::timestamptz`),
    sql`select id, 'USED', '', 0, null, 0, used_bytes from workspaces where id = any(${ids}::uuid[])`,
  ]
  return db.query(
    plannedForValues(sql`with ${filesInUse(ids)}
      select workspace_id as "workspaceId", aspect, name, state, day::timestamp at time zone 'UTC' as day,
        files::int as "fileCount", bytes::bigint as "sizeBytes"
      from (${unionAll(parts)}) as part (workspace_id, aspect, name, state, day, files, bytes)`),
  )
}
