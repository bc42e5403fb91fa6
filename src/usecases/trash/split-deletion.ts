import type { Tx } from '../../db/client.ts'
import { type DeletionRow, nameColumns } from '../../db/rows.ts'
import type { Member } from '../../db/trash/deletion-members.ts'
import { originOf, splitDeletion } from '../../db/trash/deletions.ts'
import { searchedName } from '../../domain/deletion-names.ts'
import { InvalidInput } from '../../domain/failure.ts'
import { newId } from '../context.ts'
import { primaryKey } from '../inputs.ts'
import type { RestoreTarget } from './restore-target.ts'

/** The new deletion for an item that is split off a larger one. */
export async function partOf(
  tx: Tx,
  deletion: DeletionRow,
  { kind, id: itemId }: Member,
): Promise<DeletionRow> {
  const origin = await originOf(tx, deletion.workspaceId, kind, itemId)
  return { ...deletion, id: newId(), kind, itemId, itemCount: 0, ...origin }
}

/** Turns the part into a deletion of its own, and corrects both counts. */
export async function split(tx: Tx, deletion: DeletionRow, part: DeletionRow) {
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

/**
 * The media item that a slot as the target means, when the deletion is one of a book, a block or another owner: the
 * only one that it holds. Undefined when the target means the whole deletion.
 */
export async function memberMeant(
  tx: Tx,
  { workspaceId, id: deletionId, kind }: DeletionRow,
  target: RestoreTarget | null | undefined,
): Promise<Member | InvalidInput | undefined> {
  if (!target?.slot || kind === 'MEDIA') return undefined
  const where = { workspaceId, deletionId }
  const [only, another] = await tx.media.findMany({ where, select: { id: true }, take: 2 })
  if (!another) return only && { kind: 'MEDIA', id: only.id }
  const message =
    'The deletion holds several media items. Restore the one for this slot with `restoreItem` and its ID.'
  return new InvalidInput([{ path: 'target.slot', message }])
}
