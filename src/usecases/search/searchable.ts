import type { Tx } from '../../db/client.ts'
import { indexDocuments, type Searchable } from '../../db/search/documents.ts'
import type { NamedTag } from '../../db/tags/tag-index.ts'
import type {
  BlockRow,
  BookRow,
  BookshelfRow,
  CheckpointMarkerRow,
  CheckpointRow,
  MediaRow,
  TagRow,
} from '../../db/rows.ts'
import { storeReferences } from './text-references.ts'

type MediaTexts = Pick<MediaRow, 'workspaceId' | 'id' | 'fileName' | 'altText' | 'caption'>

/** The searched texts of each type. */
export const searchable = {
  BOOKSHELF: ({ id, name, description }: BookshelfRow): Searchable => ({
    type: 'BOOKSHELF',
    id,
    title: name,
    body: description ?? '',
  }),
  BOOK: ({ id, title, summary }: BookRow): Searchable => ({ type: 'BOOK', id, title, body: summary ?? '' }),
  BLOCK: ({ id, content }: BlockRow): Searchable => ({ type: 'BLOCK', id, title: '', body: content }),
  TAG: ({ id, name, description }: TagRow, aliases: readonly string[]): Searchable => ({
    type: 'TAG',
    id,
    title: name,
    aliases,
    body: description ?? '',
  }),
  CHECKPOINT: ({ id, title, description }: CheckpointRow): Searchable => ({
    type: 'CHECKPOINT',
    id,
    title,
    body: description ?? '',
  }),
  CHECKPOINT_MARKER: ({ id, title, description }: CheckpointMarkerRow): Searchable => ({
    type: 'CHECKPOINT_MARKER',
    id,
    title,
    body: description ?? '',
  }),
  MEDIA: ({ id, fileName, altText, caption }: Omit<MediaTexts, 'workspaceId'>): Searchable => ({
    type: 'MEDIA',
    id,
    title: fileName,
    body: [altText, caption].filter(Boolean).join('\n'),
    byParts: true,
  }),
}

/** A tag as the tag search takes it. */
export const namedTag = ({
  id,
  name,
  aliases,
}: TagRow & { readonly aliases: readonly string[] }): NamedTag => ({
  id,
  names: [name, ...aliases],
})

const sameTexts = (one: Searchable, other: Searchable) => one.title === other.title && one.body === other.body

/** The types whose objects are indexed one at a time. */
interface SingleRows {
  BOOKSHELF: BookshelfRow
  BOOK: BookRow
  CHECKPOINT: CheckpointRow
  CHECKPOINT_MARKER: CheckpointMarkerRow
  MEDIA: MediaTexts
}

/** Indexes an object, unless its texts equal those `before`. */
export async function indexItem<T extends keyof SingleRows>(
  tx: Tx,
  type: T,
  row: SingleRows[T],
  before?: SingleRows[T],
) {
  const textsOf = searchable[type] as (row: SingleRows[T]) => Searchable
  const texts = textsOf(row)
  if (before && sameTexts(texts, textsOf(before))) return
  await indexDocuments(tx, row.workspaceId, [texts])
}

/** Indexes books, except those whose texts equal those `before`, with one statement. */
export const indexBooks = (
  tx: Tx,
  workspaceId: string,
  books: readonly BookRow[],
  before: ReadonlyMap<string, BookRow>,
) =>
  indexDocuments(
    tx,
    workspaceId,
    books.flatMap((book) => {
      const texts = searchable.BOOK(book)
      const old = before.get(book.id)
      return old && sameTexts(texts, searchable.BOOK(old)) ? [] : [texts]
    }),
  )

/**
 * Indexes the content of blocks and stores what it names. Everything that writes a text or a kind of a block calls this
 * in its transaction.
 */
export async function indexBlocks(
  tx: Tx,
  workspaceId: string,
  blocks: readonly BlockRow[],
  made: { readonly isNew?: boolean } = {},
) {
  await indexDocuments(tx, workspaceId, blocks.map(searchable.BLOCK))
  await storeReferences(tx, workspaceId, blocks, made)
}
