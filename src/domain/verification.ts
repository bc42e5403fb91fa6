/** The kinds of storage problems. */
type StorageProblemKind = 'MISSING' | 'WRONG_SIZE' | 'WRONG_HASH' | 'UNREADABLE' | 'UNKNOWN'

/** A mismatch between a row and the storage. */
export interface StorageProblem {
  readonly kind: StorageProblemKind
  readonly storageKey: string
  /** The workspace of the row; null if there is no row. */
  readonly workspaceId: string | null
  /** Explains what is wrong and what to do next, for people. */
  readonly message: string
}

/** What a verification has found so far. */
export interface VerificationReport {
  /** Whether the bytes themselves were read and hashed. */
  readonly hash: boolean
  /** Whether all workspaces were checked, including unknown objects. */
  readonly installation: boolean
  /** Whether everything was checked; false if the verification was interrupted. */
  readonly complete: boolean
  readonly fileCount: number
  readonly fileBytes: bigint
  /** Listed objects, if the whole installation was verified. */
  readonly objectCount: number
  /**
   * Objects without a row that are still young. They belong to uploads in progress or interrupted; garbage collection
   * takes them later.
   */
  readonly youngCount: number
  /** Objects whose names were not made by this server. */
  readonly foreignCount: number
  /** Objects that are pending deletion. */
  readonly waitingCount: number
  /** Missing thumbnails. The server makes them again on request. */
  readonly missingThumbnailCount: number
  readonly problemCount: number
  /** The first problems. */
  readonly problems: readonly StorageProblem[]
}

/** The progress of the file check: everything in earlier workspaces, and in this one up to a file. */
interface VerificationCursor {
  readonly workspaceId: string
  readonly after: string
}

/** The findings so far, and where to continue. */
export interface VerificationSoFar extends VerificationReport {
  readonly cursor?: VerificationCursor
}

export const nothingVerified: VerificationReport = {
  hash: false,
  installation: false,
  complete: false,
  fileCount: 0,
  fileBytes: 0n,
  objectCount: 0,
  youngCount: 0,
  foreignCount: 0,
  waitingCount: 0,
  missingThumbnailCount: 0,
  problemCount: 0,
  problems: [],
}

/** The parameters of a verification job. */
export interface VerificationRequest {
  readonly hash: boolean
  readonly installation: boolean
}

/** The result of reading the bytes of a file. */
export type FoundFile =
  { readonly sizeBytes: number; readonly sha256: string | null } | { readonly failure: string } | null

/** The problem of a file, if it has one. Null: the bytes are missing. */
export function fileProblem(
  row: { readonly sizeBytes: bigint; readonly sha256: string },
  found: FoundFile,
): { kind: StorageProblemKind; message: string } | undefined {
  if (found === null)
    return {
      kind: 'MISSING',
      message: 'The bytes are missing. Restore them from a backup, or upload the same file again.',
    }
  if ('failure' in found) return { kind: 'UNREADABLE', message: `Reading it failed: ${found.failure}` }
  if (BigInt(found.sizeBytes) !== row.sizeBytes)
    return {
      kind: 'WRONG_SIZE',
      message: `It has ${found.sizeBytes} bytes instead of ${row.sizeBytes}. Restore it from a backup.`,
    }
  if (found.sha256 !== null && found.sha256 !== row.sha256)
    return {
      kind: 'WRONG_HASH',
      message: `Its SHA-256 is ${found.sha256} instead of ${row.sha256}. Restore it from a backup.`,
    }
  return undefined
}
