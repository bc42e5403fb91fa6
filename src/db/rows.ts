import type * as prisma from './generated/client.ts'

/** Omits what names are sorted by from rows that Prisma returns: only lists read it. */
export const sortKeyColumn = { sortKey: true } as const
type WithoutSortKey<Row> = Omit<Row, keyof typeof sortKeyColumn>
/** The same of bookshelves and books, with what only `activity.ts` reads: it is right only with what is pending. */
export const listColumns = { ...sortKeyColumn, lastActivityAt: true } as const
export type WorkspaceRow = WithoutSortKey<prisma.Workspace>
export type BookshelfRow = Omit<prisma.Bookshelf, keyof typeof listColumns>
export type BookRow = Omit<prisma.Book, keyof typeof listColumns>
export type BlockRow = prisma.Block
export type CheckpointRow = WithoutSortKey<prisma.Checkpoint>
export type CheckpointMarkerRow = prisma.CheckpointMarker
/** A deletion without the columns that only the trash search reads. */
export type DeletionRow = Omit<prisma.Deletion, keyof typeof nameColumns>
/** A tag without the columns that only searches and comparisons of names read. */
export type TagRow = Omit<prisma.Tag, keyof typeof searchOnlyColumns>
export type BlobRow = prisma.Blob
/** A job as clients see it. */
export type JobRow = Omit<prisma.Job, 'dueAt' | 'once'>
export type ResumableUploadRow = prisma.ResumableUpload
export type ThumbnailRow = prisma.Thumbnail
/** An event without the columns that only a replay reads. */
export type MediaEventRow = Omit<prisma.MediaEvent, 'sequence' | 'blobId' | 'changes'>
export type TrashableKind = prisma.TrashableKind

/** Omits these columns from tags that Prisma returns. */
export const searchOnlyColumns = {
  searchNames: true,
  searchSounds: true,
  nameKey: true,
  sortKey: true,
} as const
/** Omits these columns from deletions that Prisma returns. */
export const nameColumns = { nameFolded: true, nameTerms: true } as const
export type TaggableType = prisma.TaggableType

/** An API token without the hash of its secret. */
export type ApiTokenRow = Omit<prisma.ApiToken, 'secretHash'>

/** A share link without the hash of its secret. */
export type ShareLinkRow = Omit<prisma.ShareLink, 'secretHash'>

/** A media item with the columns of its blob. */
export type MediaRow = Omit<prisma.Media, 'ownerId' | 'listRole' | 'sortKey'> &
  Pick<
    BlobRow,
    | 'storageKey'
    | 'sha256'
    | 'extension'
    | 'width'
    | 'height'
    | 'orientation'
    | 'placeholder'
    | 'dominantColor'
    | 'durationMs'
    | 'probeStatus'
    | 'processingStatus'
    | 'processingFailure'
  >

/** A row of any type of object, with its GraphQL type. */
export type NodeRow =
  | ({ readonly __typename: 'Workspace' } & WorkspaceRow)
  | ({ readonly __typename: 'Bookshelf' } & BookshelfRow)
  | ({ readonly __typename: 'Book' } & BookRow)
  | ({ readonly __typename: 'Block' } & BlockRow)
  | ({ readonly __typename: 'Checkpoint' } & CheckpointRow)
  | ({ readonly __typename: 'CheckpointMarker' } & CheckpointMarkerRow)
  | ({ readonly __typename: 'Media' } & MediaRow)
  | ({ readonly __typename: 'StoredFile' } & BlobRow)
  | ({ readonly __typename: 'Tag' } & TagRow)
  | ({ readonly __typename: 'Deletion' } & DeletionRow)
  | ({ readonly __typename: 'Job' } & JobRow)
  | ({ readonly __typename: 'MediaEvent' } & MediaEventRow)

export interface Rows {
  workspaces: WorkspaceRow
  bookshelves: BookshelfRow
  books: BookRow
  blocks: BlockRow
  checkpoints: CheckpointRow
  checkpoint_markers: CheckpointMarkerRow
  media: MediaRow
  tags: TagRow
  deletions: DeletionRow
  media_events: MediaEventRow
  jobs: JobRow
  api_tokens: ApiTokenRow
  share_links: ShareLinkRow
}

/** A table whose rows belong to a workspace and are looked up in it. */
export type Table = Exclude<keyof Rows, 'workspaces'>

/** The table of each trashable kind, in the order in which their rows are locked. */
export const tableOfKind = {
  BOOKSHELF: 'bookshelves',
  BOOK: 'books',
  BLOCK: 'blocks',
  CHECKPOINT: 'checkpoints',
  CHECKPOINT_MARKER: 'checkpoint_markers',
  MEDIA: 'media',
  TAG: 'tags',
} as const satisfies Record<TrashableKind, Table>

const { BOOKSHELF, BOOK, BLOCK } = tableOfKind

/** The table of each taggable type, from the top of the library down. */
export const tableOfTaggable = { BOOKSHELF, BOOK, BLOCK } as const satisfies Record<TaggableType, Table>

export const typenameOfKind = {
  BOOKSHELF: 'Bookshelf',
  BOOK: 'Book',
  BLOCK: 'Block',
  CHECKPOINT: 'Checkpoint',
  CHECKPOINT_MARKER: 'CheckpointMarker',
  MEDIA: 'Media',
  TAG: 'Tag',
} as const satisfies Record<TrashableKind, NodeRow['__typename']>
