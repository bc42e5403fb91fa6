import type { KeyType } from '../domain/page.ts'
import { type ActiveTable, activityKey } from './library/activity.ts'
import type { ListedRevision } from './library/block-revisions.ts'
import type { CategoryRow } from './media/categories.ts'
import type { ListedReference } from './library/text-references.ts'
import type { Order } from './page.ts'
import type { AuditEventRow } from './people/audit.ts'
import type { BlobRow, Rows } from './rows.ts'
import type { NarrowRow } from './selections.ts'
import { identifier, sql } from './sql.ts'
import type { TaggableRef } from './tags/tags.ts'
import { type Member, rankOf } from './trash/deletion-members.ts'

/** The key of an order. */
type Key<Row> = Pick<Order<Row>, 'expression' | 'keyType' | 'keyOf' | 'partsIn' | 'id'>

/** Sorts by the time of creation, which is the id: ids are UUIDv7. */
const createdAt: Key<{ id: string }> = { expression: null, keyType: 'id', keyOf: ({ id }) => id }

/** Sorts by a column that reads of the list select as the sort key. */
const by = (column: string, keyType: KeyType): Key<object> => ({
  expression: identifier(column),
  keyType,
  keyOf: ({ sortKey = '' }) => (sortKey instanceof Date ? sortKey.toISOString() : String(sortKey)),
})

/** Sorts names and titles as people do. */
const byName = by('sort_key', 'name')

const updatedAt = by('updated_at', 'time')

/** The order that people arrange by hand. */
const position = by('position', 'text')

const reachedAt = by('reached_at', 'time')

/** Sorts by when something in an item last changed. */
const lastActivityAt = (table: ActiveTable): Key<object> => ({
  ...by('last_activity_at', 'time'),
  ...activityKey(table),
})

/** Media are read together with their blobs, which also have ids. */
const mediaId = sql`media.id`

/** The orders of each list that a client can choose, by the names of the API. */
const orders = {
  bookshelves: {
    POSITION: position,
    NAME: byName,
    CREATED_AT: createdAt,
    UPDATED_AT: updatedAt,
    LAST_ACTIVITY_AT: lastActivityAt('bookshelves'),
  },
  books: {
    POSITION: position,
    TITLE: byName,
    CREATED_AT: createdAt,
    UPDATED_AT: updatedAt,
    LAST_ACTIVITY_AT: lastActivityAt('books'),
  },
  blocks: { POSITION: position, CREATED_AT: createdAt, UPDATED_AT: updatedAt },
  checkpoints: {
    REACHED_AT: reachedAt,
    TITLE: byName,
    CREATED_AT: createdAt,
    UPDATED_AT: updatedAt,
  },
  checkpoint_markers: { POSITION: position, CREATED_AT: createdAt, UPDATED_AT: updatedAt },
  tags: {
    NAME: byName,
    USAGE_COUNT: by('usage_count', 'integer'),
    CREATED_AT: createdAt,
    UPDATED_AT: updatedAt,
  },
  media: {
    CREATED_AT: { ...by('media.created_at', 'time'), id: mediaId },
    FILE_NAME: { ...byName, id: mediaId },
    SIZE: { ...by('media.size_bytes', 'bytes'), id: mediaId },
  },
  workspaces: { NAME: byName, CREATED_AT: createdAt, UPDATED_AT: updatedAt },
  jobs: { CREATED_AT: createdAt },
  api_tokens: { CREATED_AT: createdAt },
  share_links: { CREATED_AT: createdAt },
  media_events: { OCCURRED_AT: by('occurred_at', 'time') },
} as const satisfies { [List in keyof Rows]?: Readonly<Record<string, Key<{ readonly id: string }>>> }

type Orders = typeof orders

/** The name of an order is part of its cursors: where two lists have the same name, their cursors are the same. */
const nameOf = (list: string, field: string, descending: boolean) =>
  descending ? `${list}:${field}:DESC` : `${list}:${field}`

/** The fields that a list can be sorted by. */
export type OrderField<List extends keyof Orders> = keyof Orders[List] & string

/** An order of rows by what reads of their list select beside them. */
type ListOrder = Order<{ readonly id: string }>

