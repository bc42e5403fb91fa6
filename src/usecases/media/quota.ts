import { addReservation, lockQuota, removeReservation, setUsedBytes } from '../../db/media/quota.ts'
import { transact, type Tx } from '../../db/client.ts'
import { fits, type QuotaExceeded } from '../../domain/quota.ts'
import { earlierNow } from '../clocks.ts'
import { type Ctx, newId, type Services } from '../context.ts'

/** How long a reservation lasts, in milliseconds: an upload has to store its bytes within that time. */
const reservationMs = 60 * 60 * 1000

/**
 * Reserves room in the quota for an upload, for some time, or refuses. Uploads that ask at once wait for each other.
 * `giveBackRoom` takes the `id`.
 */
export async function reserveRoom(
  ctx: Ctx,
  sizeBytes: bigint,
  { id = newId(), ms = reservationMs }: { id?: string; ms?: number } = {},
): Promise<{ id: string } | QuotaExceeded> {
  return transact(ctx.db, async (tx) => {
    const { workspaceId } = ctx.actor
    const now = ctx.now()
    const refusal = fits(await lockQuota(tx, workspaceId, now), sizeBytes)
    if (refusal) return refusal
    const expiresAt = new Date(now.getTime() + ms)
    await addReservation(tx, { workspaceId, id, sizeBytes, expiresAt })
    return { id }
  })
}

/** Gives a reservation back. When that fails, the reservation expires. */
export async function giveBackRoom(ctx: Ctx, id: string) {
  await removeReservation(ctx.db.prisma, ctx.actor.workspaceId, id).catch((err: unknown) => {
    ctx.log.warn({ err, id }, 'Could not release the reservation of an upload; it will expire')
  })
}

/** Removes expired reservations, which no longer count, in every workspace. */
export async function forgetReservations(services: Services): Promise<number> {
  const expired = { expiresAt: { lte: await earlierNow(services) } }
  const { count } = await services.db.prisma.uploadReservation.deleteMany({ where: expired })
  return count
}

/** Charges bytes in the transaction that makes their first medium, and uses up their reservation. */
export async function chargeBytes(ctx: Ctx, tx: Tx, sizeBytes: bigint, reservationId: string | undefined) {
  const { workspaceId } = ctx.actor
  if (reservationId !== undefined) await removeReservation(tx, workspaceId, reservationId)
  // The reservation may have expired in the meantime.
  const quota = await lockQuota(tx, workspaceId, ctx.now())
  const refusal = fits(quota, sizeBytes)
  if (refusal) return refusal
  await setUsedBytes(tx, workspaceId, quota.usedBytes + sizeBytes)
  return undefined
}
