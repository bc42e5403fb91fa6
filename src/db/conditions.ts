import { isUuid, zeroUuid } from '../domain/text.ts'
import type { Condition } from './page.ts'
import { and, empty, identifier, or, type Sql, sql } from './sql.ts'
import { nameKey } from '../domain/tag-tree.ts'
import { activeBefore, activeSince } from './library/activity.ts'
import { isCreatedBy } from './library/author-filter.ts'
import { hasNameKey } from './tags/tag-tree.ts'

/** Writes the condition that a value of a filter stands for. */
type Write<Value> = (value: Value, workspaceId: string) => Sql

// No row has the zero UUID: a malformed id finds nothing.
const isId =
  (column: string): Write<string> =>
  (id) =>
    sql`${identifier(column)} = ${isUuid(id) ? id : zeroUuid}::uuid`

// PostgreSQL stores no text with a NUL and refuses one as a parameter.
const hasTagName: Write<string> = (name) => (name.includes('\0') ? sql`false` : hasNameKey(nameKey(name)))

/** PostgreSQL refuses a text with a NUL as a parameter. */
const isText =
  (column: string): Write<string> =>
  (text) =>
    text.includes('\0') ? sql`false` : sql`${identifier(column)} = ${text}`

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

/** When a row was created and changed. */
const dates = {
  createdSince: isSince('created_at'),
  createdBefore: isBefore('created_at'),
  updatedSince: isSince('updated_at'),
  updatedBefore: isBefore('updated_at'),
}

/** The same, and by whom it was created. */
const authored = { ...dates, createdBy: isCreatedBy }

const active = { lastActivitySince: activeSince, lastActivityBefore: activeBefore }

/** The row has a live cover. Checked row by row: OFFSET keeps PostgreSQL from making it a join. */
const hasCover =
  (table: 'bookshelves' | 'books'): Write<boolean> =>
  (wanted) =>
    sql`${wanted ? empty : sql`not`} exists (select from media cover
      where cover.workspace_id = ${identifier(`${table}.workspace_id`)}
        and cover.owner_id = ${identifier(`${table}.id`)} and cover.role = 'COVER' and cover.deletion_id is null offset 0)`

/** The filters of each list by name. A filter of the API has the same names. */
const filters = {
  workspaces: dates,
  trashed_workspaces: { deletedSince: isSince('deleted_at'), deletedBefore: isBefore('deleted_at') },
  bookshelves: { ...authored, ...active, hasCover: hasCover('bookshelves') },
  books: {
    bookshelfId: isId('bookshelf_id'),
    statuses: isOneOf('status', 'book_status'),
    ...authored,
    ...active,
    hasCover: hasCover('books'),
  },
  blocks: {
    bookId: isId('book_id'),
    kinds: isOneOf('kind', 'block_kind'),
    ...authored,
  },
  checkpoints: {
    bookId: isId('book_id'),
    reachedSince: isSince('reached_at'),
    reachedBefore: isBefore('reached_at'),
    ...authored,
  },
  checkpoint_markers: authored,
  tags: {
    topLevel: ((is: boolean) =>
      is ? sql`parent_id is null` : sql`parent_id is not null`) satisfies Write<boolean>,
    parentId: isId('parent_id'),
    name: hasTagName,
    ...authored,
  },
  media_events: {
    mediaId: (id: string) => sql`media_ids @> array[${isUuid(id) ? id : zeroUuid}::uuid]`,
    ownerId: isId('owner_id'),
    requestId: isId('request_id'),
    decisions: isOneOf('decision', 'media_decision'),
    occurredSince: isSince('occurred_at'),
    occurredBefore: isBefore('occurred_at'),
  },
  audit_events: {
    actions: (actions: readonly string[]) => sql`action = any(${actions}::text[])`,
    actorId: isText('actor_id'),
    subjectId: isText('subject_id'),
    workspaceId: isId('workspace_id'),
    occurredSince: isSince('occurred_at'),
    occurredBefore: isBefore('occurred_at'),
  },
  api_tokens: { userId: isId('user_id') },
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
  workspaceId: string = zeroUuid,
): Condition[] {
  const writers: Readonly<Record<string, Write<never>>> = filters[list]
  return Object.entries(given).flatMap(([name, value]) => {
    if (value == null) return []
    const write = writers[name]
    if (!write) throw new Error(`There is no filter ${name} of ${list}.`)
    return [{ sql: write(value as never, workspaceId) }]
  })
}

const together = (conditions: readonly Condition[]) =>
  sql`(${and(conditions.map((condition) => condition.sql))})`

/** At least one of the groups is met; of no group none is. */
export const anyOf = (groups: readonly (readonly Condition[])[]): Condition => ({
  sql: sql`(${or(groups.map(together))})`,
})

/** All conditions of a group are met. */
export const allOf = (group: readonly Condition[]): Condition => ({ sql: together(group) })

/** Not all conditions of a group are met. A condition on what a row lacks is not met. */
export const notAllOf = (group: readonly Condition[]): Condition => ({
  sql: sql`${together(group)} is not true`,
})
