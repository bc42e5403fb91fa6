import type { Rows } from './rows.ts'
import { columnList, identifier, type Sql, sql } from './sql.ts'

/** Columns by field name. */
type Columns = Readonly<Record<string, string>>

/** `keys` are the columns that resolvers go on from; `fields` are those that only fields of the API give out. */
const selection = <Keys extends Columns, Fields extends Columns>(from: Sql, keys: Keys, fields: Fields) => ({
  from,
  keys,
  fields,
  keyColumns: columnList(keys),
  /** All columns of a row. */
  columns: columnList({ ...keys, ...fields }),
})

/** A selection from one table. */
const of = <Keys extends Columns, Fields extends Columns>(table: string, keys: Keys, fields: Fields) =>
  selection(identifier(table), keys, fields)

const idsOf = (table: string) => ({
  workspaceId: `${table}.workspace_id`,
  id: `${table}.id`,
  deletionId: `${table}.deletion_id`,
})

const keysOf = (table: string) => ({ ...idsOf(table), position: `${table}.position` })

const datesOf = (table: string) => ({
  version: `${table}.version`,
  createdAt: `${table}.created_at`,
  updatedAt: `${table}.updated_at`,
  createdBy: `${table}.created_by`,
  updatedBy: `${table}.updated_by`,
})

/** The columns and the FROM clause of each table. */
export const selections = {
  workspaces: of(
    'workspaces',
    { id: 'id' },
    {
      name: 'name',
      plan: 'plan',
      quotaBytes: 'quota_bytes',
      retentionDays: 'retention_days',
      usedBytes: 'used_bytes',
      version: 'version',
      createdAt: 'created_at',
      updatedAt: 'updated_at',
      createdBy: 'created_by',
      updatedBy: 'updated_by',
      deletedAt: 'deleted_at',
      deletedBy: 'deleted_by',
      deletionReason: 'deletion_reason',
      purgeAfter: 'purge_after',
      purgedAt: 'purged_at',
    },
  ),
  bookshelves: of('bookshelves', keysOf('bookshelves'), {
    ...datesOf('bookshelves'),
    name: 'name',
    description: 'description',
    color: 'color',
  }),
  books: of(
    'books',
    { ...keysOf('books'), bookshelfId: 'bookshelf_id' },
    { ...datesOf('books'), title: 'title', summary: 'summary', status: 'status' },
  ),
  blocks: of(
    'blocks',
    { ...keysOf('blocks'), bookId: 'book_id' },
    {
      ...datesOf('blocks'),
      kind: 'kind',
      content: 'content',
      attributes: 'attributes',
      revision: 'revision',
      writtenAt: 'written_at',
      writtenBy: 'written_by',
    },
  ),
  checkpoints: of(
    'checkpoints',
    { ...idsOf('checkpoints'), bookId: 'book_id', reachedAt: 'reached_at' },
    { ...datesOf('checkpoints'), title: 'title', description: 'description' },
  ),
  checkpoint_markers: of(
    'checkpoint_markers',
    { ...keysOf('checkpoint_markers'), checkpointId: 'checkpoint_id' },
    { ...datesOf('checkpoint_markers'), title: 'title', description: 'description' },
  ),
  media: selection(
    sql`media join blobs on blobs.workspace_id = media.workspace_id and blobs.id = media.blob_id`,
    {
      ...keysOf('media'),
      bookshelfId: 'media.bookshelf_id',
      bookId: 'media.book_id',
      blockId: 'media.block_id',
      markerId: 'media.marker_id',
      role: 'media.role',
    },
    {
      ...datesOf('media'),
      blobId: 'media.blob_id',
      fileName: 'media.file_name',
      altText: 'media.alt_text',
      caption: 'media.caption',
      focalX: 'media.focal_x',
      focalY: 'media.focal_y',
      category: 'media.category',
      storageKey: 'blobs.storage_key',
      sha256: 'blobs.sha256',
      sizeBytes: 'media.size_bytes',
      mimeType: 'media.mime_type',
      extension: 'blobs.extension',
      width: 'blobs.width',
      height: 'blobs.height',
      orientation: 'blobs.orientation',
      placeholder: 'blobs.placeholder',
      dominantColor: 'blobs.dominant_color',
      durationMs: 'blobs.duration_ms',
      probeStatus: 'blobs.probe_status',
      processingStatus: 'blobs.processing_status',
      processingFailure: 'blobs.processing_failure',
    },
  ),
  tags: of(
    'tags',
    {
      ...idsOf('tags'),
      parentId: 'tags.parent_id',
      ancestorIds: 'tags.ancestor_ids',
      usageCount: 'tags.usage_count',
      bookshelfCount: 'tags.bookshelf_count',
      bookCount: 'tags.book_count',
      blockCount: 'tags.block_count',
    },
    {
      ...datesOf('tags'),
      name: 'tags.name',
      description: 'tags.description',
      color: 'tags.color',
      icon: 'tags.icon',
    },
  ),
  media_events: of(
    'media_events',
    {
      workspaceId: 'workspace_id',
      id: 'id',
      chainId: 'chain_id',
      requestId: 'request_id',
      step: 'step',
      operation: 'operation',
      decision: 'decision',
      reason: 'reason',
      actorId: 'actor_id',
      ownerType: 'owner_type',
      ownerId: 'owner_id',
      role: 'role',
      mediaIds: 'media_ids',
      occurredAt: 'occurred_at',
    },
    {},
  ),
  deletions: of(
    'deletions',
    {
      workspaceId: 'workspace_id',
      id: 'id',
      kind: 'kind',
      itemId: 'item_id',
      itemCount: 'item_count',
      name: 'name',
      deletedAt: 'deleted_at',
      deletedBy: 'deleted_by',
      reason: 'reason',
      parentKind: 'parent_kind',
      parentId: 'parent_id',
      position: 'position',
      path: 'path',
      purgeAfter: 'purge_after',
      restoredAt: 'restored_at',
      purgedAt: 'purged_at',
      purgedBy: 'purged_by',
    },
    {},
  ),
  jobs: of(
    'jobs',
    {
      workspaceId: 'workspace_id',
      id: 'id',
      name: 'name',
      payload: 'payload',
      status: 'status',
      requestedBy: 'requested_by',
      attempts: 'attempts',
      done: 'done',
      total: 'total',
      result: 'result',
      failure: 'failure',
      createdAt: 'created_at',
      startedAt: 'started_at',
      finishedAt: 'finished_at',
      nextAttemptAt: 'next_attempt_at',
      listed: 'listed',
    },
    {},
  ),
  share_links: of(
    'share_links',
    {
      workspaceId: 'workspace_id',
      id: 'id',
      bookshelfId: 'bookshelf_id',
      bookId: 'book_id',
      allowsDownloads: 'allows_downloads',
      createdBy: 'created_by',
      createdAt: 'created_at',
      expiresAt: 'expires_at',
      lastUsedAt: 'last_used_at',
      revokedAt: 'revoked_at',
    },
    {},
  ),
  api_tokens: of(
    'api_tokens',
    {
      workspaceId: 'workspace_id',
      id: 'id',
      userId: 'user_id',
      name: 'name',
      scope: 'scope',
      createdAt: 'created_at',
      expiresAt: 'expires_at',
      lastUsedAt: 'last_used_at',
      revokedAt: 'revoked_at',
    },
    {},
  ),
} as const

