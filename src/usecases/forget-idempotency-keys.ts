import type { Services } from './context.ts'

/** How long a repeated request is recognised, in days. */
export const rememberedDays = 30

/** Forgets idempotency keys that are too old to be repeated, in every workspace, and says how many. */
export async function forgetIdempotencyKeys({ db, now }: Services): Promise<number> {
  const before = new Date(now().getTime() - rememberedDays * 24 * 60 * 60 * 1000)
  const { count } = await db.prisma.idempotencyKey.deleteMany({ where: { createdAt: { lt: before } } })
  return count
}
