import { staleSince } from '../../storage/stale.ts'
import type { Services } from '../context.ts'

/** Removes what uploads that were interrupted at least a day ago left in the storage. */
export async function sweepStorage({ storage, now }: Services): Promise<void> {
  await storage.sweep(staleSince(now()))
}
