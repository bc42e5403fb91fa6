import { transact, type Tx } from '../../db/client.ts'
import { nodeById, rowById, rowsById } from '../../db/lookup.ts'
import { type DeletionRow, nameColumns, type NodeRow } from '../../db/rows.ts'
import { recountDeletion } from '../../db/tags/associations.ts'
import { lockAssociations } from '../../db/tags/tag-tree.ts'
import type { Member } from '../../db/trash/deletion-members.ts'
import {
  lockDeletion,
  lockTaggedOfDeletion,
  mediaOfDeletion,
  unmarkDeleted,
} from '../../db/trash/deletions.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, type InvalidInput, NotFound } from '../../domain/failure.ts'
import type { MediaChange } from '../../domain/media-events.ts'
import {
  type NotInTrash,
  restorable,
  type RestoreConflict,
  type RetentionExpired,
} from '../../domain/restore.ts'
import { isUuid } from '../../domain/text.ts'
import { recordActivity } from '../activity.ts'
import type { Ctx } from '../context.ts'
import { auditWrite, type MediaWrite, recordWrite } from '../media-events.ts'
import { carryOutRestore, type RestorePlan } from './carry-out-restore.ts'
import { primaryKey } from '../inputs.ts'
import { planMedia } from './restore-media.ts'
import { planContent } from './restore-places.ts'
import { planTag } from './restore-tags.ts'
import { type RestoreAsked, targetProblem } from './restore-target.ts'
import { memberMeant, partOf, split } from './split-deletion.ts'
import { activeItems, isTaggable, lockForKind, placeOf } from './trash.ts'

export interface RestoreRequest extends RestoreAsked {
  readonly deletionId: string
}

/** Why a deletion cannot be restored. */
type RestoreRefusal = NotFound | InvalidInput | NotInTrash | RetentionExpired | RestoreConflict<NodeRow>

/**
 * Takes a deletion out of the trash: exactly the items that it holds, to their old place or to the target. With a slot
 * as the target, takes the only media item out of the deletion of its owner.
 */
export async function restoreDeletion(ctx: Ctx, { deletionId, ...asked }: RestoreRequest) {
  assertCan(ctx.actor, 'read')
  const restoring = async () => {
    assertCan(ctx.actor, 'edit')
    return transact(ctx.db, (tx) => restore(ctx, tx, deletionId, asked))
  }
  const [found] = isUuid(deletionId)
    ? await rowsById(ctx.db, 'deletions', ctx.actor.workspaceId, [deletionId])
    : []
  const slot = asked.target?.slot
  const mediaIds = found?.kind === 'MEDIA' ? [found.itemId] : []
  if (mediaIds.length === 0 && !slot) return restoring()
  return auditWrite(ctx, { operation: 'RESTORE', mediaIds, ...slot }, restoring)
}

async function restore(ctx: Ctx, tx: Tx, deletionId: string, asked: RestoreAsked) {
  const deletion = await findDeletion(ctx, tx, deletionId)
  if (deletion instanceof Failure) return deletion
  const member = await memberMeant(tx, deletion, asked.target)
  if (member instanceof Failure) return member
  return member ? restorePart(ctx, tx, deletion, member, asked) : restoreFound(ctx, tx, deletion, asked)
}

/** Restores one item of a locked deletion, with everything below it. The rest stays in the trash. */
export async function restorePart(
  ctx: Ctx,
  tx: Tx,
  deletion: DeletionRow,
  item: Member,
  asked: RestoreAsked,
) {
  const part = await partOf(tx, deletion, item)
  let rest = deletion
  const restored = await restoreFound(ctx, tx, part, asked, async () => {
    rest = (await split(tx, deletion, part)).rest
  })
  return restored instanceof Failure ? restored : { ...restored, takenFrom: rest }
}

/** Restores a locked deletion. Calls `prepare` once it is certain that the deletion can be restored. */
export async function restoreFound(
  ctx: Ctx,
  tx: Tx,
  deletion: DeletionRow,
  asked: RestoreAsked,
  prepare: () => Promise<unknown> = () => Promise.resolve(),
) {
  const changes: MediaChange[] = []
  const plan = await planRestore(ctx, tx, deletion, asked, changes)
  if (plan instanceof Failure) return plan

  await prepare()
  const { workspaceId } = ctx.actor
  const mediaIds = await mediaOfDeletion(tx, workspaceId, deletion.id)
  const replaced = await carryOutRestore(ctx, tx, plan, changes)
  if (replaced instanceof Failure) return replaced
  if (isTaggable(deletion.kind)) {
    await lockTaggedOfDeletion(tx, workspaceId, deletion.id)
    await recountDeletion(tx, workspaceId, deletion.id)
  }
  await unmarkDeleted(tx, workspaceId, deletion.id)
  const where = primaryKey(deletion)
  const restored = await tx.deletion.update({ where, data: { restoredAt: ctx.now() }, omit: nameColumns })
  const item = await nodeById(tx, deletion.kind, workspaceId, deletion.itemId)
  if (!item) throw new Error(`The item of deletion ${deletion.id} is not there.`)
  await recordActivity(ctx, tx, activeItems(deletion.kind, item))
  if (mediaIds.length > 0) {
    changes.push({ change: 'restore', mediaIds })
    const write: MediaWrite = { operation: 'RESTORE', ...placeOf(deletion.kind, item) }
    const decision = replaced ? 'REPLACE' : 'INSERT'
    const concerned = replaced ? [...mediaIds, replaced.id] : mediaIds
    await recordWrite(ctx, tx, write, { decision, mediaIds: concerned, changes })
  }
  return { deletion: restored, item, replaced }
}

/** Locks a deletion that is not purged. */
export async function findDeletion(ctx: Ctx, tx: Tx, id: string) {
  const deletion = isUuid(id) ? await lockDeletion(tx, ctx.actor.workspaceId, id) : undefined
  return deletion?.purgedAt === null ? deletion : new NotFound('Deletion', id)
}

/** Locks the place that the item goes to, and plans its move there, or says why it cannot be restored. */
export async function planRestore(
  ctx: Ctx,
  tx: Tx,
  deletion: DeletionRow,
  asked: RestoreAsked,
  changes: MediaChange[],
): Promise<RestorePlan | RestoreRefusal> {
  const target = asked.target ?? {}
  const problem = restorable(deletion, ctx.now()) ?? targetProblem(deletion.kind, target)
  if (problem) return problem
  const { workspaceId } = ctx.actor
  // The restore undoes a merge of tags too.
  if (deletion.kind === 'TAG') await lockAssociations(tx, workspaceId, 'exclusive')
  await lockForKind(tx, workspaceId, deletion.kind)

  if (deletion.kind === 'BOOKSHELF') return { kind: 'STAY' }
  if (deletion.kind === 'TAG') return planTag(ctx, tx, deletion, asked)
  if (deletion.kind === 'MEDIA') {
    const media = await rowById(tx, 'media', workspaceId, deletion.itemId)
    return media ? planMedia(ctx, tx, media, asked, changes) : new NotFound('Media', deletion.itemId)
  }
  const { bookshelfId, bookId, checkpointId } = target
  return planContent(ctx, tx, { ...deletion, kind: deletion.kind }, bookshelfId ?? bookId ?? checkpointId)
}
