import type { Db } from '../../db/client.ts'
import { quotaTotals } from '../../db/media/quota.ts'
import { planBytes } from '../../domain/quota.ts'
import type { Sources } from '../../observe/metrics.ts'
import { queueState } from '../../queue/queue-state.ts'

/** From which part of its quota on a workspace counts as nearly full. */
const nearlyFull = 0.9

/** What the metrics read from the database, of the whole installation. */
export const metricsSources = (db: Db): Pick<Sources, 'queue' | 'quota'> => ({
  queue: () => queueState(db),
  quota: () => quotaTotals(db, planBytes, nearlyFull),
})
