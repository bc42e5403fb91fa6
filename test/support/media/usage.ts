/** What GraphQL answers for the usage of a workspace. */
export interface Total {
  readonly fileCount: number
  readonly sizeBytes: string
}

export interface InUse {
  readonly live: Total
  readonly trashed: Total
  readonly purging: Total
}

export interface UsageAnswer {
  readonly usedBytes: string
  readonly reservedBytes: string
  readonly files: InUse
  readonly byCategory: readonly { readonly category: string | null; readonly files: InUse }[]
  readonly byMimeType: readonly { readonly mimeType: string; readonly files: InUse }[]
  readonly byOwnerType: readonly { readonly ownerType: string; readonly files: InUse }[]
  readonly freedOn: readonly { readonly day: string; readonly files: Total }[]
  readonly orphaned: Total
  readonly pendingDeletion: Total
  readonly thumbnails: Total
}

const total = '{ fileCount sizeBytes }'
const inUse = `files { live ${total} trashed ${total} purging ${total} }`

export const usageQuery = `{ workspace { usage {
  usedBytes reservedBytes ${inUse}
  byCategory { category ${inUse} } byMimeType { mimeType ${inUse} } byOwnerType { ownerType ${inUse} }
  freedOn { day files ${total} } orphaned ${total} pendingDeletion ${total} thumbnails ${total}
} } }`

/** Totals added up. */
export const everything = (totals: readonly Total[]) => ({
  fileCount: totals.reduce((sum, { fileCount }) => sum + fileCount, 0),
  sizeBytes: totals.reduce((sum, { sizeBytes }) => sum + BigInt(sizeBytes), 0n),
})
