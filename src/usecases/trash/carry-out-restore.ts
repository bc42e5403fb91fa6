import type { Tx } from '../../db/client.ts'
import { nodeById } from '../../db/lookup.ts'
import { type OrderedList, placeItems } from '../../db/ordering.ts'
import { type DeletionRow, type MediaRow, type NodeRow, type TagRow, tableOfKind } from '../../db/rows.ts'
import { entityCrowdedByTags } from '../../db/tags/associations.ts'
import { moveSubtrees } from '../../db/tags/tag-tree.ts'
import type { MediaChange } from '../../domain/media-events.ts'
import { RestoreConflict } from '../../domain/restore.ts'
import { ownerColumns, type Slot } from '../../domain/slots.ts'
import { taggingLimits } from '../../domain/tag-tree.ts'
import type { Ctx } from '../context.ts'
import { changed, primaryKey, writtenNow } from '../inputs.ts'
import { trashReplaced } from '../media/put-medium.ts'
import { aliasTaken } from '../tags/tag-aliases.ts'
import { undoMerges } from '../tags/undo-merges.ts'

/** The item goes back to where it was: nothing moves. */
interface Stay {
  readonly kind: 'STAY'
  readonly replaced?: MediaRow | null
}

/** The items go to the end of the list of another parent: one, or all blocks that were merged into another. */
type ContentMove =
  | {
      readonly kind: 'BOOK' | 'BLOCK' | 'CHECKPOINT_MARKER'
      readonly list: OrderedList
      readonly ids: readonly string[]
      readonly positions: readonly string[]
    }
  // Checkpoints have no order by hand.
  | { readonly kind: 'CHECKPOINT'; readonly id: string; readonly parentId: string }

/** The medium goes into another slot, where it may replace the cover. */
interface MediaMove {
  readonly kind: 'MEDIA'
  readonly replaced: MediaRow | null
  readonly media: MediaRow
  readonly slot: Slot
  readonly position: string
}

/** The tag goes below a parent, null for the top, be it the old one or another; its merge is undone. */
interface TagPlacement {
  readonly kind: 'TAG'
  readonly deletion: DeletionRow
  readonly tag: TagRow
  readonly parent: TagRow | null
  /** Its name may be an alias of a sibling. */
  readonly allowAlias: boolean
}

/** What a restore does to the item of a deletion before it makes the item live. */
export type RestorePlan = Stay | ContentMove | MediaMove | TagPlacement

/**
 * Carries out a plan, whose locks are taken. Adds the moves of media to `changes`. Gives the cover that the plan moved
 * to the trash, or the conflict that only its outcome shows.
 */
export async function carryOutRestore(
  ctx: Ctx,
  tx: Tx,
  plan: RestorePlan,
  changes: MediaChange[],
): Promise<MediaRow | null | RestoreConflict<NodeRow>> {
  const replaced =
    'replaced' in plan && plan.replaced ? await trashReplaced(ctx, tx, plan.replaced, changes) : null
  if (plan.kind === 'TAG') return placeTag(ctx, tx, plan)
  if (plan.kind === 'MEDIA') await moveMedium(ctx, tx, plan, changes)
  else if (plan.kind !== 'STAY') await moveContent(ctx, tx, plan)
  return replaced
}

async function moveContent(ctx: Ctx, tx: Tx, plan: ContentMove) {
  if (plan.kind !== 'CHECKPOINT')
    return placeItems(tx, tableOfKind[plan.kind], plan.list, plan.ids, plan.positions, writtenNow(ctx))
  const where = primaryKey({ workspaceId: ctx.actor.workspaceId, id: plan.id })
  return tx.checkpoint.update({ where, data: { bookId: plan.parentId, ...changed(ctx) } })
}

async function moveMedium(ctx: Ctx, tx: Tx, { media, slot, position }: MediaMove, changes: MediaChange[]) {
  const { ownerId, role } = slot
  const data = { ...ownerColumns(slot), role, position, ...changed(ctx) }
  await tx.media.update({ where: primaryKey(media), data })
  changes.push({ change: 'move', mediaId: media.id, ownerId, role, position })
}

async function placeTag(ctx: Ctx, tx: Tx, { deletion, tag, parent, allowAlias }: TagPlacement) {
  const { workspaceId } = ctx.actor
  const parentId = parent?.id ?? null
  if (parentId !== tag.parentId)
    await moveSubtrees(tx, workspaceId, [{ id: tag.id, parentId }], writtenNow(ctx))
  await undoMerges(ctx, tx, deletion.id)
  // Not before the merges are undone, which take their aliases back.
  const taken = await aliasTaken(tx, tag, parentId, allowAlias)
  if (taken) return new RestoreConflict<NodeRow>('NAME_IS_ALIAS', { __typename: 'Tag', ...taken.existing })
  const full = await entityCrowdedByTags(tx, workspaceId, deletion.id, taggingLimits.tagsPerEntity)
  const node = full && (await nodeById(tx, full.type, workspaceId, full.id))
  return node ? new RestoreConflict<NodeRow>('TOO_MANY_TAGS', node) : null
}
