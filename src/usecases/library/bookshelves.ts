import { transact, type Tx } from '../../db/client.ts'
import { lockBookshelves, type OrderedList } from '../../db/ordering.ts'
import { listColumns } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure } from '../../domain/failure.ts'
import { InputCheck, textLimits } from '../../domain/text.ts'
import { recordActivity } from '../activity.ts'
import type { Ctx } from '../context.ts'
import { createOnce } from '../create-once.ts'
import { changed, created, type Expecting, type Keyed, named, type Optional, primaryKey } from '../inputs.ts'
import { lockItemAt } from '../locking.ts'
import { indexItem } from '../search/searchable.ts'
import { missingPlace, type Place, positionAt } from '../ordering.ts'
import { checkTagIds, type Tagged, withTags } from '../tag-new.ts'
import { updateItem } from '../update-item.ts'

interface Fields {
  readonly name: string
  readonly description: string | null
  readonly color: string | null
}

function check({ name, description, tagIds }: Optional<Fields> & Tagged, key?: string | null) {
  const input = new InputCheck()
  input.present('name', name)
  input.line('name', name, textLimits.name)
  input.text('description', description, textLimits.description)
  input.line('idempotencyKey', key, textLimits.idempotencyKey)
  checkTagIds(input, tagIds)
  return input.failure()
}

/** The list of bookshelves, locked for a single writer. */
export async function lockBookshelfList(ctx: Ctx, tx: Tx): Promise<OrderedList> {
  const { workspaceId } = ctx.actor
  await lockBookshelves(tx, workspaceId)
  return { table: 'bookshelves', parentColumn: null, workspaceId, parentId: workspaceId }
}

export async function createBookshelf(
  ctx: Ctx,
  input: Optional<Fields> & { name: string } & Place & Tagged & Keyed,
) {
  assertCan(ctx.actor, 'edit')
  const { idempotencyKey: key, ...request } = input
  const invalid = check(input, key)
  if (invalid) return invalid

  const keyed = { key, operation: 'createBookshelf', input: request, table: 'bookshelves' } as const
  return createOnce(ctx, keyed, (tx, id) =>
    withTags(ctx, tx, 'BOOKSHELF', [{ id, tagIds: input.tagIds }], () => insertBookshelf(ctx, tx, id, input)),
  )
}

/** Creates a bookshelf in a transaction, at its place in the list. */
export async function insertBookshelf(
  ctx: Ctx,
  tx: Tx,
  id: string,
  input: Optional<Fields> & { name: string } & Place,
) {
  const position = await positionAt(tx, await lockBookshelfList(ctx, tx), input)
  if (position instanceof Failure) return position
  const { name, description = null, color = null } = input
  const { workspaceId } = ctx.actor
  const shelf = await tx.bookshelf.create({
    data: { workspaceId, id, ...named(name), description, color, position, ...created(ctx) },
    omit: listColumns,
  })
  await indexItem(tx, 'BOOKSHELF', shelf)
  await recordActivity(ctx, tx, { BOOKSHELF: [id] })
  return shelf
}

export async function updateBookshelf(
  ctx: Ctx,
  input: { bookshelfId: string } & Optional<Fields> & Expecting,
) {
  assertCan(ctx.actor, 'edit')
  const invalid = check(input)
  if (invalid) return invalid

  const { bookshelfId: id, expectedVersion, name, description, color } = input
  return updateItem(ctx, 'bookshelves', {
    id,
    expectedVersion,
    fields: { ...named(name ?? undefined), description, color },
    write: async (tx, where, data, before) => {
      const shelf = await tx.bookshelf.update({ where, data, omit: listColumns })
      await indexItem(tx, 'BOOKSHELF', shelf, before)
      return shelf
    },
  })
}

export async function moveBookshelf(ctx: Ctx, input: { bookshelfId: string } & Place & Expecting) {
  assertCan(ctx.actor, 'edit')
  const nowhere = missingPlace(input)
  if (nowhere) return nowhere
  return transact(ctx.db, async (tx) => {
    const list = await lockBookshelfList(ctx, tx)
    // Before the bookshelf, because this may lock the whole list.
    const position = await positionAt(tx, list, input, input.bookshelfId)
    if (position instanceof Failure) return position
    const shelf = await lockItemAt(ctx, tx, 'bookshelves', input.bookshelfId, input.expectedVersion)
    if (shelf instanceof Failure) return shelf
    if (position === shelf.position) return shelf
    await recordActivity(ctx, tx, { BOOKSHELF: [shelf.id] })
    return tx.bookshelf.update({
      where: primaryKey(shelf),
      data: { position, ...changed(ctx) },
      omit: listColumns,
    })
  })
}
