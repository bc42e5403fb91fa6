import { transact, type Tx } from '../../db/client.ts'
import { searchOnlyColumns, type TagRow } from '../../db/rows.ts'
import { mergeAssociations } from '../../db/tags/merges.ts'
import { heightsOf, lockAssociations, lockTagTree, moveSubtrees, sameNames } from '../../db/tags/tag-tree.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure } from '../../domain/failure.ts'
import { nameKey, NameTaken, placeProblem, taggingLimits, TooManyAliases } from '../../domain/tag-tree.ts'
import { InputCheck, textLimits } from '../../domain/text.ts'
import { type Ctx, newId } from '../context.ts'
import { changed, primaryKey } from '../inputs.ts'
import { lockItems } from '../locking.ts'
import { recordDeletion } from '../record-deletion.ts'
import { indexTagNames } from '../search/index-tag-names.ts'
import { aliasRowsOf } from './tag-aliases.ts'

function check({ sourceId, targetId, reason }: Parameters<typeof mergeTags>[1]) {
  const input = new InputCheck()
  if (sourceId === targetId) input.refuse('targetId', 'The source and the target must be different tags.')
  input.text('reason', reason, textLimits.reason)
  return input.failure()
}

/**
 * Merges a source tag into a target tag: its associations, its children and its name go to the target, and the source
 * goes to the trash.
 */
export async function mergeTags(
  ctx: Ctx,
  input: { sourceId: string; targetId: string; reason?: string | null | undefined },
) {
  assertCan(ctx.actor, 'edit')
  const invalid = check(input)
  if (invalid) return invalid

  const { workspaceId } = ctx.actor
  return transact(ctx.db, async (tx) => {
    await lockAssociations(tx, workspaceId, 'exclusive')
    await lockTagTree(tx, workspaceId)
    const locked = await lockItems(ctx, tx, 'tags', [input.sourceId, input.targetId])
    if (locked instanceof Failure) return locked
    const [source, target] = [locked.get(input.sourceId), locked.get(input.targetId)]
    if (!source || !target) throw new Error('Both tags are locked but not there.')

    const children = await childrenOf(tx, source)
    const problem = await childrenProblem(ctx, tx, children, source, target)
    if (problem) return problem
    const moves = children.map((id) => ({ id, parentId: target.id }))
    await moveSubtrees(tx, workspaceId, moves, ctx.now())
    const { deletion } = await recordDeletion(ctx, tx, {
      kind: 'TAG',
      itemId: source.id,
      reason: input.reason ?? null,
    })
    const merge = { sourceId: source.id, targetId: target.id }
    await tx.tagMerge.create({ data: { workspaceId, ...merge, movedChildIds: children } })
    await mergeAssociations(tx, workspaceId, [merge])
    const tooMany = await takeNames(ctx, tx, source, target)
    if (tooMany) return tooMany
    const tag = await tx.tag.update({
      where: primaryKey(target),
      data: changed(ctx),
      omit: searchOnlyColumns,
    })
    await indexTagNames(ctx, tx, [target.id])
    return { tag, deletion }
  })
}

/** The live children of a tag. */
async function childrenOf(tx: Tx, { workspaceId, id }: TagRow) {
  const where = { workspaceId, parentId: id, deletionId: null }
  return (await tx.tag.findMany({ where, select: { id: true }, orderBy: { id: 'asc' } })).map((row) => row.id)
}

/** Why the children of the source cannot go below the target. */
async function childrenProblem(
  ctx: Ctx,
  tx: Tx,
  children: readonly string[],
  source: TagRow,
  target: TagRow,
) {
  const heights = await heightsOf(tx, source.workspaceId, children)
  const height = Math.max(0, ...heights.values())
  // A target below its source would have to go below itself.
  const place = placeProblem(source.id, target, height, ctx.limits.tagLevels)
  if (place) return place
  const twin = await sameNames(tx, source.workspaceId, target.id, source.id)
  return twin && new NameTaken<TagRow>(twin)
}

/** The search now finds the target by the names of the source. */
async function takeNames(ctx: Ctx, tx: Tx, source: TagRow, target: TagRow) {
  const { workspaceId } = source
  const known = await aliasRowsOf(tx, workspaceId, [source.id, target.id])
  const keys = new Set([nameKey(source.name), ...known.map(({ name }) => nameKey(name))])
  const { aliasesPerTag } = taggingLimits
  if (keys.size > aliasesPerTag) return new TooManyAliases(target, aliasesPerTag)
  const aliases = known.filter(({ tagId }) => tagId === source.id)
  await tx.tagAlias.createMany({
    data: [{ name: source.name, mergedFrom: null }, ...aliases].map(({ name, mergedFrom }) => ({
      workspaceId,
      id: newId(),
      tagId: target.id,
      name,
      nameKey: nameKey(name),
      mergedFrom: mergedFrom ?? source.id,
      createdAt: ctx.now(),
    })),
  })
  return undefined
}
