import type { Tx } from '../../db/client.ts'
import { rowsById } from '../../db/lookup.ts'
import { endMerges, movedByMerges, unmergeAliases, unmergeAssociations } from '../../db/tags/merges.ts'
import { heightsOf, moveSubtrees } from '../../db/tags/tag-tree.ts'
import { placeProblem } from '../../domain/tag-tree.ts'
import type { Ctx } from '../context.ts'
import { writtenNow } from '../inputs.ts'
import { indexTagNames } from '../search/index-tag-names.ts'

/**
 * Undoes the merges that a deletion holds before it is restored, wherever they are in a chain of merges: removes what
 * came from their sources from every tag that these went into, and moves the children back, except for children that
 * were since moved by hand, were trashed with an ancestor, are now above the source, have the name of one of its other
 * children, or would be too deep. Does nothing if the deletion holds no merge.
 */
export async function undoMerges(ctx: Ctx, tx: Tx, deletionId: string) {
  const { workspaceId } = ctx.actor
  const renamed = await unmergeAliases(tx, workspaceId, deletionId)
  if (renamed.length === 0) return
  await unmergeAssociations(tx, workspaceId, deletionId)
  await moveBack(ctx, tx, deletionId)
  await endMerges(tx, workspaceId, deletionId)
  await indexTagNames(ctx, tx, renamed)
}

async function moveBack(ctx: Ctx, tx: Tx, deletionId: string) {
  const { workspaceId } = ctx.actor
  const moved = await movedByMerges(tx, workspaceId, deletionId)
  if (moved.length === 0) return
  const ids = moved.map(({ id }) => id)
  const heights = await heightsOf(tx, workspaceId, ids)
  const sourceIds = [...new Set(moved.map(({ sourceId }) => sourceId))]
  const rows = await rowsById(tx, 'tags', workspaceId, sourceIds)
  const sources = new Map(rows.map((source) => [source.id, source]))
  const fits = ({ id, sourceId }: (typeof moved)[number]) =>
    !placeProblem(id, sources.get(sourceId) ?? null, heights.get(id) ?? 1, ctx.limits.tagLevels)
  const moves = moved.filter(fits).map(({ id, sourceId }) => ({ id, parentId: sourceId }))
  await moveSubtrees(tx, workspaceId, moves, writtenNow(ctx))
}
