import { type Quota, quotaLimit, type WorkspacePlan } from '../../domain/quota.ts'
import type { Db, Tx } from '../client.ts'
import type { UploadReservation } from '../generated/client.ts'
import { type Queryable, sql } from '../sql.ts'

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
