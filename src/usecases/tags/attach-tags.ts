import { transact, type Tx } from '../../db/client.ts'
import { nodeById, rowsById } from '../../db/lookup.ts'
import type { NodeRow } from '../../db/rows.ts'
import {
  deleteAssociations,
  type Entity,
  entityWithTooManyTags,
  everyPair,
  insertAssociations,
  lockEntities,
  lockTags,
} from '../../db/tags/associations.ts'
import { lockAssociations } from '../../db/tags/tag-tree.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import { taggingLimits, TooManyTags } from '../../domain/tag-tree.ts'
import { InputCheck, isUuid } from '../../domain/text.ts'
import { recordActivity } from '../activity.ts'
import type { Ctx } from '../context.ts'

interface Tagging {
  readonly tagIds: readonly string[]
  readonly entityIds: readonly string[]
}

function check({ tagIds, entityIds }: Tagging) {
  const { tagsPerCall, entitiesPerCall } = taggingLimits
  const input = new InputCheck()
  if (tagIds.length > tagsPerCall) input.refuse('tagIds', `Give at most ${tagsPerCall} tags at once.`)
  if (entityIds.length > entitiesPerCall)
    input.refuse('entityIds', `Give at most ${entitiesPerCall} bookshelves, books and blocks at once.`)
  return input.failure()
}

/** Each ID once, in the order in which they are first mentioned. */
const distinct = ({ tagIds, entityIds }: Tagging): Tagging => ({
  tagIds: [...new Set(tagIds)],
  entityIds: [...new Set(entityIds)],
})

/** The first of the IDs that was not found. */
const findMissing = (ids: readonly string[], found: readonly string[]) => {
  const known = new Set(found)
  return ids.find((id) => !known.has(id))
}

/** Locks all objects to be tagged, then all tags, each in the order of their IDs. */
async function lockBoth(ctx: Ctx, tx: Tx, { tagIds, entityIds }: Tagging): Promise<Entity[] | NotFound> {
  const { workspaceId } = ctx.actor
  await lockAssociations(tx, workspaceId, 'shared')
  const entities = await lockEntities(tx, workspaceId, entityIds.filter(isUuid))
  const noEntity = findMissing(
    entityIds,
    entities.map(({ id }) => id),
  )
  if (noEntity !== undefined) return new NotFound('Taggable', noEntity)
  const noTag = findMissing(tagIds, await lockTags(tx, workspaceId, tagIds.filter(isUuid)))
  return noTag === undefined ? entities : new NotFound('Tag', noTag)
}

/** The current state of the tags and the objects, in the order of the input. */
async function readOutcome(ctx: Ctx, tx: Tx, { tagIds, entityIds }: Tagging, entities: readonly Entity[]) {
  const { workspaceId } = ctx.actor
  const tags = new Map((await rowsById(tx, 'tags', workspaceId, tagIds)).map((tag) => [tag.id, tag]))
  const types = new Map(entities.map(({ id, type }) => [id, type]))
  return {
    tags: tagIds.flatMap((id) => tags.get(id) ?? []),
    entities: entityIds.flatMap((id) => {
      const type = types.get(id)
      return type ? [{ id, type }] : []
    }),
  }
}

/** Records the activity of the objects whose tags changed. */
async function recordTagging(ctx: Ctx, tx: Tx, entities: readonly Entity[], changedIds: readonly string[]) {
  const changed = new Set(changedIds)
  const ofType = (type: Entity['type']) =>
    entities.filter((entity) => entity.type === type && changed.has(entity.id)).map(({ id }) => id)
  await recordActivity(ctx, tx, {
    BOOKSHELF: ofType('BOOKSHELF'),
    BOOK: ofType('BOOK'),
    BLOCK: ofType('BLOCK'),
  })
}

/** Attaches all tags to all bookshelves, books and blocks. Existing associations stay. */
export async function attachTags(ctx: Ctx, given: Tagging) {
  assertCan(ctx.actor, 'edit')
  const invalid = check(given)
  if (invalid) return invalid
  const input = distinct(given)

  const { workspaceId } = ctx.actor
  return transact(ctx.db, async (tx) => {
    const entities = await lockBoth(ctx, tx, input)
    if (entities instanceof Failure) return entities
    const attached = await insertAssociations(tx, workspaceId, everyPair(input.tagIds, entities), ctx.now())
    const { tagsPerEntity } = taggingLimits
    const full = await entityWithTooManyTags(tx, workspaceId, attached.entityIds, tagsPerEntity)
    if (full !== undefined) {
      const type = entities.find(({ id }) => id === full)?.type
      const entity = type && (await nodeById(tx, type, workspaceId, full))
      if (!entity) throw new Error(`What has too many tags, ${full}, is locked but not there.`)
      return new TooManyTags<NodeRow>(entity, tagsPerEntity)
    }
    await recordTagging(ctx, tx, entities, attached.entityIds)
    return { attachedCount: attached.count, ...(await readOutcome(ctx, tx, input, entities)) }
  })
}

/** Detaches all tags from all bookshelves, books and blocks. Missing associations are not a failure. */
export async function detachTags(ctx: Ctx, given: Tagging) {
  assertCan(ctx.actor, 'edit')
  const invalid = check(given)
  if (invalid) return invalid
  const input = distinct(given)

  return transact(ctx.db, async (tx) => {
    const entities = await lockBoth(ctx, tx, input)
    if (entities instanceof Failure) return entities
    const detached = await deleteAssociations(tx, ctx.actor.workspaceId, input.tagIds, input.entityIds)
    await recordTagging(ctx, tx, entities, detached.entityIds)
    return { detachedCount: detached.count, ...(await readOutcome(ctx, tx, input, entities)) }
  })
}
