/** A whole number that an environment variable can set. */
export interface NumberSetting {
  readonly variable: string
  readonly min: number
  readonly max: number
  readonly default: number
  /** The unit of the variable in that of the number, e.g. pixels in a megapixel. */
  readonly unit?: number
}

const mebibyte = 1024 ** 2
const gibibyte = 1024 ** 3

/**
 * The numbers that operations use: to add one, add it here and to .env.example. Their values are `limits` of the
 * configuration and of the context of operations.
 */
export const limitSettings = {
  /** The largest picture, in bytes. */
  imageBytes: { variable: 'MAX_IMAGE_BYTES', min: 1, max: 10 * gibibyte, default: 100 * mebibyte },
  /** The largest picture, in pixels (width times height). */
  imagePixels: { variable: 'MAX_IMAGE_MEGAPIXELS', min: 1, max: 2_000, default: 500, unit: 1_000_000 },
  /** The memory that decoding one picture may take, in bytes. */
  decoderBytes: {
    variable: 'MAX_DECODER_MEBIBYTES',
    ...{ min: 16, max: 65_536, default: 1_024, unit: mebibyte },
  },
  /** The largest video, in bytes. */
  videoBytes: { variable: 'MAX_VIDEO_BYTES', min: 1, max: 100 * gibibyte, default: 500 * mebibyte },
  /** The largest document or recording, in bytes. */
  documentBytes: {
    variable: 'MAX_DOCUMENT_BYTES',
    ...{ min: 1, max: 10 * gibibyte, default: 100 * mebibyte },
  },
  /** The maximum number of live files of one bookshelf, book, block or marker. */
  filesPerOwner: { variable: 'MAX_FILES_PER_OWNER', min: 1, max: 10_000, default: 50 },
  /** The maximum number of files in a batch. */
  batchFiles: { variable: 'MAX_BATCH_FILES', min: 1, max: 1_000, default: 10 },
  /** How many files of a batch are processed at once. */
  batchTurns: { variable: 'BATCH_CONCURRENCY', min: 1, max: 100, default: 5 },
  /** How many days a deletion can be restored. */
  retentionDays: { variable: 'TRASH_RETENTION_DAYS', min: 1, max: 3_650, default: 30 },
  /** How many days the audit trail is kept. The database refuses to remove events of the last 30 days. */
  auditDays: { variable: 'AUDIT_DAYS', min: 30, max: 3_650, default: 400 },
  /** The maximum number of levels of the tag tree. */
  tagLevels: { variable: 'TAG_LEVELS', min: 1, max: 100, default: 32 },
  /** How many revisions a block keeps, including the current one. */
  blockRevisions: { variable: 'MAX_BLOCK_REVISIONS', min: 1, max: 1_000, default: 100 },
  /** The safety limit of a purge of one workspace: how many items it may remove. */
  purgeItems: { variable: 'PURGE_SAFETY_LIMIT_ITEMS', min: 1, max: 1_000_000_000, default: 100_000 },
  /** The safety limit of a purge of one workspace: how many bytes it may free. */
  purgeBytes: { variable: 'PURGE_SAFETY_LIMIT_BYTES', min: 1, max: 2 ** 50, default: 100 * gibibyte },
  /** The safety limit of a purge of what has expired: how many percent of the workspace it may remove. */
  purgePercent: { variable: 'PURGE_SAFETY_LIMIT_PERCENT', min: 1, max: 100, default: 25 },
  /** How long automatic removal waits when the last one was long ago, in milliseconds. */
  removalWaitMs: { variable: 'REMOVAL_WAIT_MINUTES', min: 0, max: 10_080, default: 60, unit: 60_000 },
} as const satisfies Readonly<Record<string, NumberSetting>>

/** The configured value of each limit. */
export type ConfiguredLimits = { readonly [Name in keyof typeof limitSettings]: number }
