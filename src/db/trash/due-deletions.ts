import type { Db, Tx } from '../client.ts'
import { tableOfKind, type TrashableKind } from '../rows.ts'
import { identifier, type Queryable, type Sql, sql, statementOf, unionAll } from '../sql.ts'

/** Which deletions a purge takes: those whose time is over, or all that were in the trash at a time. */
export type Due = { readonly expiredAt: Date } | { readonly trashedUntil: Date }

/** The time of a deletion that decides, and until when it makes the deletion due. */
const timesOf = (due: Due): { column: Sql; until: Date } =>
  'expiredAt' in due
    ? { column: sql`purge_after`, until: due.expiredAt }
    : { column: sql`deleted_at`, until: due.trashedUntil }

function isDue(workspaceId: string, due: Due): Sql {
  const { column, until } = timesOf(due)
  return sql`workspace_id = ${workspaceId}::uuid and restored_at is null and purged_at is null
    and ${column} <= ${until}::timestamptz`
}

/**
 * The size of what a purge would remove: deletions, the items they hold, and the bytes whose last medium is among them.
 */
export async function sizeOfDue(
  db: Db,
  workspaceId: string,
  due: Due,
): Promise<{ deletions: number; items: number; bytes: bigint }> {
  // OFFSET makes PostgreSQL look for the media of one deletion after the other, by the index.
  const statement = sql`with due as (select id, item_count from deletions where ${isDue(workspaceId, due)}),
      freed as (select blob_id, count(*) as count from due cross join lateral (select blob_id from media
        where workspace_id = ${workspaceId}::uuid and deletion_id = due.id offset 0) as medium group by blob_id)
    select count(*)::int as deletions, coalesce(sum(item_count), 0)::int as items,
      (select coalesce(sum(size_bytes), 0)::bigint from freed cross join lateral (select size_bytes from blobs
        where workspace_id = ${workspaceId}::uuid and id = freed.blob_id and ref_count = freed.count offset 0) as blob)
        as bytes
    from due`
  // Not prepared: a generic plan would read all deletions, of which few are due.
  const { rows } = await db.pool.query<{ deletions: number; items: number; bytes: bigint }>(
    statementOf(statement),
  )
  const [row] = rows
  if (!row) throw new Error('A count has no row.')
  return row
}

/** The size of a workspace: its items, live and in the trash, and the bytes that they take. */
export async function sizeOfWorkspace(
  db: Queryable,
  workspaceId: string,
): Promise<{ items: number; bytes: bigint }> {
  const counts = Object.values(tableOfKind).map(
    (table) =>
      sql`select count(*) as count from ${identifier(table)} where workspace_id = ${workspaceId}::uuid`,
  )
  const [row] = await db.query<{ items: number; bytes: bigint }>(sql`
    select (select sum(count)::int from (${unionAll(counts)}) as items) as items, used_bytes as bytes
    from workspaces where id = ${workspaceId}::uuid`)
  if (!row) throw new Error(`Workspace ${workspaceId} is not there.`)
  return row
}

/**
 * Marks up to `limit` due deletions as purged. Waits for transactions that are restoring one, which then stays. `found`
 * is how many it looked at: there may be more while it is the limit.
 */
export async function markPurged(
  tx: Tx,
  workspaceId: string,
  due: Due,
  { at, by, limit }: { at: Date; by: string; limit: number },
): Promise<{ found: number; marked: number }> {
  const found = isDue(workspaceId, due)
  const [row] = await tx.query<{ found: number; marked: number }>(sql`
    with due as (select id from deletions where ${found} order by ${timesOf(due).column}, id limit ${limit}::int),
    locked as (select id from deletions where ${found} and id = any(array(select id from due))
      order by id for no key update),
    marked as (update deletions set purged_at = ${at}::timestamptz, purged_by = ${by}
      where workspace_id = ${workspaceId}::uuid and id = any(array(select id from locked)) returning id)
    select (select count(*)::int from due) as found, (select count(*)::int from marked) as marked`)
  if (!row) throw new Error('A count has no row.')
  return row
}

export interface PurgedDeletion {
  readonly id: string
  readonly kind: TrashableKind
  readonly purgedBy: string
}

/**
 * Locks up to `limit` purged deletions after an id, so that two runs do not remove the same rows. Does not make those
 * wait who change what is in them: PostgreSQL looks for the deletion of a row that changes twice in a transaction, with
 * a lock that FOR UPDATE excludes.
 */
export async function lockPurged(
  tx: Tx,
  workspaceId: string,
  after: string,
  limit: number,
): Promise<PurgedDeletion[]> {
  return tx.query(sql`
    select id, kind::text, purged_by as "purgedBy" from deletions
    where workspace_id = ${workspaceId}::uuid and purged_at is not null and id > ${after}::uuid
    order by id limit ${limit} for no key update`)
}

/** The number of items of purged deletions that still exist. */
export async function countPurged(db: Queryable, workspaceId: string): Promise<number> {
  const counts = Object.values(tableOfKind).map(
    (
      table,
    ) => sql`select count(*) as count from deletions cross join lateral (select from ${identifier(table)}
      where workspace_id = ${workspaceId}::uuid and deletion_id = deletions.id offset 0) as item
      where deletions.workspace_id = ${workspaceId}::uuid and deletions.purged_at is not null`,
  )
  const [row] = await db.query<{ count: number }>(
    sql`select sum(count)::int as count from (${unionAll(counts)}) as items`,
  )
  return row?.count ?? 0
}

/** The live workspaces with expired deletions, or with purged ones whose rows are not all removed. */
export async function workspacesToPurge(db: Queryable, now: Date): Promise<string[]> {
  // Each first by the index: where PostgreSQL expects many, it would read the table until it meets one, and there may
  // be none.
  const rows = await db.query<{ id: string }>(sql`
    select id from workspaces where deleted_at is null and (
      (select id from deletions where workspace_id = workspaces.id and restored_at is null and purged_at is null
        and purge_after <= ${now}::timestamptz order by purge_after limit 1) is not null
      or (select id from deletions where workspace_id = workspaces.id and purged_at is not null order by id limit 1)
        is not null)
    order by id`)
  return rows.map(({ id }) => id)
}
