import { assertCan } from '../../domain/access.ts'
import { InputCheck } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'
import { moveSelection } from '../moves.ts'
import type { Place } from '../ordering.ts'
import { blocksOf } from './blocks.ts'
import { booksOf } from './books.ts'
import { checkSelection, selectionOf, type Versions } from './selections.ts'

/** Moves blocks as one run, in the order of their IDs, within their book or to another one. All or none. */
export async function moveBlocks(
  ctx: Ctx,
  input: { blockIds: readonly string[]; bookId?: string | null | undefined } & Versions & Place,
) {
  assertCan(ctx.actor, 'edit')
  const { blockIds, expectedVersions, bookId: parentId, ...place } = input
  const check = new InputCheck()
  checkSelection(check, 'blockIds', blockIds, expectedVersions)
  const invalid = check.failure()
  if (invalid) return invalid
  const selection = selectionOf(blockIds, expectedVersions)
  return moveSelection(ctx, 'blocks', blocksOf, selection, { parentId, ...place })
}

/** Moves books as one run, in the order of their IDs, within their bookshelf or to another one. All or none. */
export async function moveBooks(
  ctx: Ctx,
  input: { bookIds: readonly string[]; bookshelfId?: string | null | undefined } & Versions & Place,
) {
  assertCan(ctx.actor, 'edit')
  const { bookIds, expectedVersions, bookshelfId: parentId, ...place } = input
  const check = new InputCheck()
  checkSelection(check, 'bookIds', bookIds, expectedVersions)
  const invalid = check.failure()
  if (invalid) return invalid
  const selection = selectionOf(bookIds, expectedVersions)
  return moveSelection(ctx, 'books', booksOf, selection, { parentId, ...place })
}
