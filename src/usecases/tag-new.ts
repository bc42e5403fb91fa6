import { insertAssociations, lockTags, pairsOf } from '../db/tags/associations.ts'
import { lockAssociations } from '../db/tags/tag-tree.ts'
import type { Tx } from '../db/client.ts'
import type { TaggableType } from '../db/rows.ts'
import { Failure, NotFound } from '../domain/failure.ts'
import { taggingLimits } from '../domain/tag-tree.ts'
import { type InputCheck, isUuid } from '../domain/text.ts'
import type { Ctx } from './context.ts'

export interface Tagged {
  /** The tags of a new object. */
  readonly tagIds?: readonly string[] | null | undefined
}

/** Refuses more tags than an object can have: no new object can exceed that limit otherwise. */
export function checkTagIds(check: InputCheck, tagIds: Tagged['tagIds']) {
  const { tagsPerEntity } = taggingLimits
  if (tagIds && tagIds.length > tagsPerEntity)
    check.refuse('tagIds', `Give at most ${tagsPerEntity} tags; you gave ${tagIds.length}.`)
}

/**
 * Creates objects, and attaches their tags in the same transaction. `tags` says which objects get which; the lock that
 * tags need comes before those of the objects.
 */
export async function withTags<Made>(
  ctx: Ctx,
  tx: Tx,
  type: TaggableType,
  tags: readonly ({ readonly id: string } & Tagged)[],
  make: () => Promise<Made>,
): Promise<Made | NotFound> {
  const { workspaceId } = ctx.actor
  const pairs = tags.flatMap(({ id: entityId, tagIds }) =>
    [...new Set(tagIds ?? [])].map((tagId) => ({ tagId, entityId })),
  )
  if (pairs.length === 0) return make()
  await lockAssociations(tx, workspaceId, 'shared')
  const made = await make()
  if (made instanceof Failure) return made
  const wanted = [...new Set(pairs.map(({ tagId }) => tagId))]
  const found = new Set(await lockTags(tx, workspaceId, wanted.filter(isUuid)))
  const missing = wanted.find((id) => !found.has(id))
  if (missing !== undefined) return new NotFound('Tag', missing)
  await insertAssociations(tx, workspaceId, pairsOf(type, pairs), ctx.now())
  return made
}
