import type { Tx } from '../db/client.ts'
import { lockLive, lockLiveRows } from '../db/lookup.ts'
import type { Rows } from '../db/rows.ts'
import { NotFound, SelectionChanged, VersionConflict } from '../domain/failure.ts'
import { isUuid } from '../domain/text.ts'
import type { Ctx } from './context.ts'
import { entityOf, type ItemTable } from './entities.ts'
import type { Expecting } from './inputs.ts'

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
  if (row instanceof NotFound) return row
  return changedSince(table, { id, expectedVersion }, row) ?? row
}

/**
 * Locks live rows of one table in the order of their IDs, so that two transactions that lock the same rows never
 * deadlock. Returns those that are live, by ID.
 */
export async function lockEach<T extends ItemTable>(ctx: Ctx, tx: Tx, table: T, ids: readonly string[]) {
  const rows = await lockLiveRows(tx, table, ctx.actor.workspaceId, [...new Set(ids)].filter(isUuid))
  return new Map(rows.map((row) => [row.id, row]))
}

/** Locks all rows, or returns the failure that one of them is not live. */
export async function lockItems<T extends ItemTable>(ctx: Ctx, tx: Tx, table: T, ids: readonly string[]) {
  const rows = await lockEach(ctx, tx, table, ids)
  const missing = ids.find((id) => !rows.has(id))
  return missing === undefined ? rows : new NotFound(entityOf[table], missing)
}

/** An item of a selection, and the version at which the client last read it. */
export interface Selected extends Expecting {
  readonly id: string
}

/** A failure unless the item is live, at the expected version. */
export function changedSince<T extends ItemTable>(
  table: T,
  { id, expectedVersion }: Selected,
  row: Rows[T] | undefined,
) {
  if (!row) return new NotFound(entityOf[table], id)
  if (expectedVersion == null || row.version === expectedVersion) return undefined
  return new VersionConflict({ __typename: entityOf[table], ...row }, row.version)
}

/** Locks the items of a selection, and returns their rows in its order, or a failure that names all that have changed. */
export async function lockSelection<T extends ItemTable>(
  ctx: Ctx,
  tx: Tx,
  table: T,
  selection: readonly Selected[],
) {
  const rows = await lockEach(
    ctx,
    tx,
    table,
    selection.map(({ id }) => id),
  )
  const failures = selection.flatMap((item) => changedSince(table, item, rows.get(item.id)) ?? [])
  if (failures.length > 0) return new SelectionChanged(failures)
  return selection.flatMap(({ id }) => rows.get(id) ?? [])
}
