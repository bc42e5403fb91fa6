import { staleSince } from '../../storage/stale.ts'
import { earlierNow } from '../clocks.ts'
import type { Services } from '../context.ts'

/** Removes what uploads that were interrupted at least a day ago left in the storage. */
export async function sweepStorage(services: Services): Promise<void> {
  await services.storage.sweep(staleSince(await earlierNow(services)))
}
