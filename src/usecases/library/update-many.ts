import { transact, type Tx } from '../../db/client.ts'
import type { Rows } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import type { InvalidInput } from '../../domain/failure.ts'
import { InputCheck } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'
import type { Expecting, Optional } from '../inputs.ts'
import { changedSince, lockEach, type Selected } from '../locking.ts'
import { type BlockFields, changeBlocks, checkBlock } from './blocks.ts'
import { type BookFields, changeBooks, checkBook } from './books.ts'
import { checkDistinct, maxSelection } from './selections.ts'

/** A change of one item, with its failure if it breaks a rule. */
interface Asked<Fields> extends Selected {
  readonly fields: Fields
  readonly invalid: InvalidInput | undefined
}

/** A failure if there are too few or too many changes, or two of the same item. */
function checkChanges(path: 'blocks' | 'books', ids: readonly string[]) {
  const check = new InputCheck()
  if (ids.length === 0 || ids.length > maxSelection)
    check.refuse(path, `Give 1 to ${maxSelection} changes; you gave ${ids.length}.`)
  const field = { blocks: 'blockId', books: 'bookId' }[path]
  checkDistinct(check, ids, (index) => `${path}.${index}.${field}`)
  return check.failure()
}

/**
 * Locks the items, writes all changes that can be made, and gives a row or a failure for each, in the order of the
 * input.
 */
async function updateEach<T extends 'blocks' | 'books', Fields>(
  ctx: Ctx,
  table: T,
  asked: readonly Asked<Fields>[],
  write: (tx: Tx, changes: readonly { row: Rows[T]; fields: Fields }[]) => Promise<Rows[T][]>,
) {
  const ids = asked.flatMap(({ id, invalid }) => (invalid ? [] : [id]))
  return transact(ctx.db, async (tx) => {
    const locked = await lockEach(ctx, tx, table, ids)
    const refused = asked.map((item) => item.invalid ?? changedSince(table, item, locked.get(item.id)))
    const changes = asked.flatMap(({ id, fields }, index) => {
      const row = refused[index] ? undefined : locked.get(id)
      return row ? [{ row, fields }] : []
    })
    const written = (await write(tx, changes)).values()
    return { results: refused.map((failure) => failure ?? (written.next().value as Rows[T])) }
  })
}

/** Changes many blocks in one transaction. Each succeeds or fails separately; replaced texts are kept as revisions. */
export async function updateBlocks(
  ctx: Ctx,
  { blocks }: { blocks: readonly ({ blockId: string } & Optional<BlockFields> & Expecting)[] },
) {
  assertCan(ctx.actor, 'edit')
  const ids = blocks.map(({ blockId }) => blockId)
  const invalid = checkChanges('blocks', ids)
  if (invalid) return invalid
  const asked = blocks.map((fields, index) => ({
    id: fields.blockId,
    expectedVersion: fields.expectedVersion,
    fields,
    invalid: checkBlock(fields, { isNew: false })?.below(`blocks.${index}`),
  }))
  return updateEach(ctx, 'blocks', asked, (tx, changes) => changeBlocks(ctx, tx, changes))
}

/** Changes many books in one transaction, e.g. their status. Each succeeds or fails separately. */
export async function updateBooks(
  ctx: Ctx,
  { books }: { books: readonly ({ bookId: string } & Optional<BookFields> & Expecting)[] },
) {
  assertCan(ctx.actor, 'edit')
  const ids = books.map(({ bookId }) => bookId)
  const invalid = checkChanges('books', ids)
  if (invalid) return invalid
  const asked = books.map((fields, index) => ({
    id: fields.bookId,
    expectedVersion: fields.expectedVersion,
    fields,
    invalid: checkBook(fields)?.below(`books.${index}`),
  }))
  return updateEach(ctx, 'books', asked, (tx, changes) => changeBooks(ctx, tx, changes))
}
