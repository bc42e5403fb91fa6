import {
  type CollectedObject,
  type GarbageCollectionReport,
  nothingCollected,
} from '../../domain/garbage-collection.ts'

/** How many of the collected objects the report names. */
const mostExamples = 100

/** How to collect garbage. */
export interface GarbageCollection {
  /** Reports what would go, and takes nothing. */
  readonly dryRun?: boolean
  /** Collects also the objects that no row of any workspace knows. */
  readonly installation?: boolean
  /** Collects such objects even above the safety limit. */
  readonly force?: boolean
  /** Takes nothing that became collectable after this time. */
  readonly asOf?: Date | undefined
  /** What the attempt before this one collected. */
  readonly before?: GarbageCollectionReport | undefined
  /** Stops the work between two batches; another run continues it. */
  readonly signal?: AbortSignal
  readonly onProgress?: (
    report: GarbageCollectionReport,
    done: number,
    total: number | null,
  ) => Promise<void> | void
  /** Called with each object that goes. */
  readonly onThing?: (thing: CollectedObject) => void
}

/** The report of a garbage collection while it grows. */
export interface Tally {
  report: GarbageCollectionReport
  add(change: Partial<GarbageCollectionReport>, things?: readonly CollectedObject[]): void
}

export function openTally({ dryRun = false, before = nothingCollected, onThing }: GarbageCollection): Tally {
  const tally: Tally = {
    report: { ...before, dryRun, safetyLimit: null },
    add: (change, things = []) => {
      const room = mostExamples - tally.report.examples.length
      const examples = room > 0 ? [...tally.report.examples, ...things.slice(0, room)] : tally.report.examples
      tally.report = { ...tally.report, ...change, examples }
      for (const thing of things) onThing?.(thing)
    },
  }
  return tally
}
