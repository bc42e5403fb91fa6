import {
  countPendingDeletions,
  dropMistakenPendingDeletions,
  forgetPendingDeletions,
  nextPendingDeletions,
  recordRefusals,
  type PendingDeletionRow,
} from '../../db/upkeep/pending-deletions.ts'
import { storedKey } from '../../domain/storage-key.ts'
import type { Log, Services } from '../context.ts'
import { JobPostponed } from '../jobs/run-job.ts'

/** Pending deletions that are read, done and forgotten together. */
const pageSize = 500
/** Pending deletions that the storage is asked for at once. */
const atOnce = 8
/** So many refusals, one after the other, are no matter of single objects: the storage is given up for now. */
const mostInARow = 8
/** Refused objects are left out for the rest of a run; with so many it ends. */
const mostRefused = 1_000
/** How long a run waits for another one, and after what time a job asks again, in milliseconds. */
const [waitMs, busyMs] = [10_000, 30_000]

export interface PendingDeletionReport {
  readonly removedCount: number
  readonly removedBytes: bigint
  readonly refusedCount: number
  /** Why the last one was refused, as the storage says it. Null when none was. */
  readonly failure: string | null
}

export interface Removal {
  /** Ends it between two objects; run again, it goes on. */
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/** Another process is removing objects. */
export class PendingDeletionsUnderWay extends Error {
  override readonly name = 'PendingDeletionsUnderWay'
}

/** Objects that were to be removed are still there. It is tried again. */
export class ObjectsRefused extends Error {
  override readonly name = 'ObjectsRefused'
}

/**
 * Removes the bytes of what was collected, in every workspace; what the storage refuses stays on the list with the reason, and the
 * others go on. Can be ended at any moment and run again.
 */
export async function removeObjects(
  services: Pick<Services, 'db' | 'storage' | 'locks'>,
  { signal, onProgress }: Removal = {},
): Promise<PendingDeletionReport> {
  const { db, storage, locks } = services
  const lock = await locks.take('remove-objects', waitMs, () => {})
  if (!lock) throw new PendingDeletionsUnderWay('Another process is removing objects.')
  try {
    const total = await countPendingDeletions(db)
    const refused: string[] = []
    let [removedCount, removedBytes, inARow] = [0, 0n, 0]
    let failure: string | null = null
    const hasEnded = () => inARow >= mostInARow || refused.length >= mostRefused || signal?.aborted === true

    while (!hasEnded()) {
      const page = await nextPendingDeletions(db, refused, pageSize)
      if (page.length === 0) break
      const mistaken = await dropMistakenPendingDeletions(
        db,
        page.map(({ storageKey }) => storageKey),
      )
      const waiting = page.filter(({ storageKey }) => !mistaken.has(storageKey))
      const removed: PendingDeletionRow[] = []
      const refusals = new Map<string, string>()
      const work = async () => {
        for (let next = hasEnded() ? undefined : waiting.shift(); next;) {
          try {
            await storage.remove(storedKey(next.storageKey))
            removed.push(next)
            inARow = 0
          } catch (error) {
            failure = error instanceof Error ? error.message : String(error)
            refusals.set(next.storageKey, failure)
            inARow += 1
          }
          onProgress?.(removedCount + removed.length, Math.max(total, removedCount + removed.length))
          next = hasEnded() ? undefined : waiting.shift()
        }
      }
      await Promise.all(Array.from({ length: atOnce }, work))
      await forgetPendingDeletions(
        db,
        removed.map(({ storageKey }) => storageKey),
      )
      if (refusals.size > 0) await recordRefusals(db, refusals)
      refused.push(...refusals.keys())
      removedCount += removed.length
      removedBytes += removed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0n)
    }
    return { removedCount, removedBytes, refusedCount: refused.length, failure }
  } finally {
    await lock.free()
  }
}

/** The work of the job; throws when something is left, so that it is tried again. */
export async function runPendingDeletions(services: Services, log: Log, signal?: AbortSignal): Promise<void> {
  const report = await removeObjects(services, signal ? { signal } : {}).catch((error: unknown) => {
    if (error instanceof PendingDeletionsUnderWay) throw new JobPostponed(error.message, busyMs)
    throw error
  })
  const { removedCount, removedBytes, refusedCount, failure } = report
  const fields = { removed: removedCount, bytes: String(removedBytes), refused: refusedCount }
  if (removedCount > 0) log.info(fields, 'Removed the bytes of collected objects')
  // Interrupted, it is not done.
  if (refusedCount === 0) return signal?.throwIfAborted()
  log.error({ ...fields, failure }, 'The storage refuses to remove objects')
  throw new ObjectsRefused(
    `The storage refused to remove at least ${refusedCount} objects. The last error: ${failure} Their deletion ` +
      'stays pending and is retried.',
  )
}
