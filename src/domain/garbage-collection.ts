import { Failure } from './failure.ts'
import { exceedsPurgeSafetyLimit, type PurgeSize } from './purge.ts'
import { type StorageKey, timeOfKey } from './storage-key.ts'

/**
 * How long unused bytes are kept, in milliseconds: 7 days. Long enough to notice a mistake and to restore yesterday's
 * database backup, and far longer than any upload takes (decision 0021).
 */
export const graceMs = 7 * 24 * 60 * 60 * 1000

/** Bytes that were last used before this time are collected. */
export const collectableSince = (now: Date) => new Date(now.getTime() - graceMs)

/** The earliest time at which bytes that were last used at `since` are collected. */
export const collectableAt = (since: Date) => new Date(since.getTime() + graceMs)

/**
 * Since when an unknown object exists: by the clock of the store or by that of the server that made its key, whichever
 * is later, so that a wrong clock never causes an early removal.
 */
export function unknownSince({ key, modifiedAt }: { key: StorageKey; modifiedAt: Date }): Date {
  const made = timeOfKey(key)
  return made && made > modifiedAt ? made : modifiedAt
}

/** This many unknown originals do not suggest a wrong database, unless no original is known at all. */
const fewUnknown = 100

/** The originals in the storage, counted by whether they have a row. */
interface OriginalCounts {
  readonly known: number
  readonly unknown: number
}

type GarbageCollectionSafetyLimitReason = 'TOO_MUCH' | 'MOSTLY_UNKNOWN'

/** The garbage collection looks like a mistake, so it must not remove unknown objects. */
export class GarbageCollectionSafetyLimitExceeded extends Failure {
  readonly __typename = 'GarbageCollectionSafetyLimitExceeded'
  readonly message: string
  readonly reason: GarbageCollectionSafetyLimitReason
  readonly objectCount: number
  readonly bytes: bigint

  constructor(reason: GarbageCollectionSafetyLimitReason, message: string, size: PurgeSize) {
    super()
    this.reason = reason
    this.message = message
    this.objectCount = size.items
    this.bytes = size.bytes
  }
}

/** Stops a garbage collection if the storage seems to belong to another database, or if it exceeds the limit. */
export function exceedsCollectionSafetyLimit(
  size: PurgeSize,
  { known, unknown }: OriginalCounts,
  limit: PurgeSize,
): GarbageCollectionSafetyLimitExceeded | undefined {
  if (size.items === 0) return undefined
  const mostly = unknown > fewUnknown && unknown > known
  if (mostly || (known === 0 && unknown > 0))
    return new GarbageCollectionSafetyLimitExceeded(
      'MOSTLY_UNKNOWN',
      `The database knows only ${known} of the ${known + unknown} originals in the storage. It may be the wrong ` +
        'database or an old backup, or the storage may belong to another installation. No unknown object was ' +
        'removed. Check DATABASE_URL, DATA_DIR, STORAGE_DIR and S3_PREFIX. If they are right, run the garbage ' +
        'collection with force.',
      size,
    )
  if (exceedsPurgeSafetyLimit(size, limit) === undefined) return undefined
  return new GarbageCollectionSafetyLimitExceeded(
    'TOO_MUCH',
    `The garbage collection would remove ${size.items} unknown objects (${size.bytes} bytes), but the safety limit ` +
      `is ${limit.items} objects and ${limit.bytes} bytes. No unknown object was removed. List them with a dry run. ` +
      'If they should go, run the garbage collection with force, or raise PURGE_SAFETY_LIMIT_ITEMS and ' +
      'PURGE_SAFETY_LIMIT_BYTES.',
    size,
  )
}

/** An object that is collected, and why. */
export interface CollectedObject {
  readonly storageKey: string
  readonly sizeBytes: bigint
  readonly why: 'ORPHANED' | 'THUMBNAIL' | 'UNKNOWN'
  /** Since when nothing has used it. ISO 8601. */
  readonly since: string
}

/** What a garbage collection has collected so far; in a dry run, what it would collect. */
export interface GarbageCollectionReport {
  readonly dryRun: boolean
  /** Files without a media item, and their thumbnails. */
  readonly fileCount: number
  readonly fileBytes: bigint
  readonly thumbnailCount: number
  readonly thumbnailBytes: bigint
  /** Objects without a row. */
  readonly unknownCount: number
  readonly unknownBytes: bigint
  /** Objects without a row that are too young to collect. */
  readonly youngCount: number
  readonly youngBytes: bigint
  /** Objects whose names were not made by this server. */
  readonly foreignCount: number
  /** Objects that were examined. */
  readonly listedCount: number
  readonly safetyLimit: GarbageCollectionSafetyLimitExceeded | null
  /** The first of the collected objects. */
  readonly examples: readonly CollectedObject[]
}

export const nothingCollected: GarbageCollectionReport = {
  dryRun: false,
  fileCount: 0,
  fileBytes: 0n,
  thumbnailCount: 0,
  thumbnailBytes: 0n,
  unknownCount: 0,
  unknownBytes: 0n,
  youngCount: 0,
  youngBytes: 0n,
  foreignCount: 0,
  listedCount: 0,
  safetyLimit: null,
  examples: [],
}

/** The parameters of a garbage collection job. */
export interface GarbageCollectionRequest {
  readonly dryRun: boolean
  /** Also collects objects that no row of any workspace knows. */
  readonly installation: boolean
  readonly force: boolean
  /** When it was requested, as ISO 8601: it takes nothing that became collectable later. */
  readonly askedAt?: string
  /** Nobody asked for it: it does nothing while automatic removal is on hold. */
  readonly automatic?: boolean
}
