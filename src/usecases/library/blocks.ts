import { keepRevisions } from '../../db/library/block-revisions.ts'
import { insertBlocks, type NewBlock, updateBlockRows } from '../../db/library/blocks.ts'
import { transact, type Tx } from '../../db/client.ts'
import type { OrderedList } from '../../db/ordering.ts'
import type { BlockRow } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure } from '../../domain/failure.ts'
import { mayName } from '../../domain/references.ts'
import { InputCheck, textLimits } from '../../domain/text.ts'
import { recordActivity } from '../activity.ts'
import type { Ctx } from '../context.ts'
import { createOnce } from '../create-once.ts'
import { type Expecting, type Keyed, type Optional, writtenNow } from '../inputs.ts'
import { lockItem, lockItemAt } from '../locking.ts'
import { indexBlocks } from '../search/searchable.ts'
import { storeReferences } from '../search/text-references.ts'
import { moveItem } from '../moves.ts'
import { type Place, positionAt } from '../ordering.ts'
import { checkTagIds, type Tagged, withTags } from '../tag-new.ts'

export interface BlockFields {
  readonly kind: BlockRow['kind']
  readonly content: string
  readonly attributes: Record<string, unknown>
}

/** Checks the fields of a block. For a new block, null fields get defaults. */
export function checkBlock(
  { kind, content, attributes, tagIds }: Optional<BlockFields> & Tagged,
  { key, isNew = true }: { key?: string | null | undefined; isNew?: boolean } = {},
) {
  const input = new InputCheck()
  if (!isNew) {
    input.present('kind', kind)
    input.present('content', content)
    input.present('attributes', attributes)
  }
  input.text('content', content, textLimits.content)
  input.attributes('attributes', attributes)
  input.line('idempotencyKey', key, textLimits.idempotencyKey)
  checkTagIds(input, tagIds)
  return input.failure()
}

/** The blocks of a book. Lock the book before writing to the list. */
export const blocksOf = (ctx: Ctx, bookId: string): OrderedList => ({
  table: 'blocks',
  parentColumn: 'book_id',
  workspaceId: ctx.actor.workspaceId,
  parentId: bookId,
})

/** The columns of a new block. */
export const newBlock = (id: string, fields: Optional<BlockFields>, position: string): NewBlock => ({
  id,
  kind: fields.kind ?? 'TEXT',
  content: fields.content ?? '',
  attributes: fields.attributes ?? {},
  position,
})

export async function createBlock(
  ctx: Ctx,
  input: { bookId: string } & Optional<BlockFields> & Place & Tagged & Keyed,
) {
  assertCan(ctx.actor, 'edit')
  const { idempotencyKey: key, ...request } = input
  const invalid = checkBlock(input, { key })
  if (invalid) return invalid

  const keyed = { key, operation: 'createBlock', input: request, table: 'blocks' } as const
  return createOnce(ctx, keyed, (tx, id) =>
    withTags(ctx, tx, 'BLOCK', [{ id, tagIds: input.tagIds }], () => insertBlock(ctx, tx, id, input)),
  )
}

/** Creates a block in a transaction, at its place in its book. */
export async function insertBlock(
  ctx: Ctx,
  tx: Tx,
  id: string,
  input: { bookId: string } & Optional<BlockFields> & Place,
) {
  const book = await lockItem(ctx, tx, 'books', input.bookId)
  if (book instanceof Failure) return book
  const position = await positionAt(tx, blocksOf(ctx, book.id), input)
  if (position instanceof Failure) return position
  const [block] = await insertBlocks(tx, book, [newBlock(id, input, position)], writtenNow(ctx))
  if (!block) throw new Error('The block was not inserted.')
  await indexBlocks(tx, book.workspaceId, [block], { isNew: true })
  await recordActivity(ctx, tx, { BOOK: [book.id] })
  return block
}

export async function updateBlock(ctx: Ctx, input: { blockId: string } & Optional<BlockFields> & Expecting) {
  assertCan(ctx.actor, 'edit')
  const invalid = checkBlock(input, { isNew: false })
  if (invalid) return invalid

  return transact(ctx.db, async (tx) => {
    const block = await lockItemAt(ctx, tx, 'blocks', input.blockId, input.expectedVersion)
    if (block instanceof Failure) return block
    return changeBlock(ctx, tx, block, input)
  })
}

/** Changes a locked block. A different text creates a revision; the previous text is kept. */
export async function changeBlock(ctx: Ctx, tx: Tx, row: BlockRow, fields: Optional<BlockFields>) {
  const [block] = await changeBlocks(ctx, tx, [{ row, fields }])
  if (!block) throw new Error(`Block ${row.id} is locked but was not changed.`)
  return block
}

/** Changes locked blocks, each kind of work with one statement, and returns them in the same order. */
export async function changeBlocks(
  ctx: Ctx,
  tx: Tx,
  asked: readonly { readonly row: BlockRow; readonly fields: Optional<BlockFields> }[],
) {
  const { workspaceId } = ctx.actor
  const changes = asked.map(({ row: { id, content: before }, fields: { kind, content, attributes } }) => ({
    id,
    kind: kind ?? null,
    content: content == null || content === before ? null : content,
    attributes: attributes ?? null,
  }))
  const rewritten = new Set(changes.flatMap(({ id, content }) => (content === null ? [] : [id])))
  await keepRevisions(tx, workspaceId, [...rewritten], ctx.limits.blockRevisions)
  await recordActivity(ctx, tx, { BOOK: asked.map(({ row }) => row.bookId) })
  const blocks = await updateBlockRows(tx, workspaceId, changes, writtenNow(ctx))
  await indexBlocks(
    tx,
    workspaceId,
    blocks.filter(({ id }) => rewritten.has(id)),
  )
  // A block that becomes a program names nothing any more, whatever its text.
  const others = blocks.filter(
    ({ id, kind, content }, at) => !rewritten.has(id) && kind !== asked[at]?.row.kind && mayName(content),
  )
  await storeReferences(tx, workspaceId, others)
  return blocks
}

/** Moves a block within its book or to another one. */
export const moveBlock = (
  ctx: Ctx,
  input: { blockId: string; bookId?: string | null | undefined } & Place & Expecting,
) =>
  moveItem(ctx, 'blocks', blocksOf, {
    ...input,
    id: input.blockId,
    parentId: input.bookId,
  })
