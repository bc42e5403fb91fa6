import { transact, type Tx } from '../../db/client.ts'
import { updateBookRows } from '../../db/library/books.ts'
import type { OrderedList } from '../../db/ordering.ts'
import { type BookRow, listColumns } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure } from '../../domain/failure.ts'
import { InputCheck, textLimits } from '../../domain/text.ts'
import { recordActivity } from '../activity.ts'
import type { Ctx } from '../context.ts'
import { createOnce } from '../create-once.ts'
import { created, type Expecting, type Keyed, type Optional, titled, writtenNow } from '../inputs.ts'
import { lockItem, lockItemAt } from '../locking.ts'
import { indexBooks, indexItem } from '../search/searchable.ts'
import { moveItem } from '../moves.ts'
import { type Place, positionAt } from '../ordering.ts'
import { checkTagIds, type Tagged, withTags } from '../tag-new.ts'

export type BookFields = Pick<BookRow, 'title' | 'summary' | 'status'>

/** Checks the fields of a book. */
export function checkBook(
  { title, summary, status, tagIds }: Optional<BookFields> & Tagged,
  key?: string | null,
) {
  const input = new InputCheck()
  input.present('title', title)
  input.present('status', status)
  input.line('title', title, textLimits.title)
  input.text('summary', summary, textLimits.description)
  input.line('idempotencyKey', key, textLimits.idempotencyKey)
  checkTagIds(input, tagIds)
  return input.failure()
}

/** The books of a bookshelf. Lock the bookshelf before writing to the list. */
export const booksOf = (ctx: Ctx, bookshelfId: string): OrderedList => ({
  table: 'books',
  parentColumn: 'bookshelf_id',
  workspaceId: ctx.actor.workspaceId,
  parentId: bookshelfId,
})

export async function createBook(
  ctx: Ctx,
  input: { bookshelfId: string; title: string } & Optional<BookFields> & Place & Tagged & Keyed,
) {
  assertCan(ctx.actor, 'edit')
  const { idempotencyKey: key, ...request } = input
  const invalid = checkBook(input, key)
  if (invalid) return invalid

  const keyed = { key, operation: 'createBook', input: request, table: 'books' } as const
  return createOnce(ctx, keyed, (tx, id) =>
    withTags(ctx, tx, 'BOOK', [{ id, tagIds: input.tagIds }], () => insertBook(ctx, tx, id, input)),
  )
}

/** Creates a book in a transaction, at its place on its bookshelf. */
export async function insertBook(
  ctx: Ctx,
  tx: Tx,
  id: string,
  input: { bookshelfId: string; title: string } & Optional<BookFields> & Place,
) {
  const shelf = await lockItem(ctx, tx, 'bookshelves', input.bookshelfId)
  if (shelf instanceof Failure) return shelf
  const position = await positionAt(tx, booksOf(ctx, shelf.id), input)
  if (position instanceof Failure) return position
  const { title, summary = null } = input
  const book = await tx.book.create({
    data: {
      workspaceId: shelf.workspaceId,
      id,
      bookshelfId: shelf.id,
      ...titled(title),
      summary,
      status: input.status ?? 'DRAFT',
      position,
      ...created(ctx),
    },
    omit: listColumns,
  })
  await indexItem(tx, 'BOOK', book)
  await recordActivity(ctx, tx, { BOOK: [id] })
  return book
}

export async function updateBook(ctx: Ctx, input: { bookId: string } & Optional<BookFields> & Expecting) {
  assertCan(ctx.actor, 'edit')
  const invalid = checkBook(input)
  if (invalid) return invalid

  return transact(ctx.db, async (tx) => {
    const row = await lockItemAt(ctx, tx, 'books', input.bookId, input.expectedVersion)
    if (row instanceof Failure) return row
    const [book] = await changeBooks(ctx, tx, [{ row, fields: input }])
    return book ?? row
  })
}

/** Changes locked books, each kind of work with one statement, and returns them in the same order. */
export async function changeBooks(
  ctx: Ctx,
  tx: Tx,
  asked: readonly { readonly row: BookRow; readonly fields: Optional<BookFields> }[],
) {
  const { workspaceId } = ctx.actor
  const changes = asked.map(({ row: { id }, fields: { title, summary, status } }) => ({
    id,
    ...titled(title ?? undefined),
    summary,
    status,
  }))
  await recordActivity(ctx, tx, { BOOK: asked.map(({ row }) => row.id) })
  const books = await updateBookRows(tx, workspaceId, changes, writtenNow(ctx))
  const before = new Map(asked.map(({ row }) => [row.id, row]))
  await indexBooks(tx, workspaceId, books, before)
  return books
}

/** Moves a book within its bookshelf or to another one. */
export const moveBook = (
  ctx: Ctx,
  input: { bookId: string; bookshelfId?: string | null | undefined } & Place & Expecting,
) =>
  moveItem(ctx, 'books', booksOf, {
    ...input,
    id: input.bookId,
    parentId: input.bookshelfId,
  })
