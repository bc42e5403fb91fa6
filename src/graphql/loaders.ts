import DataLoader from 'dataloader'
import type { Db } from '../db/client.ts'
import { mediaOfOwners, rowsById } from '../db/lookup.ts'
import { childCounts, childPages, type ChildTable, type PageOf } from '../db/page.ts'
import type { MediaRow, Rows, Table } from '../db/rows.ts'
import { isUuid } from '../domain/text.ts'
import type { Page } from '../domain/page.ts'
import { positionOrder } from './orders.ts'

/**
 * A batching loader. It keeps nothing: a request of several mutations must not see what was before. Asked twice for one
 * key in one batch, it looks once.
 */
function batched<Value>(load: (ids: readonly string[]) => Promise<Map<string, Value>>, missing: Value) {
  return new DataLoader<string, Value>(
    async (ids) => {
      const found = await load([...new Set(ids)].filter(isUuid))
      return ids.map((id) => found.get(id.toLowerCase()) ?? missing)
    },
    { cache: false },
  )
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
  ) =>
    batched<MediaRow[]>(async (ids) => {
      const byOwner = new Map<string, MediaRow[]>()
      for (const media of await mediaOfOwners(db, column, workspaceId, ids)) {
        const owner = ownerOf(media) ?? ''
        const list = byOwner.get(owner)
        if (list) list.push(media)
        else byOwner.set(owner, [media])
      }
      return byOwner
    }, [])

  /** One loader for each page that is asked for: `books(first: 5)` and `books(first: 9)` are two statements. */
  const children = <T extends ChildTable>(table: T) => {
    const loaders = new Map<string, DataLoader<string, PageOf<Rows[T]>>>()
    const empty: PageOf<Rows[T]> = { rows: [], hasNextPage: false, hasPreviousPage: false }
    return (page: Page, parentId: string) => {
      const key = JSON.stringify(page)
      const loader =
        loaders.get(key) ??
        batched((ids) => childPages(db, table, workspaceId, ids, positionOrder<Rows[T]>(table), page), empty)
      loaders.set(key, loader)
      return loader.load(parentId)
    }
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
