import type { Tx } from '../client.ts'
import { type Db, read } from '../client.ts'
import { tableOfKind, type TrashableKind } from '../rows.ts'

/** Which deletions a purge takes: those whose time is over, or all there were at a time. */
export type Due = { readonly expiredAt: Date } | { readonly trashedUntil: Date }

/** `$2` is the time. */
const isDue = (due: Due) =>
  `workspace_id = $1::uuid and restored_at is null and purged_at is null
    and ${'expiredAt' in due ? 'purge_after' : 'deleted_at'} <= $2::timestamptz`

const timeOf = (due: Due) => ('expiredAt' in due ? due.expiredAt : due.trashedUntil)

/** What a purge would remove: deletions, the items they hold, and the bytes whose last medium is among them. */
export async function sizeOfDue(
  db: Db,
  workspaceId: string,
  due: Due,
): Promise<{ deletions: number; items: number; bytes: bigint }> {
  // OFFSET has PostgreSQL look for the media of one deletion after the other, by the index.
  const text = `with due as (select id, item_count from deletions where ${isDue(due)}),
      freed as (select blob_id, count(*) as count from due cross join lateral (select blob_id from media
        where workspace_id = $1::uuid and deletion_id = due.id offset 0) as medium group by blob_id)
    select count(*)::int as deletions, coalesce(sum(item_count), 0)::int as items,
      (select coalesce(sum(size_bytes), 0)::bigint from freed cross join lateral (select size_bytes from blobs
        where workspace_id = $1::uuid and id = freed.blob_id and ref_count = freed.count offset 0) as blob) as bytes
    from due`
  // Not prepared: a plan for any time would read all deletions, of which few are due.
  const { rows } = await db.pool.query<{ deletions: number; items: number; bytes: bigint }>(text, [
    workspaceId,
    timeOf(due),
  ])
  const [row] = rows
  if (!row) throw new Error('A count has no row.')
  return row
}

/**
 * Marks up to `limit` due deletions as purged. Waits for those who are just restoring one, which then stays. `found` is how many
 * were looked at: there may be more while it is the limit.
 */
export async function markPurged(
  tx: Tx,
  workspaceId: string,
  due: Due,
  { at, by, limit }: { at: Date; by: string; limit: number },
): Promise<{ found: number; marked: number }> {
  const order = 'expiredAt' in due ? 'purge_after' : 'deleted_at'
  const text = `with due as (select id from deletions where ${isDue(due)} order by ${order}, id limit $5::int),
    locked as (select id from deletions where ${isDue(due)} and id = any(array(select id from due))
      order by id for no key update),
    marked as (update deletions set purged_at = $3::timestamptz, purged_by = $4 where workspace_id = $1::uuid
      and id = any(array(select id from locked)) returning id)
    select (select count(*)::int from due) as found, (select count(*)::int from marked) as marked`
  const [row] = await tx.$queryRawUnsafe<{ found: number; marked: number }[]>(
    text,
    workspaceId,
    timeOf(due),
    at,
    by,
    limit,
  )
  if (!row) throw new Error('A count has no row.')
  return row
}

export interface PurgedDeletion {
  readonly id: string
  readonly kind: TrashableKind
  readonly purgedBy: string
}

/**
 * Locks up to `limit` purged deletions after an id, so that of two who remove their rows one waits. Not those who change what is in
 * them: PostgreSQL looks for the deletion of a row that is changed twice in a transaction, with a lock that FOR UPDATE excludes.
 */
export async function lockPurged(
  tx: Tx,
  workspaceId: string,
  after: string,
  limit: number,
): Promise<PurgedDeletion[]> {
  return tx.$queryRaw<PurgedDeletion[]>`
    select id, kind::text, purged_by as "purgedBy" from deletions
    where workspace_id = ${workspaceId}::uuid and purged_at is not null and id > ${after}::uuid
    order by id limit ${limit} for no key update`
}

const rowsOfPurged = Object.values(tableOfKind)
  .map(
    (table) => `select count(*) as count from deletions cross join lateral (select from ${table}
      where workspace_id = $1::uuid and deletion_id = deletions.id offset 0) as item
      where deletions.workspace_id = $1::uuid and deletions.purged_at is not null`,
  )
  .join(' union all ')

/** How many items of purged deletions are still there. */
export async function countPurged(db: Db, workspaceId: string): Promise<number> {
  const text = `select sum(count)::int as count from (${rowsOfPurged}) as items`
  return (await read<{ count: number }>(db, text, [workspaceId]))[0]?.count ?? 0
}

/** The workspaces with deletions whose time is over, or whose rows are not all removed. */
export async function workspacesToPurge(db: Db, now: Date): Promise<string[]> {
  // The first by the index: when there may be many, PostgreSQL would read the table until it meets one, and there may be none.
  const text = `select id from workspaces where
      (select id from deletions where workspace_id = workspaces.id and restored_at is null and purged_at is null
        and purge_after <= $1::timestamptz order by purge_after limit 1) is not null
      or (select id from deletions where workspace_id = workspaces.id and purged_at is not null order by id limit 1)
        is not null
    order by id`
  return (await read<{ id: string }>(db, text, [now])).map(({ id }) => id)
}
