import type { MediaOwnerType } from './slots.ts'

/** A number of files and their bytes. */
export interface FileTotal {
  readonly fileCount: number
  readonly sizeBytes: bigint
}

/** The states of a file in use, as numbers in the rows. */
const states = ['live', 'trashed', 'purging'] as const

/** Files that count towards the quota. */
export type FilesInUse = Readonly<Record<(typeof states)[number], FileTotal>>

type InUse = 'TOTAL' | 'CATEGORY' | 'MIME_TYPE' | 'OWNER_TYPE'
type Other = 'ORPHANED' | 'PENDING_DELETION' | 'THUMBNAILS' | 'RESERVED' | 'USED'

/** Some files of a workspace that have a property in common. */
export interface UsageRow extends FileTotal {
  readonly workspaceId: string
  readonly aspect: InUse | Other
  readonly name: string
  readonly state: number
  /** The day on which files of the trash leave it. */
  readonly day: Date | null
}

/** The files of a workspace at one moment. */
export interface WorkspaceUsage {
  readonly usedBytes: bigint
  readonly reservedBytes: bigint
  readonly files: FilesInUse
  readonly byCategory: { readonly category: string | null; readonly files: FilesInUse }[]
  readonly byMimeType: { readonly mimeType: string; readonly files: FilesInUse }[]
  readonly byOwnerType: { readonly ownerType: MediaOwnerType; readonly files: FilesInUse }[]
  readonly freedOn: { readonly day: Date; readonly files: FileTotal }[]
  readonly orphaned: FileTotal
  readonly pendingDeletion: FileTotal
  readonly thumbnails: FileTotal
}

/** How many categories are named. */
export const namedCategories = 100

const total = (files: readonly FileTotal[]): FileTotal => ({
  fileCount: files.reduce((sum, { fileCount }) => sum + fileCount, 0),
  sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0n),
})

const filesOf = (rows: readonly UsageRow[]): FilesInUse => {
  const [live, trashed, purging] = states.map((_state, index) =>
    total(rows.filter(({ state }) => state === index)),
  )
  const none = total([])
  return { live: live ?? none, trashed: trashed ?? none, purging: purging ?? none }
}

/** Rows by a property, in the order in which each value comes first. */
function grouped<Key>(rows: readonly UsageRow[], keyOf: (row: UsageRow) => Key): [Key, UsageRow[]][] {
  const groups = new Map<Key, UsageRow[]>()
  for (const row of rows) {
    const key = keyOf(row)
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [row])
  }
  return [...groups]
}

const descending = (a: bigint | string, b: bigint | string) => (a < b ? 1 : a > b ? -1 : 0)

/** Those with the most bytes first; among equals by name. */
function largestFirst(rows: readonly UsageRow[]) {
  const groups = grouped(rows, ({ name }) => name).map(([name, own]) => ({
    name,
    own,
    bytes: total(own).sizeBytes,
  }))
  return groups.sort((a, b) => descending(a.bytes, b.bytes) || descending(b.name, a.name))
}

function byCategory(rows: readonly UsageRow[]): WorkspaceUsage['byCategory'] {
  const groups = largestFirst(rows)
  const rest = groups.slice(namedCategories).flatMap(({ own }) => own)
  const named = groups
    .slice(0, namedCategories)
    .map(({ name, own }) => ({ category: name, files: filesOf(own) }))
  return rest.length === 0 ? named : [...named, { category: null, files: filesOf(rest) }]
}

function freedOn(rows: readonly UsageRow[]): WorkspaceUsage['freedOn'] {
  const leaving = rows.filter(({ day }) => day !== null)
  const days = grouped(leaving, ({ day }) => day?.getTime() ?? 0)
  return days.sort(([a], [b]) => a - b).map(([day, own]) => ({ day: new Date(day), files: total(own) }))
}

/** The answer that the rows of one workspace add up to. */
export function usageOf(rows: readonly UsageRow[]): WorkspaceUsage {
  const of = (sought: UsageRow['aspect']) => rows.filter(({ aspect }) => aspect === sought)
  return {
    usedBytes: total(of('USED')).sizeBytes,
    reservedBytes: total(of('RESERVED')).sizeBytes,
    files: filesOf(of('TOTAL')),
    byCategory: byCategory(of('CATEGORY')),
    byMimeType: largestFirst(of('MIME_TYPE')).map(({ name, own }) => ({
      mimeType: name,
      files: filesOf(own),
    })),
    byOwnerType: largestFirst(of('OWNER_TYPE')).map(({ name, own }) => ({
      ownerType: name as MediaOwnerType,
      files: filesOf(own),
    })),
    freedOn: freedOn(of('TOTAL')),
    orphaned: total(of('ORPHANED')),
    pendingDeletion: total(of('PENDING_DELETION')),
    thumbnails: total(of('THUMBNAILS')),
  }
}
