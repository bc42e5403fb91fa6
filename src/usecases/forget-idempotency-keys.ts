import { earlierNow } from './clocks.ts'
import type { Services } from './context.ts'

/** How many days a repeated request is recognised. */
export const rememberedDays = 30

/** Deletes expired idempotency keys in every workspace. Returns how many. */
export async function forgetIdempotencyKeys(services: Services): Promise<number> {
  const now = await earlierNow(services)
  const before = new Date(now.getTime() - rememberedDays * 24 * 60 * 60 * 1000)
  const { count } = await services.db.prisma.idempotencyKey.deleteMany({
    where: { createdAt: { lt: before } },
  })
  return count
}
