import type { SoughtPart } from '../../domain/library-search.ts'
import type { MediaOwnerType, MediaRole } from '../../domain/slots.ts'
import { isUuid, zeroUuid } from '../../domain/text.ts'
import { literal, or, type Sql, sql } from '../sql.ts'

/** Which live media to list. A field that is undefined or null is no condition. */
export interface MediaFilter {
  /** In one of these slots. */
  readonly slots?:
    readonly { readonly ownerType: MediaOwnerType; readonly role: MediaRole }[] | null | undefined
  readonly roles?: readonly MediaRole[] | null | undefined
  readonly ownerTypes?: readonly MediaOwnerType[] | null | undefined
  readonly ownerId?: string | null | undefined
  /** Whole types, and beginnings as in `image/`. */
  readonly mimeTypes?: readonly string[] | null | undefined
  readonly categories?: readonly string[] | null | undefined
  readonly createdBy?: string | null | undefined
  readonly createdSince?: Date | null | undefined
  readonly createdBefore?: Date | null | undefined
  readonly largerThanBytes?: bigint | null | undefined
  readonly smallerThanBytes?: bigint | null | undefined
  /** Whether no other live media item has the same bytes. */
  readonly unusedElsewhere?: boolean | null | undefined
  /** A part of the file name, the alternative text or the caption. */
  readonly text?: SoughtPart | null | undefined
}

const ownedBy: Readonly<Record<MediaOwnerType, Sql>> = {
  BOOKSHELF: sql`media.bookshelf_id is not null`,
  BOOK: sql`media.book_id is not null`,
  BLOCK: sql`media.block_id is not null`,
  CHECKPOINT_MARKER: sql`media.marker_id is not null`,
}

const hasRole = (role: MediaRole) => sql`media.role = ${literal(role)}`

/** PostgreSQL reads an index in its order for one value only. */
const isOneOf = (column: Sql, values: readonly string[]) =>
  values.length === 1 ? sql`${column} = ${values[0]}` : sql`${column} = any(${values}::text[])`

/** A type, or all types that begin with `image/`: `0` follows `/`. */
const hasType = (mimeType: string) =>
  mimeType.endsWith('/')
    ? sql`(media.mime_type >= ${mimeType} and media.mime_type < ${mimeType.slice(0, -1)} || '0')`
    : sql`media.mime_type = ${mimeType}`

/** OFFSET makes PostgreSQL look up each row's bytes instead of comparing all rows with all. */
const another = sql`exists (select from media as other where other.workspace_id = media.workspace_id
  and other.blob_id = media.blob_id and other.id <> media.id and other.deletion_id is null offset 0)`

/** The same where few bytes are used several times: those have an index. */
const usedElsewhere = sql`(media.blob_id in (select id from blobs
  where blobs.workspace_id = media.workspace_id and ref_count > 1) and ${another})`

/** Writes the condition that each field stands for; that of the text is not on the media themselves. */
const writers: {
  readonly [Name in Exclude<keyof MediaFilter, 'text'>]-?: (value: NonNullable<MediaFilter[Name]>) => Sql
} = {
  slots: (slots) =>
    sql`(${or(slots.map(({ ownerType, role }) => sql`(${hasRole(role)} and ${ownedBy[ownerType]})`))})`,
  roles: (roles) => sql`(${or(roles.map(hasRole))})`,
  ownerTypes: (types) => sql`(${or(types.map((type) => ownedBy[type]))})`,
  ownerId: (id) => sql`media.owner_id = ${isUuid(id) ? id : zeroUuid}::uuid`,
  mimeTypes: (types) => sql`(${or(types.map(hasType))})`,
  categories: (categories) => isOneOf(sql`media.category`, categories),
  createdBy: (id) => (id.includes('\0') ? sql`false` : sql`media.created_by = ${id}`),
  createdSince: (time) => sql`media.created_at >= ${time}::timestamptz`,
  createdBefore: (time) => sql`media.created_at < ${time}::timestamptz`,
  largerThanBytes: (bytes) => sql`media.size_bytes > ${bytes}::bigint`,
  smallerThanBytes: (bytes) => sql`media.size_bytes < ${bytes}::bigint`,
  unusedElsewhere: (is) => (is ? sql`not ${another}` : usedElsewhere),
}

/** The conditions of a filter on the rows of media, except for that of the text. */
export function mediaConditions(workspaceId: string, filter: MediaFilter): Sql[] {
  const names = Object.keys(writers) as (keyof typeof writers)[]
  const written = names.flatMap((name) => {
    const value = filter[name]
    return value == null ? [] : [(writers[name] as (given: typeof value) => Sql)(value)]
  })
  return [sql`media.workspace_id = ${workspaceId}::uuid`, sql`media.deletion_id is null`, ...written]
}
