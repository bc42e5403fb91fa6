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
import { JobPostponed } from '../job-control/attempt.ts'

/** The number of pending deletions that are read, processed and deleted together. */
const pageSize = 500
/** The number of concurrent requests to the storage. */
const atOnce = 8
/** This many refusals in a row mean that the storage is unavailable: stop for now. */
const mostInARow = 8
/** Refused objects are skipped for the rest of a run; after this many the run ends. */
const mostRefused = 1_000
/** How long a run waits for another one, and after what time a job tries again, in milliseconds. */
const [waitMs, busyMs] = [10_000, 30_000]

export interface PendingDeletionReport {
  readonly removedCount: number
  readonly removedBytes: bigint
  readonly refusedCount: number
  /** The storage's reason for the last refusal. Null if there was none. */
  readonly failure: string | null
}

interface Removal {
  /** Stops between two objects; the next run continues. */
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/** Another process is removing objects. */
export class PendingDeletionsUnderWay extends Error {
  override readonly name = 'PendingDeletionsUnderWay'
}

/** Some objects could not be removed. The job is retried. */
export class ObjectsRefused extends Error {
  override readonly name = 'ObjectsRefused'
}

/**
 * Removes the bytes of collected objects, in every workspace. If the storage refuses an object, its deletion stays
 * pending with the reason, and the others continue. Can be interrupted at any time and run again.
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

/** The work of the job. Throws if something is left, so that the job is retried. */
export async function runPendingDeletions(services: Services, log: Log, signal?: AbortSignal): Promise<void> {
  const report = await removeObjects(services, signal ? { signal } : {}).catch((error: unknown) => {
    if (error instanceof PendingDeletionsUnderWay) throw new JobPostponed(error.message, busyMs)
    throw error
  })
  const { removedCount, removedBytes, refusedCount, failure } = report
  const fields = { removed: removedCount, bytes: String(removedBytes), refused: refusedCount }
  if (removedCount > 0) log.info(fields, 'Removed the bytes of collected objects')
  // If it was interrupted, it is not done.
  if (refusedCount === 0) return signal?.throwIfAborted()
  log.error({ ...fields, failure }, 'The storage refuses to remove objects')
  throw new ObjectsRefused(
    `The storage refused to remove at least ${refusedCount} objects. The last error: ${failure} Their deletion ` +
      'stays pending and is retried.',
  )
}
