import { transact, type Tx } from '../../db/client.ts'
import type { BlockRow, NodeRow } from '../../db/rows.ts'
import {
  entityWithTooManyTags,
  everyPair,
  insertAssociations,
  lockTags,
  tagsOfAny,
  uncountDeletion,
} from '../../db/tags/associations.ts'
import { lockAssociations } from '../../db/tags/tag-tree.ts'
import { assertCan } from '../../domain/access.ts'
import { joinTexts } from '../../domain/block-parts.ts'
import { Failure, InvalidInput } from '../../domain/failure.ts'
import { perCall } from '../../domain/restore.ts'
import { taggingLimits, TooManyTags } from '../../domain/tag-tree.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import { TooManyFiles } from '../../domain/upload-limits.ts'
import type { Ctx } from '../context.ts'
import { changeBlock } from '../library/blocks.ts'
import { checkSelection, selectionOf, type Versions } from '../library/selections.ts'
import { lockSelection } from '../locking.ts'
import { auditWrite, recordWrite } from '../media-events.ts'
import { takeMedia } from '../media/take-media.ts'
import { lockParents } from '../moves.ts'
import { recordDeletion } from '../record-deletion.ts'

interface Merge extends Versions {
  /** In the order of their texts; the first remains. */
  readonly blockIds: readonly string[]
  readonly separator?: string | null | undefined
}

function check({ blockIds, expectedVersions, separator }: Merge) {
  const input = new InputCheck()
  checkSelection(input, 'blockIds', blockIds, expectedVersions)
  if (blockIds.length === 1 || blockIds.length > perCall)
    input.refuse('blockIds', `Give 2 to ${perCall} blocks; you gave ${blockIds.length}.`)
  input.text('separator', separator, textLimits.name)
  return input.failure()
}

/**
 * Merges blocks into the first of them: it gets all texts, the media that it does not show yet, and all tags. The other
 * blocks go to the trash as one deletion, with their own texts and tags.
 */
export async function mergeBlocks(ctx: Ctx, input: Merge) {
  assertCan(ctx.actor, 'edit')
  const invalid = check(input)
  if (invalid) return invalid
  const merged = await transact(ctx.db, (tx) => merge(ctx, tx, input))
  if (!(merged instanceof TooManyFiles)) return merged
  const write = { operation: 'MOVE', ownerType: 'BLOCK', ownerId: input.blockIds[0] ?? null } as const
  return auditWrite(ctx, write, () => Promise.resolve(merged))
}

async function merge(ctx: Ctx, tx: Tx, { blockIds, expectedVersions, separator }: Merge) {
  await lockAssociations(tx, ctx.actor.workspaceId, 'shared')
  const { parents } = await lockParents(ctx, tx, 'blocks', blockIds.filter(isUuid))
  const blocks = await lockSelection(ctx, tx, 'blocks', selectionOf(blockIds, expectedVersions))
  if (blocks instanceof Failure) return blocks
  if (new Set(parents.values()).size > 1) {
    return new InvalidInput([
      { path: 'blockIds', message: 'Give blocks of one book. Move the others there first.' },
    ])
  }
  const [first, ...others] = blocks
  if (!first) throw new Error('A selection that was locked is empty.')
  const content = joinTexts(
    blocks.map((block) => block.content),
    separator ?? '\n\n',
  )
  if (content instanceof Failure) return content

  const full = await takeMedia(ctx, tx, first.id, others)
  if (full) return full
  const deletion = await trashMerged(ctx, tx, others)
  const tooMany = await takeTags(ctx, tx, first, others)
  if (tooMany) return tooMany
  // Not before: it locks the tags of all members, which the step before locks too.
  await uncountDeletion(tx, ctx.actor.workspaceId, deletion.id)
  return { block: await changeBlock(ctx, tx, first, { content }), deletion }
}

/** Trashes the merged blocks as one deletion. Its item is the first of them. */
async function trashMerged(ctx: Ctx, tx: Tx, [item, ...more]: readonly BlockRow[]) {
  if (!item) throw new Error('Nothing was merged.')
  const { deletion, mediaIds } = await recordDeletion(ctx, tx, {
    kind: 'BLOCK',
    itemId: item.id,
    moreIds: more.map(({ id }) => id),
    reason: 'Merged into another block.',
  })
  if (mediaIds.length > 0) {
    const changes = [{ change: 'trash', mediaIds, deletionId: deletion.id }] as const
    const write = { operation: 'TRASH', ownerType: 'BLOCK', ownerId: item.id } as const
    await recordWrite(ctx, tx, write, { decision: 'REPLACE', mediaIds, changes })
  }
  return deletion
}

/** Attaches the live tags of the merged blocks to the first. They keep them too, for a restore. */
async function takeTags(ctx: Ctx, tx: Tx, first: BlockRow, others: readonly BlockRow[]) {
  const { workspaceId } = ctx.actor
  const found = await tagsOfAny(
    tx,
    workspaceId,
    others.map(({ id }) => id),
  )
  const tagIds = await lockTags(tx, workspaceId, found)
  const pairs = everyPair(tagIds, [{ id: first.id, type: 'BLOCK' }])
  const { entityIds } = await insertAssociations(tx, workspaceId, pairs, ctx.now())
  const { tagsPerEntity } = taggingLimits
  const full = await entityWithTooManyTags(tx, workspaceId, entityIds, tagsPerEntity)
  return full === undefined
    ? undefined
    : new TooManyTags<NodeRow>({ __typename: 'Block', ...first }, tagsPerEntity)
}
