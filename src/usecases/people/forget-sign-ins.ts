import { expiringTables, removeExpired } from '../../db/people/expired-sign-ins.ts'
import { earlierNow } from '../clocks.ts'
import type { Services } from '../context.ts'
import { removeInBatches } from '../remove-in-batches.ts'

/** How many rows are removed by one statement. */
const batch = 10_000

/** Removes sessions that have expired, and what people began in order to sign in and did not end. */
export async function forgetSignIns(services: Services): Promise<void> {
  const before = await earlierNow(services)
  for (const table of expiringTables)
    await removeInBatches(batch, (limit) => removeExpired(services.db, table, before, limit))
}
