import { transact, type Tx } from '../../db/client.ts'
import { insertBlocks } from '../../db/library/blocks.ts'
import { rowsById } from '../../db/lookup.ts'
import { inOrderOf } from '../../db/selections.ts'
import { assertCan } from '../../domain/access.ts'
import { cutText, kindOfPart } from '../../domain/block-parts.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import { type Ctx, newId } from '../context.ts'
import { claimKey } from '../idempotency.ts'
import { type Expecting, type Keyed, writtenNow } from '../inputs.ts'
import { lockItemAt } from '../locking.ts'
import { lockParents } from '../moves.ts'
import { positionsAt } from '../ordering.ts'
import { purgedAmong } from '../purged.ts'
import { indexBlocks } from '../search/searchable.ts'
import { blocksOf, changeBlock, newBlock } from './blocks.ts'
import { maxSelection } from './selections.ts'

interface Split extends Expecting, Keyed {
  readonly blockId: string
  /** Where to cut: offsets in code points. */
  readonly at: readonly number[]
}

function check({ at, idempotencyKey }: Split) {
  const input = new InputCheck()
  if (at.length === 0 || at.length > maxSelection)
    input.refuse('at', `Give 1 to ${maxSelection} offsets; you gave ${at.length}.`)
  at.forEach((offset, index) => {
    if (offset < 0 || offset <= (at[index - 1] ?? -1))
      input.refuse(`at.${index}`, 'Give rising offsets from 0 up.')
  })
  input.line('idempotencyKey', idempotencyKey, textLimits.idempotencyKey)
  return input.failure()
}

/**
 * Splits the text of a block. The block keeps the first part, its media and its tags; the other parts become new blocks
 * after it. Returns all of them in order.
 */
export async function splitBlock(ctx: Ctx, { idempotencyKey: key, ...input }: Split) {
  assertCan(ctx.actor, 'edit')
  const invalid = check({ idempotencyKey: key, ...input })
  if (invalid) return invalid
  if (!isUuid(input.blockId)) return new NotFound('Block', input.blockId)
  return transact(ctx.db, async (tx) => {
    const newIds = input.at.map(newId)
    const resultIds = [input.blockId, ...newIds]
    const claim = await claimKey(ctx, tx, { key, operation: 'splitBlock', input, resultIds })
    if (claim instanceof Failure) return claim
    return claim ? blocksOfBefore(ctx, tx, claim) : split(ctx, tx, input, newIds)
  })
}

/** The blocks that an earlier request with the same key led to, as they are now. */
async function blocksOfBefore(ctx: Ctx, tx: Tx, ids: readonly string[]) {
  const blocks = inOrderOf(ids, await rowsById(tx, 'blocks', ctx.actor.workspaceId, ids))
  const purged = await purgedAmong(
    ctx,
    tx,
    blocks.map(({ deletionId }) => deletionId),
  )
  const left = blocks.filter(({ deletionId }) => deletionId === null || !purged.has(deletionId))
  const missing = ids.find((id) => !left.some((block) => block.id === id))
  return missing === undefined ? left : new NotFound('Block', missing)
}

async function split(ctx: Ctx, tx: Tx, { blockId, at, expectedVersion }: Split, newIds: readonly string[]) {
  const { parents, locked } = await lockParents(ctx, tx, 'blocks', [blockId])
  const book = locked.get(parents.get(blockId) ?? '')
  if (!book) return new NotFound('Block', blockId)
  // Before the block, because this may lock the whole list.
  const positions = await positionsAt(tx, blocksOf(ctx, book.id), { afterId: blockId }, at.length)
  if (!Array.isArray(positions)) return positions
  const block = await lockItemAt(ctx, tx, 'blocks', blockId, expectedVersion)
  if (block instanceof Failure) return block
  const parts = cutText(block.content, at)
  if (parts instanceof Failure) return parts
  const [content = '', ...others] = parts
  const first = await changeBlock(ctx, tx, block, { content })
  const blocks = others.map((part, index) =>
    newBlock(newIds[index] ?? '', { ...kindOfPart(block), content: part }, positions[index] ?? ''),
  )
  const rest = await insertBlocks(tx, book, blocks, writtenNow(ctx))
  await indexBlocks(tx, book.workspaceId, rest, { isNew: true })
  return [first, ...inOrderOf(newIds, rest)]
}
