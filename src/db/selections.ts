import type { Table } from './rows.ts'

/** Columns by the name of their field. */
type Columns = Readonly<Record<string, string>>

const all = (columns: Columns) =>
  Object.entries(columns)
    .map(([name, column]) => `${column} as "${name}"`)
    .join(', ')

/** `keys` are what resolvers go on from; `fields` are what only a field of the same name gives out. */
const selection = (from: string, keys: Columns, fields: Columns) => ({
  from,
  fields,
  keys: all(keys),
  columns: all({ ...keys, ...fields }),
})

const idsOf = (table: string): Columns => ({
  workspaceId: `${table}.workspace_id`,
  id: `${table}.id`,
  deletionId: `${table}.deletion_id`,
})

const keysOf = (table: string): Columns => ({ ...idsOf(table), position: `${table}.position` })

const datesOf = (table: string): Columns => ({
  version: `${table}.version`,
  createdAt: `${table}.created_at`,
  updatedAt: `${table}.updated_at`,
})

/** What to select of each table, and from where, to get its row. */
export const selections = {
  bookshelves: selection('bookshelves', keysOf('bookshelves'), {
    ...datesOf('bookshelves'),
    name: 'name',
    description: 'description',
    color: 'color',
  }),
  books: selection(
    'books',
    { ...keysOf('books'), bookshelfId: 'bookshelf_id' },
    { ...datesOf('books'), title: 'title', summary: 'summary', status: 'status' },
  ),
  blocks: selection(
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
  checkpoints: selection(
    'checkpoints',
    { ...idsOf('checkpoints'), bookId: 'book_id', reachedAt: 'reached_at' },
    { ...datesOf('checkpoints'), title: 'title', description: 'description' },
  ),
  checkpoint_markers: selection(
    'checkpoint_markers',
    { ...keysOf('checkpoint_markers'), checkpointId: 'checkpoint_id' },
    { ...datesOf('checkpoint_markers'), title: 'title', description: 'description' },
  ),
  media: selection(
    'media join blobs on blobs.workspace_id = media.workspace_id and blobs.id = media.blob_id',
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
      category: 'media.category',
      uploadedBy: 'media.uploaded_by',
      storageKey: 'blobs.storage_key',
      sha256: 'blobs.sha256',
      sizeBytes: 'blobs.size_bytes',
      mimeType: 'blobs.mime_type',
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
  tags: selection(
    'tags',
    {
      ...idsOf('tags'),
      parentId: 'tags.parent_id',
      ancestorIds: 'tags.ancestor_ids',
      nameKey: 'tags.name_key',
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
  media_events: selection(
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
  deletions: selection(
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
  jobs: selection(
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
    },
    {},
  ),
} as const

/** The columns that a field of another name is made of. */
const madeOf: Partial<Record<Table, Readonly<Record<string, readonly string[]>>>> = {
  media: {
    processing: ['processingStatus', 'processingFailure'],
    thumbnailUrl: ['mimeType', 'placeholder'],
    variants: ['mimeType', 'placeholder', 'width', 'height'],
  },
}

/** The fields of a table that some names need. */
export function fieldsAmong(table: Table, names: ReadonlySet<string>): string[] {
  const others = Object.entries(madeOf[table] ?? {}).flatMap(([name, of]) => (names.has(name) ? of : []))
  return Object.keys(selections[table].fields).filter((name) => names.has(name) || others.includes(name))
}

/** The columns for resolvers that give out these fields only: the others are left undefined in the rows. */
export function columnsFor(table: Table, fields: readonly string[]): string {
  const { keys, fields: known } = selections[table]
  const wanted: Columns = Object.fromEntries(Object.entries(known).filter(([name]) => fields.includes(name)))
  return fields.length === 0 ? keys : `${keys}, ${all(wanted)}`
}
