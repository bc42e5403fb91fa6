import { transact, type Tx } from '../../db/client.ts'
import type { ActiveItems } from '../../db/library/activity.ts'
import { rowById } from '../../db/lookup.ts'
import {
  type MediaRow,
  nameColumns,
  tableOfKind,
  tableOfTaggable,
  type TrashableKind,
} from '../../db/rows.ts'
import { uncountDeletion } from '../../db/tags/associations.ts'
import { lockAssociations, lockSubtrees, lockTagTree } from '../../db/tags/tag-tree.ts'
import { assertCan } from '../../domain/access.ts'
import { NotFound } from '../../domain/failure.ts'
import { AlreadyInTrash } from '../../domain/restore.ts'
import { isOwnerType, slotOf } from '../../domain/slots.ts'
import { InputCheck, isUuid, textLimits } from '../../domain/text.ts'
import { recordActivity } from '../activity.ts'
import type { Ctx } from '../context.ts'
import { entityOf } from '../entities.ts'
import { auditWrite, type MediaWrite, recordWrite } from '../media-events.ts'
import { recordDeletion } from '../record-deletion.ts'

/** Moves an item, with everything live below it, to the trash as one deletion. */
export async function trashItem<Kind extends TrashableKind>(
  ctx: Ctx,
  input: { kind: Kind; id: string; reason?: string | null | undefined },
) {
  if (input.kind !== 'MEDIA') return trash(ctx, input)
  return auditWrite(ctx, { operation: 'TRASH', mediaIds: [input.id] }, () => trash(ctx, input))
}

async function trash<Kind extends TrashableKind>(
  ctx: Ctx,
  input: { kind: Kind; id: string; reason?: string | null | undefined },
) {
  assertCan(ctx.actor, 'edit')
  const { kind, id, reason } = input
  const check = new InputCheck()
  check.text('reason', reason, textLimits.reason)
  const invalid = check.failure()
  if (invalid) return invalid

  const table = tableOfKind[kind]
  return transact(ctx.db, async (tx) => {
    const { workspaceId } = ctx.actor
    await lockForKind(tx, workspaceId, kind)
    if (kind === 'TAG') await lockSubtrees(tx, workspaceId, [id].filter(isUuid))
    const row = isUuid(id) ? await rowById(tx, table, workspaceId, id, 'lock') : undefined
    if (!row) return new NotFound(entityOf[table], id)
    if (row.deletionId) {
      const where = { workspaceId_id: { workspaceId, id: row.deletionId } }
      const deletion = await tx.deletion.findUniqueOrThrow({ where, omit: nameColumns })
      return deletion.purgedAt ? new NotFound(entityOf[table], id) : new AlreadyInTrash(deletion)
    }
    const { deletion, mediaIds: trashed } = await recordDeletion(ctx, tx, {
      kind,
      itemId: id,
      reason: reason ?? null,
    })
    await recordActivity(ctx, tx, activeItems(kind, row))
    if (isTaggable(kind)) await uncountDeletion(tx, workspaceId, deletion.id)
    if (trashed.length > 0) {
      const changes = [{ change: 'trash', mediaIds: trashed, deletionId: deletion.id }] as const
      const write: MediaWrite = { operation: 'TRASH', ...placeOf(kind, row) }
      await recordWrite(ctx, tx, write, { decision: 'REPLACE', mediaIds: trashed, changes })
    }
    return { item: { ...row, deletionId: deletion.id }, deletion }
  })
}

/** Where the coming or going of an item is activity. Tags are below no book. */
export function activeItems(kind: TrashableKind, row: MediaRow | { readonly id: string }): ActiveItems {
  if (kind === 'TAG') return {}
  if (!('role' in row)) return kind === 'MEDIA' ? {} : { [kind]: [row.id] }
  const { ownerType, ownerId } = slotOf(row)
  return { [ownerType]: [ownerId] }
}

/** The owner that the events of a trashed item name: for a media item its owner, otherwise the item itself. */
export function placeOf(kind: TrashableKind, row: MediaRow | { readonly id: string }) {
  if ('role' in row) return slotOf(row)
  return isOwnerType(kind) ? { ownerType: kind, ownerId: row.id } : {}
}

/** True for types that have tags, or contain objects with tags. */
export const isTaggable = (kind: TrashableKind): kind is keyof typeof tableOfTaggable =>
  kind in tableOfTaggable

/** Takes the locks that must precede the lock of an item of this kind. */
export async function lockForKind(tx: Tx, workspaceId: string, kind: TrashableKind) {
  if (kind === 'TAG') await lockTagTree(tx, workspaceId)
  if (isTaggable(kind)) await lockAssociations(tx, workspaceId, 'shared')
}
