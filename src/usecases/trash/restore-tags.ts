import type { Tx } from '../../db/client.ts'
import { rowById } from '../../db/lookup.ts'
import type { DeletionRow, NodeRow, TagRow } from '../../db/rows.ts'
import { heightsOf } from '../../db/tags/tag-tree.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import { RestoreConflict } from '../../domain/restore.ts'
import { depthProblem } from '../../domain/tag-tree.ts'
import type { Ctx } from '../context.ts'
import { lockItem } from '../locking.ts'
import { nameProblem } from '../tags/tags.ts'
import type { RestorePlan } from './carry-out-restore.ts'
import { parentConflict } from './restore-places.ts'
import type { RestoreAsked, RestoreTarget } from './restore-target.ts'

/** Plans where a tag goes, under the lock of the tree, or refuses. */
export async function planTag(
  ctx: Ctx,
  tx: Tx,
  deletion: DeletionRow,
  { target, allowAliasOfSibling }: RestoreAsked,
): Promise<RestorePlan | NotFound | RestoreConflict<NodeRow>> {
  const { workspaceId } = ctx.actor
  const tag = await rowById(tx, 'tags', workspaceId, deletion.itemId, 'lock')
  if (!tag) return new NotFound('Tag', deletion.itemId)
  const parent = await lockParentTag(ctx, tx, tag, target ?? {})
  if (parent instanceof Failure) return parent

  // Everything below it is in the trash too and cannot be the parent: there is no cycle.
  const heights = await heightsOf(tx, workspaceId, [tag.id])
  if (depthProblem(parent, heights.get(tag.id) ?? 1, ctx.limits.tagLevels))
    return new RestoreConflict<NodeRow>('TOO_DEEP', { __typename: 'Tag', ...(parent ?? tag) })
  const taken = await nameProblem(tx, tag, parent?.id ?? null)
  if (taken) return new RestoreConflict<NodeRow>('NAME_TAKEN', { __typename: 'Tag', ...taken.existing })
  return { kind: 'TAG', deletion, tag, parent, allowAlias: allowAliasOfSibling === true }
}

/** Locks the parent that the tag goes below: the old one, or the target. Null is the top. */
async function lockParentTag(ctx: Ctx, tx: Tx, tag: TagRow, { parentId, topLevel }: RestoreTarget) {
  if (topLevel === true) return null
  if (parentId != null) return lockItem(ctx, tx, 'tags', parentId)
  if (tag.parentId === null) return null
  const parent = await lockItem(ctx, tx, 'tags', tag.parentId)
  if (!(parent instanceof Failure)) return parent
  return (await parentConflict(tx, 'TAG', ctx.actor.workspaceId, tag.parentId)) ?? parent
}
