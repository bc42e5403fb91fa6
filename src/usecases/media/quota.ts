import { addReservation, lockQuota, removeReservation, setUsedBytes } from '../../db/media/quota.ts'
import { transact, type Tx } from '../../db/client.ts'
import { fits, type QuotaExceeded } from '../../domain/quota.ts'
import { type Ctx, newId, type Services } from '../context.ts'

/** How long an upload may take to store its bytes before the room it was promised is given up, in milliseconds. */
export const reservationMs = 60 * 60 * 1000

/**
 * Promises room for an upload for some time, or says that there is none. Uploads that ask at once wait for each other. `id`
 * gives it back.
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

/** Gives the room back. One that cannot be given back now expires. */
export async function giveBackRoom(ctx: Ctx, id: string) {
  await removeReservation(ctx.db.prisma, ctx.actor.workspaceId, id).catch((err: unknown) => {
    ctx.log.warn({ err, id }, 'Could not release the reservation of an upload; it will expire')
  })
}

/** Forgets what was promised to uploads that are long over, in every workspace; it counts no more already. */
export async function forgetReservations({ db, now }: Services): Promise<number> {
  const { count } = await db.prisma.uploadReservation.deleteMany({ where: { expiresAt: { lte: now() } } })
  return count
}

/** Charges bytes that got their first medium, in the transaction that does so; what was promised them is used up. */
export async function chargeBytes(ctx: Ctx, tx: Tx, sizeBytes: bigint, reservationId: string | undefined) {
  const { workspaceId } = ctx.actor
  if (reservationId !== undefined) await removeReservation(tx, workspaceId, reservationId)
  // The promise may have expired meanwhile.
  const quota = await lockQuota(tx, workspaceId, ctx.now())
  const refusal = fits(quota, sizeBytes)
  if (refusal) return refusal
  await setUsedBytes(tx, workspaceId, quota.usedBytes + sizeBytes)
  return undefined
}
