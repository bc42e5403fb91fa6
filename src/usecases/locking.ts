import type { Tx } from '../db/client.ts'
import { lockLive } from '../db/lookup.ts'
import type { Rows } from '../db/rows.ts'
import { NotFound, VersionConflict } from '../domain/failure.ts'
import { isUuid } from '../domain/text.ts'
import type { Ctx } from './context.ts'
import { entityOf, type ItemTable } from './entities.ts'

/** Locks a live item of the actor's workspace until the end of the transaction. */
export async function lockItem<T extends ItemTable>(
  ctx: Ctx,
  tx: Tx,
  table: T,
  id: string,
): Promise<Rows[T] | NotFound> {
  const row = isUuid(id) ? await lockLive(tx, table, ctx.actor.workspaceId, id) : undefined
  return (row as Rows[T] | undefined) ?? new NotFound(entityOf[table], id)
}

/** Locks a live item for a change. Fails if it is no longer at the expected version. */
export async function lockItemAt<T extends ItemTable>(
  ctx: Ctx,
  tx: Tx,
  table: T,
  id: string,
  expectedVersion: number | null | undefined,
): Promise<Rows[T] | NotFound | VersionConflict<Rows[T] & { __typename: (typeof entityOf)[T] }>> {
  const row = await lockItem(ctx, tx, table, id)
  if (row instanceof NotFound || expectedVersion == null || row.version === expectedVersion) return row
  return new VersionConflict({ __typename: entityOf[table], ...row }, row.version)
}

/**
 * Locks rows of one table in the order of their IDs, so that two transactions that lock the same rows never deadlock.
 */
export async function lockItems<T extends ItemTable>(ctx: Ctx, tx: Tx, table: T, ids: readonly string[]) {
  const rows = new Map<string, Rows[T]>()
  for (const id of [...new Set(ids)].sort()) {
    const row = await lockItem(ctx, tx, table, id)
    if (row instanceof NotFound) return row
    rows.set(id, row)
  }
  return rows
}
