import type { Tx } from '../db/client.ts'
import { lockLive, rowById, rowsById } from '../db/lookup.ts'
import type { Rows } from '../db/rows.ts'
import { type Entity, NotFound, VersionConflict } from '../domain/failure.ts'
import { isUuid } from '../domain/text.ts'
import type { Ctx } from './context.ts'

/** What the things of each table are called. */
export const entityOf = {
  bookshelves: 'Bookshelf',
  books: 'Book',
  blocks: 'Block',
  checkpoints: 'Checkpoint',
  checkpoint_markers: 'CheckpointMarker',
  media: 'Media',
  tags: 'Tag',
} as const satisfies Record<string, Entity>

export type ItemTable = keyof typeof entityOf

/** Fields of an input that may be left out or null. */
export type Optional<Fields> = { readonly [Name in keyof Fields]?: Fields[Name] | null | undefined }

export interface Keyed {
  readonly idempotencyKey?: string | null | undefined
}

export interface Expecting {
  readonly expectedVersion?: number | null | undefined
}

/** The `where` of one row; without the workspace there is none. */
export const primaryKey = ({ workspaceId, id }: { workspaceId: string; id: string }) => ({
  workspaceId_id: { workspaceId, id },
})

/** What every change of a row sets. */
export const changed = (ctx: Ctx) => ({ version: { increment: 1 }, updatedAt: ctx.now() })

/** The given fields: those left out stay as they are. Null stays null. */
export function given<Fields extends object>(fields: Fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>
  }
}

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

/** Locks a live item to change it; refuses when it is not at the expected version any more. */
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

/** Locks rows of one table in the order of their ids, so that two who lock the same ones never wait for each other. */
export async function lockItems<T extends ItemTable>(ctx: Ctx, tx: Tx, table: T, ids: readonly string[]) {
  const rows = new Map<string, Rows[T]>()
  for (const id of [...new Set(ids)].sort()) {
    const row = await lockItem(ctx, tx, table, id)
    if (row instanceof NotFound) return row
    rows.set(id, row)
  }
  return rows
}

/** What a request with the same idempotency key made, as it is now, be it in the trash; not when it was purged. */
export async function madeBefore<T extends ItemTable>(ctx: Ctx, tx: Tx, table: T, id: string | undefined) {
  const row = id === undefined ? undefined : await rowById(tx, table, ctx.actor.workspaceId, id)
  return row && !(await isPurged(ctx, tx, row.deletionId)) ? row : new NotFound(entityOf[table], id ?? '')
}

/** Whether what is in a deletion is gone for good; its row may be there for a while. */
export async function isPurged(ctx: Ctx, tx: Tx, deletionId: string | null) {
  return (await purgedAmong(ctx, tx, [deletionId])).size > 0
}

/** Those of the deletions that are purged. */
export async function purgedAmong(
  { actor: { workspaceId } }: Ctx,
  tx: Tx,
  deletionIds: readonly (string | null)[],
) {
  const ids = [...new Set(deletionIds.filter((id) => id !== null))]
  const deletions = ids.length === 0 ? [] : await rowsById(tx, 'deletions', workspaceId, ids)
  return new Set(deletions.filter(({ purgedAt }) => purgedAt !== null).map(({ id }) => id))
}
