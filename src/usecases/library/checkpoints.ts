import { transact } from '../../db/client.ts'
import { type CheckpointRow, sortKeyColumn } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import { recordActivity } from '../activity.ts'
import type { Ctx } from '../context.ts'
import { createOnce } from '../create-once.ts'
import { changed, created, type Expecting, type Keyed, type Optional, primaryKey, titled } from '../inputs.ts'
import { indexItem } from '../search/searchable.ts'
import { lockItem, lockItemAt } from '../locking.ts'
import { lockParents } from '../moves.ts'
import { updateItem } from '../update-item.ts'

type Fields = Pick<CheckpointRow, 'title' | 'description' | 'reachedAt'>

function check({ title, description, reachedAt }: Optional<Fields>, key?: string | null) {
  const input = new InputCheck()
  input.present('title', title)
  input.line('title', title, textLimits.title)
  input.text('description', description, textLimits.description)
  input.time('reachedAt', reachedAt)
  input.line('idempotencyKey', key, textLimits.idempotencyKey)
  return input
}

/** Creates a checkpoint of a book. Unless a time is given, it was reached now. */
export async function createCheckpoint(
  ctx: Ctx,
  input: { bookId: string; title: string } & Optional<Fields> & Keyed,
) {
  assertCan(ctx.actor, 'edit')
  const { idempotencyKey: key, ...request } = input
  const invalid = check(input, key).failure()
  if (invalid) return invalid

  const keyed = { key, operation: 'createCheckpoint', input: request, table: 'checkpoints' } as const
  return createOnce(ctx, keyed, async (tx, id) => {
    // Keeps the book from being trashed meanwhile.
    const book = await lockItem(ctx, tx, 'books', input.bookId)
    if (book instanceof Failure) return book
    const { title, description = null } = input
    const times = created(ctx)
    const checkpoint = await tx.checkpoint.create({
      data: {
        workspaceId: book.workspaceId,
        id,
        bookId: book.id,
        ...titled(title),
        description,
        reachedAt: input.reachedAt ?? times.createdAt,
        ...times,
      },
      omit: sortKeyColumn,
    })
    await indexItem(tx, 'CHECKPOINT', checkpoint)
    await recordActivity(ctx, tx, { BOOK: [book.id] })
    return checkpoint
  })
}

export async function updateCheckpoint(
  ctx: Ctx,
  input: { checkpointId: string } & Optional<Fields> & Expecting,
) {
  assertCan(ctx.actor, 'edit')
  const checked = check(input)
  checked.present('reachedAt', input.reachedAt)
  const invalid = checked.failure()
  if (invalid) return invalid

  const { checkpointId: id, expectedVersion, title, description, reachedAt } = input
  return updateItem(ctx, 'checkpoints', {
    id,
    expectedVersion,
    fields: { ...titled(title ?? undefined), description, reachedAt: reachedAt ?? undefined },
    write: async (tx, where, data, before) => {
      const checkpoint = await tx.checkpoint.update({ where, data, omit: sortKeyColumn })
      await indexItem(tx, 'CHECKPOINT', checkpoint, before)
      return checkpoint
    },
  })
}

/** Moves a checkpoint to another book. Its markers, with their pictures, stay in it. */
export async function moveCheckpoint(
  ctx: Ctx,
  { checkpointId: id, bookId, expectedVersion }: { checkpointId: string; bookId: string } & Expecting,
) {
  assertCan(ctx.actor, 'edit')
  return transact(ctx.db, async (tx) => {
    const { parents, locked } = await lockParents(ctx, tx, 'checkpoints', [id].filter(isUuid), bookId)
    const checkpoint = await lockItemAt(ctx, tx, 'checkpoints', id, expectedVersion)
    if (checkpoint instanceof Failure) return checkpoint
    if (!locked.has(bookId)) return new NotFound('Book', bookId)
    if (parents.get(id) === bookId) return checkpoint
    await recordActivity(ctx, tx, { BOOK: [checkpoint.bookId, bookId] })
    const data = { bookId, ...changed(ctx) }
    return tx.checkpoint.update({ where: primaryKey(checkpoint), data, omit: sortKeyColumn })
  })
}
