import { isUuid, zeroUuid } from '../domain/text.ts'
import type { Condition } from './page.ts'
import { identifier, type Sql, sql } from './sql.ts'
import { hasNameKey } from './tags/tag-tree.ts'

/** Writes the condition that a value of a filter stands for. */
type Write<Value> = (value: Value) => Sql

// No row has the zero UUID: a malformed id finds nothing.
const isId =
  (column: string): Write<string> =>
  (id) =>
    sql`${identifier(column)} = ${isUuid(id) ? id : zeroUuid}::uuid`

// PostgreSQL stores no text with a NUL and refuses one as a parameter.
const hasTagName: Write<string> = (key) => (key.includes('\0') ? sql`false` : hasNameKey(key))

const isOneOf =
  <Value extends string>(column: string, type: string): Write<readonly Value[]> =>
  (values) =>
    sql`${identifier(column)} = any(${values}::${identifier(type)}[])`

const isSince =
  (column: string): Write<Date> =>
  (time) =>
    sql`${identifier(column)} >= ${time}::timestamptz`

const isBefore =
  (column: string): Write<Date> =>
  (time) =>
    sql`${identifier(column)} < ${time}::timestamptz`

/** The filters of each list by name. A filter of the API has the same names. */
const filters = {
  workspaces: { updatedSince: isSince('updated_at') },
  bookshelves: { updatedSince: isSince('updated_at') },
  books: {
    bookshelfId: isId('bookshelf_id'),
    statuses: isOneOf('status', 'book_status'),
    updatedSince: isSince('updated_at'),
  },
  blocks: {
    bookId: isId('book_id'),
    kinds: isOneOf('kind', 'block_kind'),
    updatedSince: isSince('updated_at'),
  },
  checkpoints: {
    bookId: isId('book_id'),
    reachedSince: isSince('reached_at'),
    reachedBefore: isBefore('reached_at'),
    updatedSince: isSince('updated_at'),
  },
  tags: {
    topLevel: ((is: boolean) =>
      is ? sql`parent_id is null` : sql`parent_id is not null`) satisfies Write<boolean>,
    parentId: isId('parent_id'),
    nameKey: hasTagName,
    updatedSince: isSince('updated_at'),
  },
  media_events: {
    mediaId: (id: string) => sql`media_ids @> array[${isUuid(id) ? id : zeroUuid}::uuid]`,
    ownerId: isId('owner_id'),
    requestId: isId('request_id'),
    decisions: isOneOf('decision', 'media_decision'),
    occurredSince: isSince('occurred_at'),
    occurredBefore: isBefore('occurred_at'),
  },
  jobs: { names: isOneOf('name', 'text'), statuses: isOneOf('status', 'job_status') },
} as const

type Filters = typeof filters
type Given<Writers> = {
  readonly [Name in keyof Writers]?: Writers[Name] extends Write<infer Value>
    ? Value | null | undefined
    : never
}

/** The conditions of a filter. A field that is null or left out is none. */
export function conditionsOf<List extends keyof Filters>(
  list: List,
  given: Given<Filters[List]>,
): Condition[] {
  const writers: Readonly<Record<string, Write<never>>> = filters[list]
  return Object.entries(given).flatMap(([name, value]) => {
    if (value == null) return []
    const write = writers[name]
    if (!write) throw new Error(`There is no filter ${name} of ${list}.`)
    return [{ sql: write(value as never) }]
  })
}
