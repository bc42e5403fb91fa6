/** What can be wrong with what is stored. */
export type StorageProblemKind = 'MISSING' | 'WRONG_SIZE' | 'WRONG_HASH' | 'UNREADABLE' | 'UNKNOWN'

/** One thing that is not as its row says, or has none. */
export interface StorageProblem {
  readonly kind: StorageProblemKind
  readonly storageKey: string
  /** The workspace of the row; null when there is none. */
  readonly workspaceId: string | null
  /** What is wrong and what can be done, for a person. */
  readonly message: string
}

/** What verifying the storage found so far. */
export interface VerificationReport {
  /** Whether the bytes themselves were read and hashed. */
  readonly hash: boolean
  /** Whether all workspaces, and objects that no row knows, were looked at too. */
  readonly installation: boolean
  /** Whether all there is was looked at; false when it was ended before. */
  readonly complete: boolean
  readonly fileCount: number
  readonly fileBytes: bigint
  /** Objects that were listed, when the installation was verified. */
  readonly objectCount: number
  /** Objects that no row knows yet: of uploads under way, or left by those that broke off; collected when they are old. */
  readonly youngCount: number
  /** Objects with other names than are made here. */
  readonly foreignCount: number
  /** Objects that are pending deletion. */
  readonly waitingCount: number
  /** Thumbnails that are not there. They are made again when they are asked for. */
  readonly missingThumbnailCount: number
  readonly problemCount: number
  /** The first of them. */
  readonly problems: readonly StorageProblem[]
}

/** Where the look at the files is: everything of the workspaces before, and of this one up to a file. */
export interface VerificationCursor {
  readonly workspaceId: string
  readonly after: string
}

/** What was found so far, and where to go on. */
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

/** What a job that verifies was asked to do. */
export interface VerificationRequest {
  readonly hash: boolean
  readonly installation: boolean
}

/** What the bytes of a file came to. */
export type FoundFile =
  { readonly sizeBytes: number; readonly sha256: string | null } | { readonly failure: string } | null

/** What is wrong with a file, if something is. Null: there are no bytes. */
export function fileProblem(
  row: { readonly sizeBytes: bigint; readonly sha256: string },
  found: FoundFile,
): { kind: StorageProblemKind; message: string } | undefined {
  if (found === null)
    return {
      kind: 'MISSING',
      message: 'The bytes are missing. Restore them from a backup, or upload the same file again.',
    }
  if ('failure' in found)
    return { kind: 'UNREADABLE', message: `The storage cannot read it: ${found.failure}` }
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
