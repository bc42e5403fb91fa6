import { rehearse, transact, type Tx } from '../../db/client.ts'
import { type Item, itemById, itemsById } from '../../db/trash/deletion-members.ts'
import { type DeletionRow, nameColumns, tableOfKind } from '../../db/rows.ts'
import { originOf, splitDeletion } from '../../db/trash/deletions.ts'
import { assertCan } from '../../domain/access.ts'
import { searchedName } from '../../domain/deletion-names.ts'
import { Failure, NotFound } from '../../domain/failure.ts'
import { NotInTrash } from '../../domain/restore.ts'
import { isUuid } from '../../domain/text.ts'
import { type Ctx, newId } from '../context.ts'
import { auditWrite } from '../media-events.ts'
import { entityOf } from '../entities.ts'
import { primaryKey } from '../inputs.ts'
import {
  findDeletion,
  planRestore,
  restoreFound,
  type RestoreRequest,
  type RestoreTarget,
} from './restore.ts'

/**
 * Restores one item of a deletion, with everything below it that was trashed with it, to the target. The rest of the
 * deletion stays in the trash. Without a target, only the item that was trashed itself can be restored, with its whole
 * deletion.
 */
export async function restoreItem(
  ctx: Ctx,
  { itemId, target }: { itemId: string; target?: RestoreTarget | null | undefined },
) {
  assertCan(ctx.actor, 'read')
  const restoring = async () => {
    assertCan(ctx.actor, 'edit')
    return transact(ctx.db, (tx) => takeOut(ctx, tx, itemId, target ?? {}))
  }
  const [item] = isUuid(itemId) ? await itemsById(ctx.db, ctx.actor.workspaceId, [itemId]) : []
  if (item?.kind !== 'MEDIA') return restoring()
  return auditWrite(ctx, { operation: 'RESTORE', mediaIds: [itemId], ...target?.slot }, restoring)
}

async function takeOut(ctx: Ctx, tx: Tx, itemId: string, target: RestoreTarget) {
  const found = await lockHolder(ctx, tx, itemId)
  if (found instanceof Failure) return found
  const { item, deletion } = found
  if (deletion.itemId === item.id) {
    const whole = await restoreFound(ctx, tx, deletion, target)
    return whole instanceof Failure ? whole : { ...whole, takenFrom: null }
  }
  const part = await partOf(tx, deletion, item)
  let rest = deletion
  const restored = await restoreFound(ctx, tx, part, target, async () => {
    rest = (await split(tx, deletion, part)).rest
  })
  return restored instanceof Failure ? restored : { ...restored, takenFrom: rest }
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

/** The new deletion for an item that is split off a larger one. */
async function partOf(tx: Tx, deletion: DeletionRow, { kind, id: itemId }: Item): Promise<DeletionRow> {
  const origin = await originOf(tx, deletion.workspaceId, kind, itemId)
  return { ...deletion, id: newId(), kind, itemId, itemCount: 0, ...origin }
}

/** Turns the part into a deletion of its own, and corrects both counts. */
async function split(tx: Tx, deletion: DeletionRow, part: DeletionRow) {
  const names = searchedName(part.workspaceId, part.name)
  await tx.deletion.create({ data: { ...part, ...names } })
  const itemCount = await splitDeletion(tx, deletion.id, part)
  await tx.deletion.update({ where: primaryKey(part), data: { itemCount } })
  const rest = await tx.deletion.update({
    where: primaryKey(deletion),
    data: { itemCount: { decrement: itemCount } },
    omit: nameColumns,
  })
  return { rest, itemCount }
}

/** The result that `restoreDeletion`, or `restoreItem` for one item of the deletion, would have, without doing it. */
export async function previewRestore(
  ctx: Ctx,
  { deletionId, itemId, target }: RestoreRequest & { readonly itemId?: string | null | undefined },
) {
  // It takes the locks of a restore and rolls one back.
  assertCan(ctx.actor, 'edit')
  return rehearse(ctx.db, async (tx) => {
    const deletion = await findDeletion(ctx, tx, deletionId)
    if (deletion instanceof Failure) return null
    const item =
      itemId != null && isUuid(itemId) ? await itemById(tx, deletion.workspaceId, itemId) : undefined
    if (itemId != null && item?.deletionId !== deletion.id) return null
    const part = item && item.id !== deletion.itemId ? await partOf(tx, deletion, item) : undefined
    const plan = await planRestore(ctx, tx, part ?? deletion, target ?? {}, [])
    const itemCount = part ? (await split(tx, deletion, part)).itemCount : deletion.itemCount
    return { deletion, itemCount, problem: plan instanceof Failure ? plan : null }
  })
}
