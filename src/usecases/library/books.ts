import type { Tx } from '../../db/client.ts'
import type { OrderedList } from '../../db/ordering.ts'
import { type BookRow, sortKeyColumn } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure } from '../../domain/failure.ts'
import { InputCheck, textLimits } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'
import { createOnce } from '../create-once.ts'
import { type Expecting, type Keyed, type Optional, titled } from '../inputs.ts'
import { lockItem } from '../locking.ts'
import { indexItem } from '../search/searchable.ts'
import { moveItem } from '../moves.ts'
import { type Place, positionAt } from '../ordering.ts'
import { updateItem } from '../update-item.ts'

type Fields = Pick<BookRow, 'title' | 'summary' | 'status'>

function check({ title, summary, status }: Optional<Fields>, key?: string | null) {
  const input = new InputCheck()
  input.present('title', title)
  input.present('status', status)
  input.line('title', title, textLimits.title)
  input.text('summary', summary, textLimits.description)
  input.line('idempotencyKey', key, textLimits.idempotencyKey)
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
  input: { bookshelfId: string; title: string } & Optional<Fields> & Place & Keyed,
) {
  assertCan(ctx.actor, 'edit')
  const { idempotencyKey: key, ...request } = input
  const invalid = check(input, key)
  if (invalid) return invalid

  const keyed = { key, operation: 'createBook', input: request, table: 'books' } as const
  return createOnce(ctx, keyed, (tx, id) => insertBook(ctx, tx, id, input))
}

/** Creates a book in a transaction, at its place on its bookshelf. */
export async function insertBook(
  ctx: Ctx,
  tx: Tx,
  id: string,
  input: { bookshelfId: string; title: string } & Optional<Fields> & Place,
) {
  const shelf = await lockItem(ctx, tx, 'bookshelves', input.bookshelfId)
  if (shelf instanceof Failure) return shelf
  const position = await positionAt(tx, booksOf(ctx, shelf.id), input)
  if (position instanceof Failure) return position
  const { title, summary = null } = input
  const now = ctx.now()
  const book = await tx.book.create({
    data: {
      workspaceId: shelf.workspaceId,
      id,
      bookshelfId: shelf.id,
      ...titled(title),
      summary,
      status: input.status ?? 'DRAFT',
      position,
      createdAt: now,
      updatedAt: now,
    },
    omit: sortKeyColumn,
  })
  await indexItem(tx, 'BOOK', book)
  return book
}

export async function updateBook(ctx: Ctx, input: { bookId: string } & Optional<Fields> & Expecting) {
  assertCan(ctx.actor, 'edit')
  const invalid = check(input)
  if (invalid) return invalid

  const { bookId: id, expectedVersion, title, summary, status } = input
  return updateItem(ctx, 'books', {
    id,
    expectedVersion,
    fields: { ...titled(title ?? undefined), summary, status: status ?? undefined },
    write: async (tx, where, data, before) => {
      const book = await tx.book.update({ where, data, omit: sortKeyColumn })
      await indexItem(tx, 'BOOK', book, before)
      return book
    },
  })
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
