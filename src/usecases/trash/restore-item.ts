import { rehearse, transact, type Tx } from '../../db/client.ts'
import { itemById, itemsById } from '../../db/trash/deletion-members.ts'
import { type DeletionRow, tableOfKind } from '../../db/rows.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import { NotInTrash } from '../../domain/restore.ts'
import { isUuid } from '../../domain/text.ts'
import type { Ctx } from '../context.ts'
import { auditWrite } from '../media-events.ts'
import { entityOf } from '../entities.ts'
import { carryOutRestore } from './carry-out-restore.ts'
import { findDeletion, planRestore, restoreFound, restorePart, type RestoreRequest } from './restore.ts'
import type { RestoreAsked } from './restore-target.ts'
import { memberMeant, partOf, split } from './split-deletion.ts'

/**
 * Restores one item of a deletion, with everything below it that was trashed with it, to the target. The rest of the
 * deletion stays in the trash. Without a target, only the item that was trashed itself can be restored, with its whole
 * deletion.
 */
export async function restoreItem(
  ctx: Ctx,
  { itemId, ...asked }: RestoreAsked & { readonly itemId: string },
) {
  assertCan(ctx.actor, 'read')
  const restoring = async () => {
    assertCan(ctx.actor, 'edit')
    return transact(ctx.db, (tx) => takeOut(ctx, tx, itemId, asked))
  }
  const [item] = isUuid(itemId) ? await itemsById(ctx.db, ctx.actor.workspaceId, [itemId]) : []
  if (item?.kind !== 'MEDIA') return restoring()
  return auditWrite(ctx, { operation: 'RESTORE', mediaIds: [itemId], ...asked.target?.slot }, restoring)
}

async function takeOut(ctx: Ctx, tx: Tx, itemId: string, asked: RestoreAsked) {
  const found = await lockHolder(ctx, tx, itemId)
  if (found instanceof Failure) return found
  const { item, deletion } = found
  if (deletion.itemId === item.id) {
    const whole = await restoreFound(ctx, tx, deletion, asked)
    return whole instanceof Failure ? whole : { ...whole, takenFrom: null }
  }
  return restorePart(ctx, tx, deletion, item, asked)
}

/** Locks the deletion that holds an item, so other restores and purges of it come before or after. */
async function lockHolder(ctx: Ctx, tx: Tx, itemId: string) {
  const { workspaceId } = ctx.actor
  const find = () => (isUuid(itemId) ? itemById(tx, workspaceId, itemId) : undefined)
  for (let item = await find(); item; item = await find()) {
    if (item.deletionId === null) return new NotInTrash()
    const deletion = await findDeletion(ctx, tx, item.deletionId)
    // The previous holder of the lock may have restored the item.
    const now = await find()
    if (now?.deletionId !== item.deletionId) continue
    return deletion instanceof Failure
      ? new NotFound(entityOf[tableOfKind[item.kind]], itemId)
      : { item, deletion }
  }
  return new NotFound('Trashable', itemId)
}

/** The result that `restoreDeletion`, or `restoreItem` for one item of the deletion, would have, without doing it. */
export async function previewRestore(
  ctx: Ctx,
  { deletionId, itemId, ...asked }: RestoreRequest & { readonly itemId?: string | null | undefined },
) {
  // It takes the locks of a restore and rolls one back.
  assertCan(ctx.actor, 'edit')
  return rehearse(ctx.db, async (tx) => {
    const deletion = await findDeletion(ctx, tx, deletionId)
    if (deletion instanceof Failure) return null
    const item = await itemMeant(tx, deletion, itemId, asked)
    if (item === null) return null
    if (item instanceof Failure) return { deletion, itemCount: deletion.itemCount, problem: item }
    const part = item && item.id !== deletion.itemId ? await partOf(tx, deletion, item) : undefined
    const plan = await planRestore(ctx, tx, part ?? deletion, asked, [])
    const itemCount = part ? (await split(tx, deletion, part)).itemCount : deletion.itemCount
    const outcome = plan instanceof Failure ? plan : await carryOutRestore(ctx, tx, plan, [])
    return { deletion, itemCount, problem: outcome instanceof Failure ? outcome : null }
  })
}

/** The item of a deletion that a request means. Undefined: all of it; null: the deletion has no such item. */
async function itemMeant(
  tx: Tx,
  deletion: DeletionRow,
  itemId: string | null | undefined,
  { target }: RestoreAsked,
) {
  if (itemId == null) return memberMeant(tx, deletion, target)
  const item = isUuid(itemId) ? await itemById(tx, deletion.workspaceId, itemId) : undefined
  return item?.deletionId === deletion.id ? item : null
}
