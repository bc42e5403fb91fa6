import type { Keeping } from '../../domain/kept-files.ts'
import type { Page } from '../../domain/page.ts'
import { isUuid, zeroUuid } from '../../domain/text.ts'
import { usageOrder } from '../orders.ts'
import { keyset, type Order, pageSelect, asPage, type PageOf, pagesBy } from '../page.ts'
import type { BlobRow, MediaRow } from '../rows.ts'
import { selections } from '../selections.ts'
import { and, columnList, or, plannedForValues, type Queryable, type Sql, sql } from '../sql.ts'

export type StoredFileRow = BlobRow

const columns = columnList({
  workspaceId: 'workspace_id',
  id: 'id',
  storageKey: 'storage_key',
  sha256: 'sha256',
  sizeBytes: 'size_bytes',
  mimeType: 'mime_type',
  extension: 'extension',
  width: 'width',
  height: 'height',
  durationMs: 'duration_ms',
  orientation: 'orientation',
  placeholder: 'placeholder',
  dominantColor: 'dominant_color',
  probeStatus: 'probe_status',
  processingStatus: 'processing_status',
  processingFailure: 'processing_failure',
  refCount: 'ref_count',
  orphanedAt: 'orphaned_at',
  createdAt: 'created_at',
} satisfies Record<keyof StoredFileRow, string>)

/** Stored files by ID, unordered. */
export const storedFilesById = (db: Queryable, workspaceId: string, ids: readonly string[]) =>
  db.query<StoredFileRow>(sql`select ${columns} from blobs
    where workspace_id = ${workspaceId}::uuid and id = any(${ids}::uuid[])`)

/** The stored file that a client names, by its ID or its hash. */
export async function storedFileNamed(
  db: Queryable,
  workspaceId: string,
  named: { readonly id: string } | { readonly sha256: string },
): Promise<StoredFileRow | null> {
  const condition =
    'id' in named
      ? sql`id = ${isUuid(named.id) ? named.id : zeroUuid}::uuid`
      : sql`sha256 = ${/^[0-9a-f]{64}$/.test(named.sha256) ? named.sha256 : ''}`
  const [row] = await db.query<StoredFileRow>(
    sql`select ${columns} from blobs where workspace_id = ${workspaceId}::uuid and ${condition}`,
  )
  return row ?? null
}

/** Which stored files to list. A field that is undefined or null is no condition. */
export interface StoredFileFilter {
  /** True: no media item has it, live or in the trash. False: one has. */
  readonly unused?: boolean | null | undefined
  /** Whole types, and beginnings as in `image/`. */
  readonly mimeTypes?: readonly string[] | null | undefined
  readonly createdSince?: Date | null | undefined
  readonly createdBefore?: Date | null | undefined
  readonly largerThanBytes?: bigint | null | undefined
  readonly smallerThanBytes?: bigint | null | undefined
}

const hasType = (type: string) =>
  type.endsWith('/') ? sql`starts_with(mime_type, ${type})` : sql`mime_type = ${type}`

function conditionsOf(workspaceId: string, filter: StoredFileFilter): Sql[] {
  const { unused, mimeTypes, createdSince, createdBefore, largerThanBytes, smallerThanBytes } = filter
  const conditions = [sql`workspace_id = ${workspaceId}::uuid`]
  if (unused != null) conditions.push(unused ? sql`ref_count = 0` : sql`ref_count > 0`)
  if (mimeTypes) conditions.push(sql`(${or(mimeTypes.map(hasType))})`)
  if (createdSince) conditions.push(sql`created_at >= ${createdSince}::timestamptz`)
  if (createdBefore) conditions.push(sql`created_at < ${createdBefore}::timestamptz`)
  if (largerThanBytes != null) conditions.push(sql`size_bytes > ${largerThanBytes}::bigint`)
  if (smallerThanBytes != null) conditions.push(sql`size_bytes < ${smallerThanBytes}::bigint`)
  return conditions
}

/** One page of the stored files of a workspace. */
export async function storedFilePage(
  db: Queryable,
  workspaceId: string,
  filter: StoredFileFilter,
  order: Order<StoredFileRow>,
  page: Page,
): Promise<PageOf<StoredFileRow>> {
  const where = conditionsOf(workspaceId, filter)
  const statement = pageSelect(order, page, { workspaceId, columns, from: sql`blobs`, where })
  return asPage(await db.query<StoredFileRow>(plannedForValues(statement)), page)
}

/** The number of stored files that a filter finds. */
export async function storedFileCount(db: Queryable, workspaceId: string, filter: StoredFileFilter) {
  const [row] = await db.query<{ count: number }>(
    plannedForValues(
      sql`select count(*)::int as count from blobs where ${and(conditionsOf(workspaceId, filter))}`,
    ),
  )
  return row?.count ?? 0
}

/** Which media items of a stored file: live ones, those in the trash, or both. */
export type UsageState = 'LIVE' | 'TRASHED' | 'ANY'

const inTrash = sql`exists (select from deletions where deletions.workspace_id = media.workspace_id
  and deletions.id = media.deletion_id and deletions.purged_at is null)`

/** Purged media are gone, although their rows may stay for a while. */
const stateIs: Readonly<Record<UsageState, Sql>> = {
  LIVE: sql`media.deletion_id is null`,
  TRASHED: inTrash,
  ANY: sql`(media.deletion_id is null or ${inTrash})`,
}

/** The same page of the media items of every stored file, with one statement. */
export async function usagePages(
  db: Queryable,
  workspaceId: string,
  fileIds: readonly string[],
  state: UsageState,
  page: Page,
): Promise<Map<string, PageOf<MediaRow>>> {
  const { conditions: bounds, orderBy, limit } = keyset(usageOrder, page)
  const rows = await db.query<MediaRow>(sql`
    select ${selections.media.columns} from unnest(${fileIds}::uuid[]) as file (id) cross join lateral (
      select * from media where media.workspace_id = ${workspaceId}::uuid and media.blob_id = file.id
        and ${and([stateIs[state], ...bounds])} order by ${orderBy} limit ${limit}
    ) as media join blobs on blobs.workspace_id = media.workspace_id and blobs.id = media.blob_id
    order by ${orderBy}`)
  return pagesBy(fileIds, rows, ({ blobId }) => blobId, page)
}

/** The media items of a stored file, counted. */
export interface Usage extends Keeping {
  readonly trashed: number
}

/** What keeps each stored file, with one statement. */
export async function usagesOf(db: Queryable, workspaceId: string, fileIds: readonly string[]) {
  const rows = await db.query<Usage & { readonly id: string }>(sql`
    select blobs.id, blobs.orphaned_at as "orphanedAt", used.* from blobs cross join lateral (
      select count(*)::int as count, (count(*) filter (where media.deletion_id is null))::int as live,
        (count(*) filter (where deletions.purged_at is null and deletions.id is not null))::int as trashed,
        max(coalesce(deletions.purged_at, deletions.purge_after)) as last
      from media left join deletions
        on deletions.workspace_id = media.workspace_id and deletions.id = media.deletion_id
      where media.workspace_id = blobs.workspace_id and media.blob_id = blobs.id
    ) as used where blobs.workspace_id = ${workspaceId}::uuid and blobs.id = any(${fileIds}::uuid[])`)
  return new Map(rows.map((row) => [row.id, row]))
}
