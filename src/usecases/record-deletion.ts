import type { Tx } from '../db/client.ts'
import { type DeletionRow, nameColumns, type TrashableKind } from '../db/rows.ts'
import { retentionDaysOf } from '../db/workspaces.ts'
import { markDeleted, mediaOfDeletion, originOf } from '../db/trash/deletions.ts'
import { searchedName } from '../domain/deletion-names.ts'
import { purgeAfter } from '../domain/restore.ts'
import { laterNow } from './clocks.ts'
import { type Ctx, newId } from './context.ts'

interface Deleted {
  readonly kind: TrashableKind
  readonly itemId: string
  /** Further live items of this kind that go along. */
  readonly moreIds?: readonly string[]
  readonly reason: string | null
}

/**
 * Makes the deletion of a live item that the caller has locked, and marks the item and everything live below it.
 * Gives the deletion and the ids of the media that it holds.
 */
export async function recordDeletion(
  ctx: Ctx,
  tx: Tx,
  { kind, itemId, moreIds, reason }: Deleted,
): Promise<{ deletion: DeletionRow; mediaIds: string[] }> {
  const { workspaceId, id: deletedBy } = ctx.actor
  const deletedAt = ctx.now()
  const id = newId()
  const retentionDays = (await retentionDaysOf(tx, workspaceId)) ?? ctx.limits.retentionDays
  const origin = await originOf(tx, workspaceId, kind, itemId)
  const deletion = await tx.deletion.create({
    data: {
      workspaceId,
      id,
      kind,
      itemId,
      itemCount: 0,
      deletedAt,
      deletedBy,
      reason,
      ...origin,
      ...searchedName(workspaceId, origin.name),
      purgeAfter: purgeAfter(await laterNow({ ...ctx, db: tx }), retentionDays),
    },
    omit: nameColumns,
  })
  const itemCount = await markDeleted(tx, { ...deletion, moreIds })
  const where = { workspaceId_id: { workspaceId, id } }
  return {
    deletion: await tx.deletion.update({ where, data: { itemCount }, omit: nameColumns }),
    mediaIds: await mediaOfDeletion(tx, workspaceId, id),
  }
}
