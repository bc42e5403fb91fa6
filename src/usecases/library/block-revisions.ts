import { revisionByNumber } from '../../db/library/block-revisions.ts'
import { transact } from '../../db/client.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, InvalidInput } from '../../domain/failure.ts'
import { changeBlock } from './blocks.ts'
import type { Ctx } from '../context.ts'
import type { Expecting } from '../inputs.ts'
import { lockItemAt } from '../locking.ts'

const noSuchRevision = (number: number) =>
  new InvalidInput([
    {
      path: 'number',
      message: `The block has no revision ${number}, or no longer keeps it. Choose one of its \`revisions\`.`,
    },
  ])

/**
 * Restores an earlier text of a block as a new revision, so later texts are kept. If the block already has this text,
 * nothing changes.
 */
export async function restoreBlockRevision(
  ctx: Ctx,
  { blockId, number, expectedVersion }: { blockId: string; number: number } & Expecting,
) {
  assertCan(ctx.actor, 'edit')
  return transact(ctx.db, async (tx) => {
    const block = await lockItemAt(ctx, tx, 'blocks', blockId, expectedVersion)
    if (block instanceof Failure || number === block.revision) return block
    const revision = await revisionByNumber(tx, block.workspaceId, block.id, number)
    if (!revision) return noSuchRevision(number)
    if (revision.content === block.content) return block
    return changeBlock(ctx, tx, block, { content: revision.content })
  })
}
