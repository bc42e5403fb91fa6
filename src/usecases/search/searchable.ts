import type { Tx } from '../../db/client.ts'
import { indexDocuments, type Searchable } from '../../db/search/documents.ts'
import type { NamedTag } from '../../db/tags/tag-index.ts'
import type { BlockRow, BookRow, BookshelfRow, TagRow } from '../../db/rows.ts'

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
    body: [...aliases, description ?? ''].join('\n'),
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

/** Indexes a bookshelf, unless its texts equal those `before`. */
export async function indexBookshelf(tx: Tx, shelf: BookshelfRow, before?: BookshelfRow) {
  const texts = searchable.BOOKSHELF(shelf)
  if (before && sameTexts(texts, searchable.BOOKSHELF(before))) return
  await indexDocuments(tx, shelf.workspaceId, [texts])
}

/** Indexes a book, unless its texts equal those `before`. */
export async function indexBook(tx: Tx, book: BookRow, before?: BookRow) {
  const texts = searchable.BOOK(book)
  if (before && sameTexts(texts, searchable.BOOK(before))) return
  await indexDocuments(tx, book.workspaceId, [texts])
}

/** Indexes the content of blocks, with one statement. */
export const indexBlocks = (tx: Tx, workspaceId: string, blocks: readonly BlockRow[]) =>
  indexDocuments(tx, workspaceId, blocks.map(searchable.BLOCK))
