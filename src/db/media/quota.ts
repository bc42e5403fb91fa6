import { type Quota, quotaLimit, type WorkspacePlan } from '../../domain/quota.ts'
import type { Db, Tx } from '../client.ts'
import type { UploadReservation } from '../generated/client.ts'
import { type Queryable, sql } from '../sql.ts'

/** The quotas of all live workspaces, given what each plan allows. Those that use `nearlyFull` of it or more are counted. */
export async function quotaTotals(
  db: Queryable,
  planBytes: Readonly<Record<WorkspacePlan, bigint>>,
  nearlyFull: number,
) {
  const plans = Object.entries(planBytes)
  const [row] = await db.query<{
    workspaces: number
    nearlyFull: number
    usedBytes: bigint
    limitBytes: bigint
  }>(sql`
    select count(*)::int as workspaces, (count(*) filter (where used >= allowed * ${nearlyFull}::float8))::int
        as "nearlyFull",
      coalesce(sum(used), 0)::bigint as "usedBytes", coalesce(sum(allowed), 0)::bigint as "limitBytes"
    from (select used_bytes as used, coalesce(quota_bytes, plans.bytes) as allowed from workspaces
      join unnest(${plans.map(([plan]) => plan)}::workspace_plan[], ${plans.map(([, bytes]) => bytes)}::bigint[])
        as plans (plan, bytes) using (plan)
      where deleted_at is null) as quota`)
  if (!row) throw new Error('A count has no row.')
  return row
}

/** Locks the quota of a workspace until the end of the transaction and returns it. Lock it last. */
export async function lockQuota(tx: Tx, workspaceId: string, now: Date): Promise<Quota> {
  const [row] = await tx.query<{ plan: WorkspacePlan; quotaBytes: bigint | null; usedBytes: bigint }>(sql`
    select plan::text, quota_bytes as "quotaBytes", used_bytes as "usedBytes" from workspaces
    where id = ${workspaceId}::uuid for no key update`)
  if (!row) throw new Error(`Workspace ${workspaceId} is not there.`)
  // After the lock, so that it sees the reservations of the transactions that had the lock before.
  const reserved = await tx.uploadReservation.aggregate({
    where: { workspaceId, expiresAt: { gt: now } },
    _sum: { sizeBytes: true },
  })
  return {
    limitBytes: quotaLimit(row.plan, row.quotaBytes),
    usedBytes: row.usedBytes,
    reservedBytes: reserved._sum.sizeBytes ?? 0n,
  }
}

/** The bytes that running uploads have reserved, by workspace. */
export async function reservedBytes(db: Queryable, workspaceIds: readonly string[], now: Date) {
  const rows = await db.query<{ workspaceId: string; bytes: bigint }>(sql`
    select workspace_id as "workspaceId", sum(size_bytes)::bigint as bytes from upload_reservations
    where workspace_id = any(${workspaceIds}::uuid[]) and expires_at > ${now}::timestamptz group by workspace_id`)
  return new Map(rows.map(({ workspaceId, bytes }) => [workspaceId, bytes]))
}

export async function addReservation(tx: Tx, data: UploadReservation) {
  await tx.uploadReservation.create({ data })
}

/** Has no effect if it is gone. */
export async function removeReservation(tx: Tx | Db['prisma'], workspaceId: string, id: string) {
  await tx.uploadReservation.deleteMany({ where: { workspaceId, id } })
}

export async function setUsedBytes(tx: Tx, workspaceId: string, usedBytes: bigint) {
  await tx.workspace.update({ where: { id: workspaceId }, data: { usedBytes } })
}

/** Charges a workspace less, when bytes have lost their last medium. Waits for the transaction that holds the quota. */
export async function giveBackBytes(tx: Tx, workspaceId: string, bytes: bigint) {
  await tx.workspace.update({ where: { id: workspaceId }, data: { usedBytes: { decrement: bytes } } })
}
