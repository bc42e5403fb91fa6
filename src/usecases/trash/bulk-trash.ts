import { rowsById } from '../../db/lookup.ts'
import { itemsById, type Item, rankOf } from '../../db/trash/deletion-members.ts'
import type { DeletionRow } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import { AlreadyInTrash, perCall, RestoreConflict } from '../../domain/restore.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'
import { restoreDeletion } from './restore.ts'
import type { RestoreAsked } from './restore-target.ts'
import { trashItem } from './trash.ts'

/** Checks the number of IDs in a call. */
export function checkIds(check: InputCheck, path: string, ids: readonly string[]) {
  if (ids.length === 0) check.refuse(path, 'Give at least one ID.')
  if (ids.length > perCall) check.refuse(path, `Give at most ${perCall} IDs; you gave ${ids.length}.`)
}

/** One result per ID, in the order in which the IDs are first mentioned. A repeated ID has one result. */
export const inOrder = <Result>(ids: readonly string[], results: ReadonlyMap<string, Result>) =>
  [...new Set(ids)].map((id) => {
    const result = results.get(id)
    if (result === undefined) throw new Error(`There is no result for ${id}.`)
    return result
  })

/**
 * Moves several items of any types to the trash, each separately. Ancestors come first, so an item below another one of
 * the call joins its deletion, whatever the order of the input.
 */
export async function trashItems(
  ctx: Ctx,
  { itemIds, reason }: { itemIds: readonly string[]; reason?: string | null | undefined },
) {
  assertCan(ctx.actor, 'edit')
  const check = new InputCheck()
  checkIds(check, 'itemIds', itemIds)
  check.text('reason', reason, textLimits.reason)
  const invalid = check.failure()
  if (invalid) return invalid

  const found = await itemsById(ctx.db, ctx.actor.workspaceId, [...new Set(itemIds)].filter(isUuid))
  const downwards = (one: Item, other: Item) =>
    rankOf(one.kind) - rankOf(other.kind) || one.depth - other.depth || (one.id < other.id ? -1 : 1)
  const made = new Set<string>()
  const trashOne = async ({ kind, id }: Item) => {
    const result = await trashItem(ctx, { kind, id, reason })
    const went = result instanceof AlreadyInTrash && made.has(result.deletion.id)
    if (result instanceof Failure && !went) return result
    made.add(result.deletion.id)
    return { kind, id, deletion: result.deletion }
  }
  type Result = NotFound | Awaited<ReturnType<typeof trashOne>>
  const results = new Map<string, Result>(itemIds.map((id) => [id, new NotFound('Trashable', id)]))
  for (const item of found.sort(downwards)) results.set(item.id, await trashOne(item))
  return inOrder(itemIds, results)
}

/**
 * Restores several deletions to where they were, each separately. Parents come first; of two deletions that compete for
 * a place, the newer one is restored, whatever the order of the input.
 */
export async function restoreDeletions(
  ctx: Ctx,
  {
    deletionIds,
    allowAliasOfSibling,
  }: { readonly deletionIds: readonly string[] } & Pick<RestoreAsked, 'allowAliasOfSibling'>,
) {
  assertCan(ctx.actor, 'edit')
  const check = new InputCheck()
  checkIds(check, 'deletionIds', deletionIds)
  const invalid = check.failure()
  if (invalid) return invalid

  type Result = Awaited<ReturnType<typeof restoreDeletion>>
  const results = new Map<string, Result>()
  const ids = [...new Set(deletionIds)]
  const found = await rowsById(ctx.db, 'deletions', ctx.actor.workspaceId, ids.filter(isUuid))
  const known = new Set(found.map(({ id }) => id))
  for (const id of ids) if (!known.has(id)) results.set(id, new NotFound('Deletion', id))
  // A tag may now be deeper than when it was trashed, so retry those that still wait for their parent.
  for (let left = found.sort(downwards).map(({ id }) => id), before = Infinity; left.length < before;) {
    before = left.length
    const waiting: string[] = []
    for (const id of left) {
      const result = await restoreDeletion(ctx, { deletionId: id, allowAliasOfSibling })
      results.set(id, result)
      if (result instanceof RestoreConflict && result.reason === 'PARENT_TRASHED') waiting.push(id)
    }
    left = waiting
  }
  return inOrder(deletionIds, results)
}

const downwards = (one: DeletionRow, other: DeletionRow) =>
  rankOf(one.kind) - rankOf(other.kind) ||
  one.path.length - other.path.length ||
  other.deletedAt.getTime() - one.deletedAt.getTime() ||
  (one.id < other.id ? 1 : -1)
