import { Failure } from './failure.ts'

/** The size of a purge, or its limit. */
export interface PurgeSize {
  readonly items: number
  readonly bytes: bigint
}

/** The purge exceeds the safety limit. */
export class PurgeSafetyLimitExceeded extends Failure {
  readonly __typename = 'PurgeSafetyLimitExceeded'
  readonly message: string
  readonly itemCount: number
  readonly limit: number
  readonly bytes: bigint
  readonly limitBytes: bigint

  constructor(size: PurgeSize, limit: PurgeSize) {
    super()
    this.itemCount = size.items
    this.limit = limit.items
    this.bytes = size.bytes
    this.limitBytes = limit.bytes
    this.message =
      `The purge would permanently remove ${size.items} items and free ${size.bytes} bytes, but the safety limit is ` +
      `${limit.items} items and ${limit.bytes} bytes. None of them was removed. Check the trash and the clock. ` +
      'If they are right, purge the expired items with force, or raise PURGE_SAFETY_LIMIT_PERCENT, ' +
      'PURGE_SAFETY_LIMIT_ITEMS and PURGE_SAFETY_LIMIT_BYTES.'
  }
}

/** A purge of this size is no reason for suspicion, whatever share of a small workspace it is. */
export const unsuspiciousPurge: PurgeSize = { items: 1_000, bytes: 1024n ** 3n }

/** The limit of a purge of what has expired: a share of what is there, but no more than the absolute limit. */
export function limitOfShare(there: PurgeSize, percent: number, limit: PurgeSize): PurgeSize {
  const share = {
    items: Math.floor((there.items * percent) / 100),
    bytes: (there.bytes * BigInt(percent)) / 100n,
  }
  const { items, bytes } = unsuspiciousPurge
  const least = { items: Math.max(items, share.items), bytes: bytes > share.bytes ? bytes : share.bytes }
  return {
    items: Math.min(least.items, limit.items),
    bytes: least.bytes < limit.bytes ? least.bytes : limit.bytes,
  }
}

/** Stops a purge that exceeds the limit. Exactly the limit is allowed. */
export const exceedsPurgeSafetyLimit = (
  size: PurgeSize,
  limit: PurgeSize,
): PurgeSafetyLimitExceeded | undefined =>
  size.items > limit.items || size.bytes > limit.bytes ? new PurgeSafetyLimitExceeded(size, limit) : undefined

/** What a purge has removed so far. */
export interface PurgeReport {
  readonly deletionCount: number
  readonly itemCount: number
  readonly orphanedFileCount: number
  readonly freedBytes: bigint
  /** Items that still contain items trashed earlier, so they are not removed completely. */
  readonly heldItemCount: number
  /** Why the due deletions were not removed. */
  readonly safetyLimit: PurgeSafetyLimitExceeded | null
}

export const nothingPurged: PurgeReport = {
  deletionCount: 0,
  itemCount: 0,
  orphanedFileCount: 0,
  freedBytes: 0n,
  heldItemCount: 0,
  safetyLimit: null,
}

/** The parameters of a purge job. Times are ISO 8601. */
export interface PurgeRequest {
  /**
   * `DUE`: deletions that had expired at the time of the request. `ALL`: everything that was in the trash at the time of the request. `MARKED`: deletions
   * that are already marked.
   */
  readonly what: 'DUE' | 'ALL' | 'MARKED'
  readonly askedAt: string
  readonly force: boolean
  /** Nobody asked for it: it does nothing while automatic removal is on hold. */
  readonly automatic?: boolean
}
