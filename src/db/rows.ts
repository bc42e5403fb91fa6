import type * as prisma from './generated/client.ts'

export type WorkspaceRow = prisma.Workspace
export type BookshelfRow = prisma.Bookshelf
export type BookRow = prisma.Book
export type BlockRow = prisma.Block
export type DeletionRow = prisma.Deletion
export type BlobRow = prisma.Blob
export type RenditionRow = prisma.Rendition
export type TrashableKind = prisma.TrashableKind

/** A medium with what its blob says of the bytes. */
export type MediaRow = prisma.Media &
  Pick<
    BlobRow,
    | 'storageKey'
    | 'sha256'
    | 'sizeBytes'
    | 'mimeType'
    | 'extension'
    | 'width'
    | 'height'
    | 'orientation'
    | 'placeholder'
  >

/** A row that can be answered where any type of object can be. */
export type NodeRow =
  | ({ readonly __typename: 'Workspace' } & WorkspaceRow)
  | ({ readonly __typename: 'Bookshelf' } & BookshelfRow)
  | ({ readonly __typename: 'Book' } & BookRow)
  | ({ readonly __typename: 'Block' } & BlockRow)
  | ({ readonly __typename: 'Media' } & MediaRow)
  | ({ readonly __typename: 'Deletion' } & DeletionRow)

const common = (table: string) => `${table}.workspace_id as "workspaceId", ${table}.id, ${table}.version,
  ${table}.created_at as "createdAt", ${table}.updated_at as "updatedAt", ${table}.deletion_id as "deletionId",
  ${table}.position`

/** What to select of each table, and from where, to get its row. */
export const selections = {
  bookshelves: {
    from: 'bookshelves',
    columns: `${common('bookshelves')}, name, description, color`,
  },
  books: {
    from: 'books',
    columns: `${common('books')}, bookshelf_id as "bookshelfId", title, summary, status`,
  },
  blocks: {
    from: 'blocks',
    columns: `${common('blocks')}, book_id as "bookId", kind, content, attributes`,
  },
  media: {
    from: 'media join blobs on blobs.workspace_id = media.workspace_id and blobs.id = media.blob_id',
    columns: `${common('media')}, media.blob_id as "blobId", media.bookshelf_id as "bookshelfId",
      media.book_id as "bookId", media.block_id as "blockId", media.role, media.file_name as "fileName",
      media.category, media.uploaded_by as "uploadedBy", blobs.storage_key as "storageKey", blobs.sha256,
      blobs.size_bytes as "sizeBytes", blobs.mime_type as "mimeType", blobs.extension, blobs.width, blobs.height,
      blobs.orientation, blobs.placeholder`,
  },
  deletions: {
    from: 'deletions',
    columns: `workspace_id as "workspaceId", id, kind, item_id as "itemId", item_count as "itemCount",
      deleted_at as "deletedAt", deleted_by as "deletedBy", reason, parent_kind as "parentKind",
      parent_id as "parentId", position, path, purge_after as "purgeAfter", restored_at as "restoredAt"`,
  },
} as const

export interface Rows {
  bookshelves: BookshelfRow
  books: BookRow
  blocks: BlockRow
  media: MediaRow
  deletions: DeletionRow
}

export type Table = keyof Rows

/** The table of each kind of thing that can be trashed. */
export const tableOfKind = {
  BOOKSHELF: 'bookshelves',
  BOOK: 'books',
  BLOCK: 'blocks',
  MEDIA: 'media',
} as const satisfies Record<TrashableKind, Table>

export const typenameOfKind = {
  BOOKSHELF: 'Bookshelf',
  BOOK: 'Book',
  BLOCK: 'Block',
  MEDIA: 'Media',
} as const satisfies Record<TrashableKind, NodeRow['__typename']>
