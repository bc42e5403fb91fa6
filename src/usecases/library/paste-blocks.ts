import { insertBlocks } from '../../db/library/blocks.ts'
import { transact, type Tx } from '../../db/client.ts'
import { rowsById } from '../../db/lookup.ts'
import type { BlockRow } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, InvalidInput, NotFound } from '../../domain/failure.ts'
import { InputCheck, textLimits } from '../../domain/text.ts'
import { recordActivity } from '../activity.ts'
import { type BlockFields, blocksOf, checkBlock, newBlock } from './blocks.ts'
import { type Ctx, newId } from '../context.ts'
import { claimKey } from '../idempotency.ts'
import { type Keyed, type Optional, writtenNow } from '../inputs.ts'
import { lockItem } from '../locking.ts'
import { purgedAmong } from '../purged.ts'
import { indexBlocks } from '../search/searchable.ts'
import { type Place, positionsAt } from '../ordering.ts'
import { type Tagged, withTags } from '../tag-new.ts'

/** The maximum number of blocks in one call. */
export const maxBlocksPerCall = 1_000

/**
 * Creates many blocks, one after the other, in one transaction. Blocks that break a rule are skipped. Returns a block
 * or a failure for each, in the order of the input.
 */
export async function createBlocks(
  ctx: Ctx,
  input: { bookId: string; blocks: readonly (Optional<BlockFields> & Tagged)[] } & Place & Keyed,
) {
  assertCan(ctx.actor, 'edit')
  const { idempotencyKey: key, ...request } = input
  const check = new InputCheck()
  check.line('idempotencyKey', key, textLimits.idempotencyKey)
  const { length } = input.blocks
  if (length === 0 || length > maxBlocksPerCall) {
    check.refuse('blocks', `Give 1 to ${maxBlocksPerCall} blocks; you gave ${length}.`)
  }
  const invalid = check.failure()
  if (invalid) return invalid

  const plan = input.blocks.map(
    (fields, index) => checkBlock(fields)?.below(`blocks.${index}`) ?? { fields, id: newId() },
  )
  const good = plan.flatMap((item) => (item instanceof InvalidInput ? [] : [item]))

  return transact(ctx.db, async (tx) => {
    const resultIds = good.map(({ id }) => id)
    const claim = await claimKey(ctx, tx, { key, operation: 'createBlocks', input: request, resultIds })
    if (claim instanceof Failure) return claim

    let rows: BlockRow[]
    if (claim) {
      rows = await rowsById(tx, 'blocks', ctx.actor.workspaceId, claim)
    } else {
      const tags = good.map(({ fields: { tagIds }, id }) => ({ id, tagIds }))
      const made = await withTags(ctx, tx, 'BLOCK', tags, () => paste(ctx, tx, input, good))
      if (made instanceof Failure) return made
      rows = made
    }
    const purged = await purgedAmong(ctx, tx, claim ? rows.map(({ deletionId }) => deletionId) : [])
    const byId = new Map(
      rows
        .filter(({ deletionId }) => deletionId === null || !purged.has(deletionId))
        .map((row) => [row.id, row]),
    )
    const ids = (claim ?? resultIds).values()
    const results: (BlockRow | InvalidInput)[] = []
    for (const item of plan) {
      if (item instanceof InvalidInput) {
        results.push(item)
        continue
      }
      const id = ids.next().value as string
      const row = byId.get(id)
      if (!row) return new NotFound('Block', id)
      results.push(row)
    }
    return { results }
  })
}

/** Creates blocks one after the other at a place in a book. */
async function paste(
  ctx: Ctx,
  tx: Tx,
  input: { bookId: string } & Place,
  good: readonly { readonly fields: Optional<BlockFields>; readonly id: string }[],
) {
  const book = await lockItem(ctx, tx, 'books', input.bookId)
  if (book instanceof Failure) return book
  const positions = await positionsAt(tx, blocksOf(ctx, book.id), input, good.length)
  if (!Array.isArray(positions)) return positions
  const free = positions.values()
  const blocks = good.map(({ fields, id }) => newBlock(id, fields, free.next().value as string))
  const rows = await insertBlocks(tx, book, blocks, writtenNow(ctx))
  await indexBlocks(tx, book.workspaceId, rows, { isNew: true })
  if (rows.length > 0) await recordActivity(ctx, tx, { BOOK: [book.id] })
  return rows
}
