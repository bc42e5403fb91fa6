import { Failure } from './failure.ts'
import { exceedsPurgeSafetyLimit, type PurgeSize } from './purge.ts'
import { type StorageKey, timeOfKey } from './storage-key.ts'

/**
 * How long bytes that nobody needs stay, in milliseconds: 7 days. Long enough to notice a mistake and to restore a backup of the
 * database of the day before, and far longer than any upload takes (decision 0021).
 */
export const graceMs = 7 * 24 * 60 * 60 * 1000

/** What nobody has needed since this time or longer is collected. */
export const collectableSince = (now: Date) => new Date(now.getTime() - graceMs)

/** When bytes are collected that nobody has needed since a time. */
export const collectableAt = (since: Date) => new Date(since.getTime() + graceMs)

/**
 * Since when an object that no row knows is there: by the clock of the store or that of the server that made its key, whichever
 * is later, so that one that is wrong takes nothing too early.
 */
export function unknownSince({ key, modifiedAt }: { key: StorageKey; modifiedAt: Date }): Date {
  const made = timeOfKey(key)
  return made && made > modifiedAt ? made : modifiedAt
}

/** Up to so many unknown originals are no sign of a wrong database, unless no original is known at all. */
const fewUnknown = 100

/** What the storage holds of originals, by whether a row knows them. */
export interface OriginalCounts {
  readonly known: number
  readonly unknown: number
}

export type GarbageCollectionSafetyLimitReason = 'TOO_MUCH' | 'MOSTLY_UNKNOWN'

/** A collection of objects that no row knows, which looks like a mistake. */
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

/** Stops a collection when the storage looks like that of another database, and one that is larger than the limit. */
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

/** One thing that goes, and why. */
export interface CollectedObject {
  readonly storageKey: string
  readonly sizeBytes: bigint
  readonly why: 'ORPHANED' | 'THUMBNAIL' | 'UNKNOWN'
  /** Since when nobody has needed it. ISO 8601. */
  readonly since: string
}

/** What a collection has taken so far; in a dry run what it would take. */
export interface GarbageCollectionReport {
  readonly dryRun: boolean
  /** Files without a medium, and what was derived of them. */
  readonly fileCount: number
  readonly fileBytes: bigint
  readonly thumbnailCount: number
  readonly thumbnailBytes: bigint
  /** Objects that no row knew. */
  readonly unknownCount: number
  readonly unknownBytes: bigint
  /** Objects that no row knows, and that are too young yet. */
  readonly youngCount: number
  readonly youngBytes: bigint
  /** Objects with other names than are made here. */
  readonly foreignCount: number
  /** Objects that were looked at. */
  readonly listedCount: number
  readonly safetyLimit: GarbageCollectionSafetyLimitExceeded | null
  /** The first of what was taken. */
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

/** What a job that collects was asked to do. */
export interface GarbageCollectionRequest {
  readonly dryRun: boolean
  /** Also the other direction: objects that no row of any workspace knows. */
  readonly installation: boolean
  readonly force: boolean
}
