/** The parts to copy besides the texts. */
export interface CopyParts {
  readonly media: boolean
  readonly tags: boolean
  /** With their markers. */
  readonly checkpoints: boolean
}

/** A job makes a copy of more items than this. */
export const copiedAtOnce = 1_000

/** A request to copy blocks, a book or a bookshelf. */
export interface CopyRequest {
  readonly kind: 'BLOCKS' | 'BOOK' | 'BOOKSHELF'
  readonly sourceIds: readonly string[]
  /** The book of the new blocks, or the bookshelf of the new book. */
  readonly parentId: string | null
  /** The name of the new book or bookshelf; null: that of the source. */
  readonly name: string | null
  readonly place: {
    readonly afterId?: string | null | undefined
    readonly beforeId?: string | null | undefined
    readonly place?: 'FIRST' | 'LAST' | null | undefined
  }
  readonly parts: CopyParts
}

/** Where the indexing of the copies continues: after an ID of one of the types. */
export interface IndexCursor {
  readonly step: number
  readonly afterId: string
}

/** How far a copy is, and its result. */
export interface CopyReport {
  /** The new bookshelf, book or blocks. Empty until they are there. */
  readonly itemIds: readonly string[]
  /** The number of new bookshelves, books, blocks, checkpoints, markers and media items. */
  readonly itemCount: number
  /** The number of those that are indexed for the search. */
  readonly indexedCount: number
  /** Why nothing was copied. */
  readonly failureMessage: string | null
  /** The time in the IDs of the copies, and where their indexing continues. Null: it is done. */
  readonly indexing: { readonly madeAt: string; readonly cursor: IndexCursor } | null
}

export const nothingCopied: CopyReport = {
  itemIds: [],
  itemCount: 0,
  indexedCount: 0,
  failureMessage: null,
  indexing: null,
}
