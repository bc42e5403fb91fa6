import { rememberedJobDays, unlistedJobDays } from '../../domain/jobs.ts'
import { removeEnded } from '../../queue/queue.ts'
import { earlierNow } from '../clocks.ts'
import type { Services } from '../context.ts'
import { removeInBatches } from '../remove-in-batches.ts'

const dayMs = 24 * 60 * 60 * 1000

/** The most jobs that one statement removes. */
const batch = 1_000

/** Forgets jobs that ended long ago, in every workspace, and says how many. */
export async function forgetJobs(services: Pick<Services, 'db' | 'now' | 'databaseNow'>): Promise<number> {
  const now = await earlierNow(services)
  const kept = [
    { status: 'DONE', listed: true, days: rememberedJobDays.DONE },
    { status: 'FAILED', listed: true, days: rememberedJobDays.FAILED },
    { status: 'DONE', listed: false, days: unlistedJobDays },
  ]
  let forgotten = 0
  for (const { status, listed, days } of kept) {
    const before = new Date(now.getTime() - days * dayMs)
    forgotten += await removeInBatches(batch, (limit) =>
      removeEnded(services.db, { status, listed, before, limit }),
    )
  }
  return forgotten
}
