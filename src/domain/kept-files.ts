import { collectableAt } from './garbage-collection.ts'

/** What decides whether stored bytes are kept. */
export interface Keeping {
  /** The number of media items that have them, live and in the trash. */
  readonly count: number
  readonly live: number
  /** The latest time at which one in the trash is purged. */
  readonly last: Date | null
  /** Since when nothing has used them. */
  readonly orphanedAt: Date | null
}

/** Why stored bytes are kept, or when they will be removed. */
export interface KeptFile {
  readonly state: 'LIVE' | 'IN_TRASH' | 'ORPHANED'
  /** The explanation for a person. */
  readonly message: string
  readonly since: Date | null
  readonly goesAt: Date | null
}

const iso = (date: Date) => date.toISOString()

/** When something is collected that has been collectable since a time. */
export const collected = (goesAt: Date, now: Date) =>
  goesAt <= now ? 'by the next garbage collection' : `by the first garbage collection after ${iso(goesAt)}`

/** Explains why stored bytes are kept. */
export function keptBy({ count, live, last, orphanedAt: since }: Keeping, now: Date): KeptFile {
  const kept = { since: null, goesAt: null }
  if (live > 0) {
    const others = count > live ? ` ${count - live} more are in the trash.` : ''
    return { ...kept, state: 'LIVE', message: `Live media items that use it: ${live}.${others}` }
  }
  if (count > 0)
    return {
      ...kept,
      state: 'IN_TRASH',
      goesAt: last,
      message:
        `All media items that use it are in the trash: ${count}. The last of them is purged after ` +
        `${last ? iso(last) : 'a while'}; 7 days later it is collected.`,
    }
  if (!since) return { ...kept, state: 'ORPHANED', message: 'No media item uses it any more.' }
  const goesAt = collectableAt(since)
  return {
    ...{ state: 'ORPHANED', since, goesAt },
    message: `No media item has used it since ${iso(since)}. It is collected ${collected(goesAt, now)}.`,
  }
}
