import { transact, type Tx } from '../../db/client.ts'
import { nodeById, rowById, rowsById } from '../../db/lookup.ts'
import { type DeletionRow, nameColumns, type NodeRow, type TrashableKind } from '../../db/rows.ts'
import { recountDeletion } from '../../db/tags/associations.ts'
import { lockAssociations } from '../../db/tags/tag-tree.ts'
import {
  lockDeletion,
  lockTaggedOfDeletion,
  mediaOfDeletion,
  unmarkDeleted,
} from '../../db/trash/deletions.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, InvalidInput, NotFound } from '../../domain/failure.ts'
import type { MediaChange } from '../../domain/media-events.ts'
import {
  type NotInTrash,
  restorable,
  type RestoreConflict,
  type RetentionExpired,
} from '../../domain/restore.ts'
import type { Slot } from '../../domain/slots.ts'
import { isUuid } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'
import { auditWrite, type MediaWrite, recordWrite } from '../media-events.ts'
import { carryOutRestore, type RestorePlan } from './carry-out-restore.ts'
import { primaryKey } from '../inputs.ts'
import { planMedia } from './restore-media.ts'
import { planContent } from './restore-places.ts'
import { planTag, type TagTarget } from './restore-tags.ts'
import { isTaggable, lockForKind, placeOf } from './trash.ts'

/** Another place to restore to: one field that fits the item. */
export interface RestoreTarget extends TagTarget {
  readonly bookshelfId?: string | null | undefined
  readonly bookId?: string | null | undefined
  readonly checkpointId?: string | null | undefined
  readonly slot?: Slot | null | undefined
}

export interface RestoreRequest {
  readonly deletionId: string
  readonly target?: RestoreTarget | null | undefined
}

/** Why a deletion cannot be restored. */
type RestoreRefusal = NotFound | InvalidInput | NotInTrash | RetentionExpired | RestoreConflict<NodeRow>

/** Takes a deletion out of the trash: exactly the items that it holds, to their old place or to the target. */
export async function restoreDeletion(ctx: Ctx, { deletionId, target }: RestoreRequest) {
  assertCan(ctx.actor, 'read')
  const restoring = async () => {
    assertCan(ctx.actor, 'edit')
    return transact(ctx.db, (tx) => restore(ctx, tx, deletionId, target ?? {}))
  }
  const [found] = isUuid(deletionId)
    ? await rowsById(ctx.db, 'deletions', ctx.actor.workspaceId, [deletionId])
    : []
  if (found?.kind !== 'MEDIA') return restoring()
  return auditWrite(ctx, { operation: 'RESTORE', mediaIds: [found.itemId], ...target?.slot }, restoring)
}

async function restore(ctx: Ctx, tx: Tx, deletionId: string, target: RestoreTarget) {
  const deletion = await findDeletion(ctx, tx, deletionId)
  return deletion instanceof Failure ? deletion : restoreFound(ctx, tx, deletion, target)
}

/** Restores a locked deletion. Calls `prepare` once it is certain that the deletion can be restored. */
export async function restoreFound(
  ctx: Ctx,
  tx: Tx,
  deletion: DeletionRow,
  target: RestoreTarget,
  prepare: () => Promise<unknown> = () => Promise.resolve(),
) {
  const changes: MediaChange[] = []
  const plan = await planRestore(ctx, tx, deletion, target, changes)
  if (plan instanceof Failure) return plan

  await prepare()
  const { workspaceId } = ctx.actor
  const mediaIds = await mediaOfDeletion(tx, workspaceId, deletion.id)
  await carryOutRestore(ctx, tx, plan, changes)
  if (isTaggable(deletion.kind)) {
    await lockTaggedOfDeletion(tx, workspaceId, deletion.id)
    await recountDeletion(tx, workspaceId, deletion.id)
  }
  await unmarkDeleted(tx, workspaceId, deletion.id)
  const where = primaryKey(deletion)
  const restored = await tx.deletion.update({ where, data: { restoredAt: ctx.now() }, omit: nameColumns })
  const item = await nodeById(tx, deletion.kind, workspaceId, deletion.itemId)
  if (!item) throw new Error(`The item of deletion ${deletion.id} is not there.`)
  if (mediaIds.length > 0) {
    changes.push({ change: 'restore', mediaIds })
    const write: MediaWrite = { operation: 'RESTORE', ...placeOf(deletion.kind, item) }
    await recordWrite(ctx, tx, write, { decision: 'INSERT', mediaIds, changes })
  }
  return { deletion: restored, item }
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
  target: RestoreTarget,
  changes: MediaChange[],
): Promise<RestorePlan | RestoreRefusal> {
  const problem = restorable(deletion, ctx.now()) ?? targetProblem(deletion.kind, target)
  if (problem) return problem
  const { workspaceId } = ctx.actor
  // The restore undoes a merge of tags too.
  if (deletion.kind === 'TAG') await lockAssociations(tx, workspaceId, 'exclusive')
  await lockForKind(tx, workspaceId, deletion.kind)

  if (deletion.kind === 'BOOKSHELF') return { kind: 'STAY' }
  if (deletion.kind === 'TAG') return planTag(ctx, tx, deletion, target)
  if (deletion.kind === 'MEDIA') {
    const media = await rowById(tx, 'media', workspaceId, deletion.itemId)
    return media ? planMedia(ctx, tx, media, target.slot, changes) : new NotFound('Media', deletion.itemId)
  }
  const { bookshelfId, bookId, checkpointId } = target
  return planContent(ctx, tx, { ...deletion, kind: deletion.kind }, bookshelfId ?? bookId ?? checkpointId)
}

const targetFields = {
  BOOKSHELF: [],
  BOOK: ['bookshelfId'],
  BLOCK: ['bookId'],
  CHECKPOINT: ['bookId'],
  CHECKPOINT_MARKER: ['checkpointId'],
  MEDIA: ['slot'],
  TAG: ['parentTagId', 'topLevel'],
} as const satisfies Record<TrashableKind, readonly (keyof RestoreTarget)[]>

function targetProblem(kind: TrashableKind, target: RestoreTarget) {
  const fields: readonly string[] = targetFields[kind]
  const given = Object.entries(target).filter(([, value]) => value != null && value !== false)
  if (given.length === 0 || (given.length === 1 && given.every(([name]) => fields.includes(name))))
    return undefined
  const message =
    fields.length > 0
      ? `For a ${kind} give ${fields.map((field) => `\`${field}\``).join(' or ')}, and nothing else.`
      : 'A bookshelf returns to the list of bookshelves; omit the target.'
  return new InvalidInput([{ path: 'target', message }])
}
