/** The jobs that permanently remove what has expired, without being asked. */
export const removalNames = ['daily-purge', 'daily-garbage-collection'] as const
export type RemovalName = (typeof removalNames)[number]

/** When a removal last ran, until when it waits, and since when it is on hold. */
export interface RemovalRun {
  readonly ranAt: Date | null
  readonly waitsUntil: Date | null
  readonly heldAt: Date | null
}

/**
 * A removal whose last run is longer ago than this waits before it begins, in milliseconds. A server that rests for a
 * night does not; a wrong clock and a restored backup do.
 */
export const longAgoMs = 2 * 24 * 60 * 60 * 1000

/** `RUN`: it may begin. `HELD`: it must not. `WAIT`: it may begin at `until`; `begins`: the wait begins now. */
export type RemovalDecision =
  | { readonly decision: 'RUN' }
  | { readonly decision: 'HELD' }
  | { readonly decision: 'WAIT'; readonly until: Date; readonly begins: boolean }

interface Circumstances {
  readonly now: Date
  readonly waitMs: number
  /** Whether there is anything to remove. */
  readonly isDue: boolean
}

/** Decides whether a removal may begin at `now`. */
export function decideRemoval(
  { ranAt, waitsUntil, heldAt }: RemovalRun,
  { now, waitMs, isDue }: Circumstances,
): RemovalDecision {
  if (heldAt) return { decision: 'HELD' }
  if (!isDue || waitMs === 0) return { decision: 'RUN' }
  const left = waitsUntil ? waitsUntil.getTime() - now.getTime() : undefined
  // A wait that is too far away was begun by a wrong clock, or before a backup that was restored: it counts no more.
  if (waitsUntil && left !== undefined && left <= waitMs && left > -longAgoMs)
    return left > 0 ? { decision: 'WAIT', until: waitsUntil, begins: false } : { decision: 'RUN' }
  if (ranAt && now.getTime() - ranAt.getTime() <= longAgoMs) return { decision: 'RUN' }
  return { decision: 'WAIT', until: new Date(now.getTime() + waitMs), begins: true }
}
