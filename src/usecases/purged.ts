import type { Tx } from '../db/client.ts'
import { rowById, rowsById } from '../db/lookup.ts'
import { NotFound } from '../domain/failure.ts'
import type { Ctx } from './context.ts'
import { entityOf, type ItemTable } from './entities.ts'

/** The item that a request with the same idempotency key made, as it is now, live or in the trash; not after a purge. */
export async function madeBefore<T extends ItemTable>(ctx: Ctx, tx: Tx, table: T, id: string | undefined) {
  const row = id === undefined ? undefined : await rowById(tx, table, ctx.actor.workspaceId, id)
  return row && !(await isPurged(ctx, tx, row.deletionId)) ? row : new NotFound(entityOf[table], id ?? '')
}

/** Whether the members of a deletion are gone for good; their rows may stay for a while. */
export async function isPurged(ctx: Ctx, tx: Tx, deletionId: string | null) {
  return (await purgedAmong(ctx, tx, [deletionId])).size > 0
}

/** The deletions among these that are purged. */
export async function purgedAmong(
  { actor: { workspaceId } }: Ctx,
  tx: Tx,
  deletionIds: readonly (string | null)[],
) {
  const ids = [...new Set(deletionIds.filter((id) => id !== null))]
  const deletions = ids.length === 0 ? [] : await rowsById(tx, 'deletions', workspaceId, ids)
  return new Set(deletions.filter(({ purgedAt }) => purgedAt !== null).map(({ id }) => id))
}
