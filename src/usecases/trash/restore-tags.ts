import type { Tx } from '../../db/client.ts'
import { rowInTransaction } from '../../db/lookup.ts'
import type { DeletionRow, NodeRow, TagRow } from '../../db/rows.ts'
import { heightsOf, moveSubtrees } from '../../db/tags/tag-tree.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import { RestoreConflict } from '../../domain/restore.ts'
import { ancestorsBelow, depthProblem } from '../../domain/tag-tree.ts'
import type { Ctx } from '../context.ts'
import { lockItem } from '../locking.ts'
import { undoMerge } from '../tags/merge-tags.ts'
import { parentConflict } from './restore-places.ts'
import { nameProblem } from '../tags/tags.ts'

export interface TagTarget {
  readonly parentTagId?: string | null | undefined
  readonly topLevel?: boolean | null | undefined
}

/** What there is to do to a tag before it is made live, or why it cannot be restored. The tree is locked. */
export async function planTag(ctx: Ctx, tx: Tx, deletion: DeletionRow, target: TagTarget) {
  const { workspaceId } = ctx.actor
  const tag = await rowInTransaction(tx, 'tags', workspaceId, deletion.itemId, 'lock')
  if (!tag) return new NotFound('Tag', deletion.itemId)
  const parent = await lockPlace(ctx, tx, tag, target)
  if (parent instanceof Failure) return parent

  const parentId = parent?.id ?? null
  // All that is below it is in the trash too, and so cannot be the parent: there is no cycle.
  const heights = await heightsOf(tx, workspaceId, [tag.id])
  if (depthProblem(parent, heights.get(tag.id) ?? 1, ctx.limits.tagLevels))
    return new RestoreConflict<NodeRow>('TOO_DEEP', { __typename: 'Tag', ...(parent ?? tag) })
  const taken = await nameProblem(tx, tag, parentId)
  if (taken) return new RestoreConflict<NodeRow>('NAME_TAKEN', { __typename: 'Tag', ...taken.existing })
  return async () => {
    if (parentId !== tag.parentId) {
      await moveSubtrees(tx, workspaceId, [tag.id], ancestorsBelow(parent), ctx.now())
    }
    await undoMerge(ctx, tx, deletion, { ...tag, parentId, ancestorIds: ancestorsBelow(parent) })
  }
}

/** Locks the tag that is to be the parent: the old one, or the target. Null is the top. */
async function lockPlace(ctx: Ctx, tx: Tx, tag: TagRow, { parentTagId, topLevel }: TagTarget) {
  if (topLevel === true) return null
  if (parentTagId != null) return lockItem(ctx, tx, 'tags', parentTagId)
  if (tag.parentId === null) return null
  const parent = await lockItem(ctx, tx, 'tags', tag.parentId)
  if (!(parent instanceof Failure)) return parent
  return (await parentConflict(tx, 'TAG', ctx.actor.workspaceId, tag.parentId)) ?? parent
}