/** The order that a client chose for a list. */
export function chosenOrder<List extends keyof Orders>(
  list: List,
  field: OrderField<List>,
  direction: 'ASC' | 'DESC' | undefined,
): ListOrder {
  // `satisfies` has checked each key of `orders`.
  const key = orders[list][field] as Key<{ readonly id: string }>
  const descending = direction === 'DESC'
  return { ...key, name: nameOf(list, field, descending), descending }
}

/** The order of the audit trail. Its reads select whole rows. */
export const auditOrder = (direction: 'ASC' | 'DESC'): Order<AuditEventRow> => ({
  ...by('occurred_at', 'time'),
  keyOf: ({ occurredAt }) => occurredAt.toISOString(),
  name: nameOf('audit', 'OCCURRED_AT', direction === 'DESC'),
  descending: direction === 'DESC',
})

/** The order of the trash. Its reads select whole rows. */
export const deletionOrder = (direction: 'ASC' | 'DESC' | undefined): Order<Rows['deletions']> => ({
  ...by('deleted_at', 'time'),
  keyOf: ({ deletedAt }) => deletedAt.toISOString(),
  name: nameOf('deletions', 'DELETED_AT', direction === 'DESC'),
  descending: direction === 'DESC',
})

/** The order of the workspaces in the trash. Its reads select whole rows. */
export const trashedWorkspaceOrder = (direction: 'ASC' | 'DESC'): Order<Rows['workspaces']> => ({
  ...by('deleted_at', 'time'),
  keyOf: ({ deletedAt }) => deletedAt?.toISOString() ?? '',
  name: nameOf('trashed_workspaces', 'DELETED_AT', direction === 'DESC'),
  descending: direction === 'DESC',
})

/** The order of the tags without a parent, by name: one index has them by their parent and by name. */
export const atTopLevel = (order: ListOrder): ListOrder =>
  order.expression === byName.expression ? { ...order, allNull: sql`parent_id` } : order

/** The objects that have a tag: newest first, which is by id. */
export const taggedOrder: Order<TaggableRef> = { ...createdAt, name: 'tagged', descending: true }

/** What a deletion holds: from the top of the library down, then by id. */
export const memberOrder: Order<Member> = {
  name: 'members',
  expression: sql`rank`,
  descending: false,
  keyType: 'integer',
  keyOf: ({ kind }) => String(rankOf(kind)),
}

/** The revisions of a block: newest first. */
export const revisionOrder: Order<ListedRevision> = {
  name: 'revisions',
  expression: sql`number`,
  descending: true,
  keyType: 'integer',
  keyOf: (row) => String(row.number),
}

/** What a text names, in the order of the text. */
export const referenceOrder: Order<ListedReference> = {
  name: 'references',
  expression: sql`place`,
  descending: false,
  keyType: 'integer',
  keyOf: ({ place }) => String(place),
}

/** The blocks that name an item: newest first, which is by id. */
export const namingOrder: ListOrder = { ...createdAt, name: 'naming', descending: true }

/** The results of a search: best first. `asked` names the query and its conditions. */
export const searchOrder = <Row extends { rank: number }>(asked: string): Order<Row> => ({
  name: `search:${asked}`,
  expression: sql`rank`,
  descending: true,
  keyType: 'integer',
  keyOf: ({ rank }) => String(rank),
})

/** The stored files of a workspace. */
const storedFileKeys = {
  CREATED_AT: by('created_at', 'time'),
  SIZE: by('size_bytes', 'bytes'),
} as const

/** The order of the stored files that a client chose. */
export const storedFileOrder = (field: keyof typeof storedFileKeys, descending: boolean): Order<BlobRow> => ({
  ...storedFileKeys[field],
  name: nameOf('storedFiles', field, descending),
  descending,
})

/** The media items of a stored file: newest first, which is by id. */
export const usageOrder: Order<NarrowRow<'media'>> = {
  ...createdAt,
  id: mediaId,
  name: 'usages',
  descending: true,
}

/** The categories of media, by name. */
export const categoryOrder: Order<CategoryRow> = {
  name: 'categories',
  expression: sql`name`,
  descending: false,
  keyType: 'text',
  keyOf: ({ name }) => name,
}
