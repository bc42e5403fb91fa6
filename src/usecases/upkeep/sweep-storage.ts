import { staleSince } from '../../storage/stale.ts'
import type { Services } from '../context.ts'

/** Removes what uploads that broke off a day ago or earlier left in the storage. */
export async function sweepStorage({ storage, now }: Services): Promise<void> {
  await storage.sweep(staleSince(now()))
}
