import DataLoader from 'dataloader'
import type { GraphQLResolveInfo } from 'graphql'
import type { Db } from '../db/client.ts'
import { mediaOfOwners, rowsById } from '../db/lookup.ts'
import { childCounts, childPages, type ChildTable, type PageOf } from '../db/page.ts'
import { fieldsAmong, type MediaRow, type Rows, type Table } from '../db/rows.ts'
import { isUuid } from '../domain/text.ts'
import type { Page } from '../domain/page.ts'
import { positionOrder } from './orders.ts'
import { namesBelow } from './requested.ts'

/**
 * A batching loader. It keeps nothing: a request of several mutations must not see what was before. Asked twice for one
 * key in one batch, it looks once.
 */
function batched<Value>(load: (ids: readonly string[]) => Promise<Map<string, Value>>, missing: Value) {
  return new DataLoader<string, Value>(
    async (ids) => {
      const found = await load([...new Set(ids)].filter(isUuid))
      return ids.map((id) => found.get(id) ?? missing)
    },
    { cache: false },
  )
}

/** One loader for each kind of question, told apart by its JSON. */
function oneForEach<Question, Loader>(make: (question: Question) => Loader) {
  const loaders = new Map<string, Loader>()
  return (question: Question): Loader => {
    const key = JSON.stringify(question)
    const loader = loaders.get(key) ?? make(question)
    loaders.set(key, loader)
    return loader
  }
}

/** The loaders of one request; all of them look in one workspace only. */
export function createLoaders(db: Db, workspaceId: string) {
  const byId = <T extends Table>(table: T) =>
    batched<Rows[T] | undefined>(
      async (ids) => new Map((await rowsById(db, table, workspaceId, ids)).map((row) => [row.id, row])),
      undefined,
    )

  const inSlot = (
    column: 'bookshelf_id' | 'book_id' | 'block_id',
    ownerOf: (media: MediaRow) => string | null,
  ) => {
    const loaderOf = oneForEach((fields: readonly string[]) =>
      batched<MediaRow[]>(async (ids) => {
        const byOwner = new Map<string, MediaRow[]>()
        for (const media of await mediaOfOwners(db, column, workspaceId, ids, fields)) {
          const owner = ownerOf(media) ?? ''
          const list = byOwner.get(owner)
          if (list) list.push(media)
          else byOwner.set(owner, [media])
        }
        return byOwner
      }, []),
    )
    return (ownerId: string, info: GraphQLResolveInfo) =>
      loaderOf(fieldsAmong('media', namesBelow(info))).load(ownerId)
  }

  /** One loader for each page that is asked for: `books(first: 5)` and `books(first: 9)` are two statements. */
  const children = <T extends ChildTable>(table: T) => {
    const empty: PageOf<Rows[T]> = { rows: [], hasNextPage: false, hasPreviousPage: false }
    const order = positionOrder<Rows[T]>(table)
    const loaderOf = oneForEach(({ page, fields }: { page: Page; fields: readonly string[] }) =>
      batched((ids) => childPages(db, table, workspaceId, ids, order, page, fields), empty),
    )
    return (page: Page, parentId: string, info: GraphQLResolveInfo) =>
      loaderOf({ page, fields: fieldsAmong(table, namesBelow(info)) }).load(parentId)
  }

  const counts = (table: ChildTable) => batched((ids) => childCounts(db, table, workspaceId, ids), 0)

  return {
    bookshelves: byId('bookshelves'),
    books: byId('books'),
    blocks: byId('blocks'),
    media: byId('media'),
    deletions: byId('deletions'),
    bookshelfCover: inSlot('bookshelf_id', (media) => media.bookshelfId),
    bookCover: inSlot('book_id', (media) => media.bookId),
    blockImages: inSlot('block_id', (media) => media.blockId),
    booksOfBookshelf: children('books'),
    blocksOfBook: children('blocks'),
    bookCount: counts('books'),
    blockCount: counts('blocks'),
  }
}

export type Loaders = ReturnType<typeof createLoaders>
