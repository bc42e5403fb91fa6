import { Failure } from './failure.ts'

/** What a purge would remove, or may. */
export interface PurgeSize {
  readonly items: number
  readonly bytes: bigint
}

/** A purge that would remove more than it may at once. */
export class PurgeSafetyLimitExceeded extends Failure {
  readonly __typename = 'PurgeSafetyLimitExceeded'
  readonly message: string
  readonly itemCount: number
  readonly itemLimit: number
  readonly bytes: bigint
  readonly byteLimit: bigint

  constructor(size: PurgeSize, limit: PurgeSize) {
    super()
    this.itemCount = size.items
    this.itemLimit = limit.items
    this.bytes = size.bytes
    this.byteLimit = limit.bytes
    this.message =
      `The purge would permanently remove ${size.items} items and free ${size.bytes} bytes, but the safety limit is ` +
      `${limit.items} items and ${limit.bytes} bytes. None of them was removed. Check the trash and the clock. ` +
      'If they ' +
      'are right, purge the expired items with force, or raise PURGE_SAFETY_LIMIT_ITEMS and PURGE_SAFETY_LIMIT_BYTES.'
  }
}

/** Stops a purge that is larger than the limit; one of the very size of the limit is none. */
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
  /** Items that hold what was trashed before them and is still in the trash. */
  readonly heldItemCount: number
  /** Why what was due stayed. */
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

/** What a job that purges was asked to do. Times are ISO 8601. */
export interface PurgeRequest {
  /** `DUE`: what is there longer than it may be. `ALL`: what was there when it was asked for. `MARKED`: what is marked already. */
  readonly what: 'DUE' | 'ALL' | 'MARKED'
  readonly askedAt: string
  readonly force: boolean
}
