import { transact, type Tx } from '../../db/client.ts'
import { searchOnlyColumns, type TagRow } from '../../db/rows.ts'
import { mergeAssociations } from '../../db/tags/merges.ts'
import { lockAssociations, lockTagTree, moveSubtrees } from '../../db/tags/tag-tree.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure } from '../../domain/failure.ts'
import { nameKey, taggingLimits, TooManyAliases } from '../../domain/tag-tree.ts'
import { InputCheck, textLimits } from '../../domain/text.ts'
import { type Ctx, newId } from '../context.ts'
import { changed, primaryKey, writtenNow } from '../inputs.ts'
import { lockItems } from '../locking.ts'
import { recordDeletion } from '../record-deletion.ts'
import { indexTagNames } from '../search/index-tag-names.ts'
import { type MergeOfRows, type MergePlan, planMerge } from './plan-merge.ts'
import { aliasRowsOf } from './tag-aliases.ts'

function check({ sourceTagId, targetTagId, reason }: Parameters<typeof mergeTags>[1]) {
  const input = new InputCheck()
  if (sourceTagId === targetTagId)
    input.refuse('targetTagId', 'The source and the target must be different tags.')
  input.text('reason', reason, textLimits.reason)
  return input.failure()
}

/**
 * Merges a source tag into a target tag: its associations, its children and its name go to the target, and the source
 * goes to the trash. Children with the same name are merged along if the client wants that, as part of the same
 * deletion.
 */
export async function mergeTags(
  ctx: Ctx,
  input: {
    readonly sourceTagId: string
    readonly targetTagId: string
    readonly reason?: string | null | undefined
    readonly mergeEqualChildren?: boolean | null | undefined
  },
) {
  assertCan(ctx.actor, 'edit')
  const invalid = check(input)
  if (invalid) return invalid

  const { workspaceId } = ctx.actor
  return transact(ctx.db, async (tx) => {
    await lockAssociations(tx, workspaceId, 'exclusive')
    await lockTagTree(tx, workspaceId)
    const locked = await lockItems(ctx, tx, 'tags', [input.sourceTagId, input.targetTagId])
    if (locked instanceof Failure) return locked
    const [source, target] = [locked.get(input.sourceTagId), locked.get(input.targetTagId)]
    if (!source || !target) throw new Error('Both tags are locked but not there.')
    const plan = await planMerge(ctx, tx, { source, target }, input.mergeEqualChildren === true)
    if (plan instanceof Failure) return plan
    const tooMany = await takeNames(ctx, tx, plan.merges)
    if (tooMany) return tooMany
    return carryOut(ctx, tx, { source, target }, plan, input.reason ?? null)
  })
}

async function carryOut(
  ctx: Ctx,
  tx: Tx,
  { source, target }: MergeOfRows,
  { merges, children }: MergePlan,
  reason: string | null,
) {
  const { workspaceId } = ctx.actor
  const moves = children.map(({ id, targetId }) => ({ id, parentId: targetId }))
  await moveSubtrees(tx, workspaceId, moves, writtenNow(ctx))
  const { deletion } = await recordDeletion(ctx, tx, { kind: 'TAG', itemId: source.id, reason })
  const pairs = merges.map((merge) => ({ sourceId: merge.source.id, targetId: merge.target.id }))
  await tx.tagMerge.createMany({
    data: pairs.map((pair) => ({
      workspaceId,
      ...pair,
      movedChildIds: children.filter(({ sourceId }) => sourceId === pair.sourceId).map(({ id }) => id),
    })),
  })
  await mergeAssociations(tx, workspaceId, pairs)
  const targetIds = pairs.map(({ targetId }) => targetId)
  await tx.tag.updateMany({ where: { workspaceId, id: { in: targetIds } }, data: changed(ctx) })
  await indexTagNames(ctx, tx, targetIds)
  const tag = await tx.tag.findUniqueOrThrow({ where: primaryKey(target), omit: searchOnlyColumns })
  return { tag, deletion }
}

type AliasRow = Awaited<ReturnType<typeof aliasRowsOf>>[number]

/** The search now finds each target by the names of its source, unless it would have too many. */
async function takeNames(ctx: Ctx, tx: Tx, merges: readonly MergeOfRows[]) {
  const { workspaceId } = ctx.actor
  const ids = merges.flatMap(({ source, target }) => [source.id, target.id])
  const known = new Map<string, AliasRow[]>(ids.map((id) => [id, []]))
  for (const alias of await aliasRowsOf(tx, workspaceId, ids)) known.get(alias.tagId)?.push(alias)
  const { aliasesPerTag } = taggingLimits
  for (const { source, target } of merges) {
    const names = [source.id, target.id].flatMap((id) => known.get(id) ?? []).map(({ name }) => name)
    if (new Set([source.name, ...names].map(nameKey)).size > aliasesPerTag)
      return new TooManyAliases<TagRow>(target, aliasesPerTag)
  }
  const taken = merges.flatMap(({ source, target }) =>
    namesOf(source, known.get(source.id) ?? []).map((alias) => ({ ...alias, tagId: target.id })),
  )
  await tx.tagAlias.createMany({
    data: taken.map((alias) => ({
      ...alias,
      workspaceId,
      id: newId(),
      nameKey: nameKey(alias.name),
      createdAt: ctx.now(),
    })),
  })
  return undefined
}

/** The names that a source gives to its target, each with the tag that it comes from. */
const namesOf = (source: TagRow, aliases: readonly AliasRow[]) => [
  { name: source.name, mergedFrom: source.id },
  ...aliases.map(({ name, mergedFrom }) => ({ name, mergedFrom: mergedFrom ?? source.id })),
]