type Selections = typeof selections
export type SelectedTable = keyof Selections

/** The columns that every read of a table has. */
export type KeyOf<T extends SelectedTable> = keyof Selections[T]['keys']

/** The columns that only a read of the whole row has, or one that names them. */
export type FieldOf<T extends SelectedTable> = keyof Selections[T]['fields']

/** A row of which only the fields that a query asks for were read: it certainly has its keys, and nothing else. */
export type NarrowRow<T extends SelectedTable> = Pick<Rows[T], KeyOf<T> & keyof Rows[T]>

export type NarrowBookshelf = NarrowRow<'bookshelves'>
export type NarrowBook = NarrowRow<'books'>
export type NarrowBlock = NarrowRow<'blocks'>
export type NarrowCheckpoint = NarrowRow<'checkpoints'>
export type NarrowCheckpointMarker = NarrowRow<'checkpoint_markers'>
export type NarrowMedia = NarrowRow<'media'>
export type NarrowTag = NarrowRow<'tags'>

/**
 * The columns that only the rows or only the selections have. A column that no selection has would be null in every
 * read, for ever.
 */
export type Unselected<R extends Record<SelectedTable, object>> = {
  [T in SelectedTable]:
    Exclude<keyof R[T], KeyOf<T> | FieldOf<T>> | Exclude<KeyOf<T> | FieldOf<T>, keyof R[T]>
}[SelectedTable]

/** Does not compile while rows and selections differ, and names the column. */
export const everyColumnIsSelected: [Unselected<Rows>] extends [never] ? true : Unselected<Rows> = true

/** The columns that a field of another name is made from. */
const madeFrom = {
  books: { bookStatus: ['status'] },
  blocks: { blockKind: ['kind'], html: ['kind', 'content', 'attributes'] },
  media: {
    file: ['blobId'],
    focalPoint: ['focalX', 'focalY'],
    processing: ['processingStatus', 'processingFailure'],
    squareUrl: ['mimeType', 'placeholder', 'focalX', 'focalY'],
    thumbnailUrl: ['mimeType', 'placeholder'],
    variants: ['mimeType', 'placeholder', 'width', 'height'],
  },
} as const satisfies { [T in SelectedTable]?: Readonly<Record<string, readonly FieldOf<T>[]>> }

type MadeFrom = {
  readonly [T in SelectedTable]: T extends keyof typeof madeFrom ? (typeof madeFrom)[T] : object
}

/** The fields of the API that a resolver makes from columns of a row besides its keys. */
export type MadeField<T extends SelectedTable> = (keyof MadeFrom[T] | FieldOf<T>) & string

/** The row that the resolver of a field is given: the keys, the column of its name, and those that it is made from. */
export type RowFor<T extends SelectedTable, Name extends MadeField<T>> = Pick<
  Rows[T],
  (
    | KeyOf<T>
    | Extract<Name, FieldOf<T>>
    | (Name extends keyof MadeFrom[T] ? Extract<MadeFrom[T][Name], readonly unknown[]>[number] : never)
  ) &
    keyof Rows[T]
>

/** The columns besides the keys that some fields of the API need. */
export function fieldsAmong(table: SelectedTable, names: ReadonlySet<string>): string[] {
  const made: Partial<Record<SelectedTable, Readonly<Record<string, readonly string[]>>>> = madeFrom
  const others = Object.entries(made[table] ?? {}).flatMap(([name, columns]) =>
    names.has(name) ? columns : [],
  )
  return Object.keys(selections[table].fields).filter((name) => names.has(name) || others.includes(name))
}

/** The columns of a narrow row: its keys and the given fields. */
export function columnsFor(table: SelectedTable, fields: readonly string[]): Sql {
  const { keyColumns, fields: known } = selections[table]
  if (fields.length === 0) return keyColumns
  const wanted = Object.fromEntries(Object.entries(known).filter(([name]) => fields.includes(name)))
  return sql`${keyColumns}, ${columnList(wanted)}`
}

/** The rows in the order of the IDs. Those that are missing are left out. */
export function inOrderOf<Row extends { readonly id: string }>(ids: readonly string[], rows: readonly Row[]) {
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}
