import type { Tx } from '../../db/client.ts'
import { rowsById } from '../../db/lookup.ts'
import type { TagRow } from '../../db/rows.ts'
import { type Child, childrenOfSources, equalBelow, type Merge } from '../../db/tags/merges.ts'
import { heightsOf } from '../../db/tags/tag-tree.ts'
import {
  ancestorsBelow,
  depthProblem,
  EqualChildren,
  equalChildrenShown,
  NameTaken,
  TagCycle,
  type TagTooDeep,
} from '../../domain/tag-tree.ts'
import type { Ctx } from '../context.ts'

/** A merge with the rows of its tags. */
export interface MergeOfRows {
  readonly source: TagRow
  readonly target: TagRow
}

export interface MergePlan {
  /** The merge itself comes first, then those of equal children, parents before children. */
  readonly merges: readonly MergeOfRows[]
  /** The children that move to a target. */
  readonly children: readonly Child[]
}

/** Plans a merge of two locked tags, with that of their equal children if `withEqual`, or says why it cannot be. */
export async function planMerge(
  ctx: Ctx,
  tx: Tx,
  { source, target }: MergeOfRows,
  withEqual: boolean,
): Promise<MergePlan | TagCycle | TagTooDeep | NameTaken<TagRow> | EqualChildren<TagRow>> {
  if (ancestorsBelow(target).includes(source.id)) return new TagCycle({ source, target })
  const { workspaceId } = source
  const found = await equalBelow(tx, workspaceId, { sourceId: source.id, targetId: target.id })
  // Its name would be free, but undoing the merge would bring it back.
  if (found.some(({ targetId }) => targetId === source.id)) return new NameTaken<TagRow>(source)
  const equal = found.length - 1
  if (equal > 0 && !withEqual) {
    const shown = await rowsOf(tx, workspaceId, found.slice(1, 1 + equalChildrenShown))
    return new EqualChildren<TagRow>(shown, equal)
  }
  const merges = await rowsOf(tx, workspaceId, found)
  const children = await childrenOfSources(tx, workspaceId, found)
  return (await depthOf(ctx, tx, merges, children)) ?? { merges, children }
}

async function rowsOf(tx: Tx, workspaceId: string, merges: readonly Merge[]): Promise<MergeOfRows[]> {
  const ids = merges.flatMap(({ sourceId, targetId }) => [sourceId, targetId])
  const rows = new Map((await rowsById(tx, 'tags', workspaceId, ids)).map((tag) => [tag.id, tag]))
  return merges.map(({ sourceId, targetId }) => {
    const [source, target] = [rows.get(sourceId), rows.get(targetId)]
    if (!source || !target) throw new Error('The tags are locked with the tree but not there.')
    return { source, target }
  })
}

/** Fails if a child would be too deep below its target. */
async function depthOf(ctx: Ctx, tx: Tx, merges: readonly MergeOfRows[], children: readonly Child[]) {
  const ids = children.map(({ id }) => id)
  const heights = await heightsOf(tx, ctx.actor.workspaceId, ids)
  const targets = new Map(merges.map(({ target }) => [target.id, target]))
  for (const { id, targetId } of children) {
    const problem = depthProblem(targets.get(targetId) ?? null, heights.get(id) ?? 1, ctx.limits.tagLevels)
    if (problem) return problem
  }
  return undefined
}
