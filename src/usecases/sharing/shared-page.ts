import { listPage, type Order, type PageOf } from '../../db/page.ts'
import { conditionsOf } from '../../db/conditions.ts'
import { rowsById } from '../../db/lookup.ts'
import { chosenOrder } from '../../db/orders.ts'
import type { BookRow, ShareLinkRow } from '../../db/rows.ts'
import { markLinkUsed, usableLink } from '../../db/sharing/share-links.ts'
import { isUseToWrite } from '../../domain/api-tokens.ts'
import { Failure, type InvalidInput } from '../../domain/failure.ts'
import { encodeCursor, readPage } from '../../domain/page.ts'
import { isUuid } from '../../domain/text.ts'
import { hashOf } from '../people/secrets.ts'
import { coversOf, filesOfBlocks, type SharedFile, type Sharing } from './shared-files.ts'
import { htmlOf } from './shared-html.ts'

export interface SharedBlock {
  readonly id: string
  readonly kind: string
  readonly html: string
  readonly files: readonly SharedFile[]
}

interface AboutBook {
  readonly id: string
  readonly title: string
  readonly summary: string | null
  readonly cover: SharedFile | null
}

interface Part {
  /** The cursor of the next page; null at the end. */
  readonly next: string | null
}

export interface SharedBook extends AboutBook, Part {
  readonly type: 'BOOK'
  readonly blocks: readonly SharedBlock[]
}

export interface SharedBookshelf extends Part {
  readonly type: 'BOOKSHELF'
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly cover: SharedFile | null
  readonly books: readonly AboutBook[]
}

export interface Asked {
  readonly secret: string
  /** A book on the shared bookshelf; undefined: the shared item itself. */
  readonly bookId?: string | undefined
  /** The cursor of a page. */
  readonly after?: string | undefined
}

/** How many blocks or books a page has. */
const pageSize = 50

/**
 * What a share link shows: a book with its blocks, or a bookshelf with its books. Undefined when the link leads nowhere,
 * for whatever reason. The link is the permission: whatever is read here must lie in the shared item.
 */
export async function openShared(
  ctx: Omit<Sharing, 'link'>,
  { secret, bookId, after }: Asked,
): Promise<SharedBook | SharedBookshelf | InvalidInput | undefined> {
  const now = ctx.now()
  const link = await usableLink(ctx.db, hashOf(secret), now)
  if (!link) return undefined
  noteUse(ctx, link, now)
  const sharing = { ...ctx, link }
  if (link.bookshelfId === null)
    return bookId === undefined ? openBook(sharing, link.bookId ?? '', after) : undefined
  const [shelf] = await rowsById(ctx.db, 'bookshelves', link.workspaceId, [link.bookshelfId])
  if (!shelf || shelf.deletionId !== null) return undefined
  return bookId === undefined ? openShelf(sharing, shelf, after) : openBook(sharing, bookId, after)
}

async function openBook(sharing: Sharing, id: string, after: string | undefined) {
  const { db, link } = sharing
  const [book] = isUuid(id) ? await rowsById(db, 'books', link.workspaceId, [id]) : []
  if (!book || book.deletionId !== null) return undefined
  if (link.bookshelfId !== null && book.bookshelfId !== link.bookshelfId) return undefined
  const order = chosenOrder('blocks', 'POSITION', 'ASC')
  const page = readPage({ first: pageSize, after }, order.name, order.keyType)
  if (page instanceof Failure) return page
  const listed = await listPage(
    db,
    'blocks',
    link.workspaceId,
    conditionsOf('blocks', { bookId: id }),
    order,
    page,
  )
  const files = await filesOfBlocks(
    sharing,
    listed.rows.map((block) => block.id),
  )
  const html = await htmlOf(sharing, listed.rows)
  return {
    type: 'BOOK',
    ...aboutBook(book, await coversOf(sharing, [id])),
    blocks: listed.rows.map((block, at) => ({
      ...{ id: block.id, kind: block.kind, html: html[at] ?? '' },
      files: files.get(block.id) ?? [],
    })),
    next: nextOf(listed, order),
  } satisfies SharedBook
}

async function openShelf(
  sharing: Sharing,
  {
    id,
    name,
    description,
  }: { readonly id: string; readonly name: string; readonly description: string | null },
  after: string | undefined,
) {
  const { db, link } = sharing
  const order = chosenOrder('books', 'POSITION', 'ASC')
  const page = readPage({ first: pageSize, after }, order.name, order.keyType)
  if (page instanceof Failure) return page
  const inShelf = conditionsOf('books', { bookshelfId: id })
  const listed = await listPage(db, 'books', link.workspaceId, inShelf, order, page)
  const covers = await coversOf(sharing, [id, ...listed.rows.map((book) => book.id)])
  return {
    type: 'BOOKSHELF',
    ...{ id, name, description, cover: covers.get(id) ?? null },
    books: listed.rows.map((book) => aboutBook(book, covers)),
    next: nextOf(listed, order),
  } satisfies SharedBookshelf
}

const aboutBook = ({ id, title, summary }: BookRow, covers: ReadonlyMap<string, SharedFile>): AboutBook => ({
  ...{ id, title, summary },
  cover: covers.get(id) ?? null,
})

function nextOf<Row extends { readonly id: string }>({ rows, hasNextPage }: PageOf<Row>, order: Order<Row>) {
  const last = rows.at(-1)
  return hasNextPage && last ? encodeCursor(order.name, { key: order.keyOf(last), id: last.id }) : null
}

/** The links whose use is being written down. */
const noting = new Set<string>()

/** Writes down the use of a link, at most once a minute. The answer neither waits for it nor fails with it. */
function noteUse({ db }: Pick<Sharing, 'db'>, link: ShareLinkRow, now: Date) {
  if (noting.has(link.id) || !isUseToWrite(link.lastUsedAt, now)) return
  noting.add(link.id)
  const noted = markLinkUsed(db, link, now)
  // The next request with the link tries again.
  void noted.catch(() => {}).finally(() => noting.delete(link.id))
}
