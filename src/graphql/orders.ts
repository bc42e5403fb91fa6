import type { ListedRevision } from '../db/library/block-revisions.ts'
import { type Member, rankOf } from '../db/trash/deletion-members.ts'
import type { Order } from '../db/page.ts'
import type {
  BlockRow,
  BookRow,
  BookshelfRow,
  CheckpointRow,
  DeletionRow,
  JobRow,
  MediaEventRow,
  TagRow,
  WorkspaceRow,
} from '../db/rows.ts'
import type { TaggableRef } from '../db/tags/tags.ts'

interface Dated {
  readonly id: string
  readonly updatedAt: Date
}

/** The order people arrange by hand. */
export const positionOrder = <Row extends { position: string }>(list: string): Order<Row> => ({
  name: `${list}:POSITION`,
  expression: 'position',
  descending: false,
  keyType: 'text',
  keyOf: (row) => row.position,
})

// By time of creation is by id: ids are UUIDv7.
const createdAt = { expression: null, keyType: 'id', keyOf: (row: { id: string }) => row.id } as const
const updatedAt = {
  expression: 'updated_at',
  keyType: 'time',
  keyOf: (row: Dated) => row.updatedAt.toISOString(),
} as const
const byText = (expression: string) =>
  ({ expression, keyType: 'text', keyOf: (row: { sortKey?: string }) => row.sortKey ?? '' }) as const
const position = {
  expression: 'position',
  keyType: 'text',
  keyOf: (row: { position: string }) => row.position,
} as const
const tagName = {
  expression: 'name_key',
  keyType: 'text',
  keyOf: (row: Pick<TagRow, 'nameKey'>) => row.nameKey,
} as const

const orders = {
  bookshelves: {
    POSITION: position,
    NAME: byText('lower(name)'),
    CREATED_AT: createdAt,
    UPDATED_AT: updatedAt,
  },
  books: { POSITION: position, TITLE: byText('lower(title)'), CREATED_AT: createdAt, UPDATED_AT: updatedAt },
  blocks: { POSITION: position, CREATED_AT: createdAt, UPDATED_AT: updatedAt },
  checkpoints: {
    REACHED_AT: {
      expression: 'reached_at',
      keyType: 'time',
      keyOf: (row: Pick<CheckpointRow, 'reachedAt'>) => row.reachedAt.toISOString(),
    },
    TITLE: byText('lower(title)'),
    CREATED_AT: createdAt,
    UPDATED_AT: updatedAt,
  },
  tags: {
    NAME: tagName,
    USAGE_COUNT: {
      expression: 'usage_count',
      keyType: 'integer',
      keyOf: (row: Pick<TagRow, 'usageCount'>) => String(row.usageCount),
    },
    CREATED_AT: createdAt,
    UPDATED_AT: updatedAt,
  },
  workspaces: { NAME: byText('lower(name)'), CREATED_AT: createdAt, UPDATED_AT: updatedAt },
  jobs: { CREATED_AT: createdAt },
  trash: {
    DELETED_AT: {
      expression: 'deleted_at',
      keyType: 'time',
      keyOf: (row: Pick<DeletionRow, 'deletedAt'>) => row.deletedAt.toISOString(),
    },
  },
  mediaEvents: {
    OCCURRED_AT: {
      expression: 'occurred_at',
      keyType: 'time',
      keyOf: (row: Pick<MediaEventRow, 'occurredAt'>) => row.occurredAt.toISOString(),
    },
  },
} as const

interface ListRows {
  bookshelves: BookshelfRow
  books: BookRow
  blocks: BlockRow
  checkpoints: CheckpointRow
  tags: TagRow
  workspaces: WorkspaceRow
  jobs: JobRow
  trash: DeletionRow
  mediaEvents: MediaEventRow
}

/** The order a client chose for a root list. */
export function chosenOrder<List extends keyof typeof orders>(
  list: List,
  field: keyof (typeof orders)[List] & string,
  direction: 'ASC' | 'DESC' | undefined,
): Order<ListRows[List]> {
  const order = orders[list][field] as Omit<Order<ListRows[List]>, 'name' | 'descending'>
  const descending = direction === 'DESC'
  // The name of the order by hand is that of the nested list: their cursors are the same.
  return { ...order, name: descending ? `${list}:${field}:DESC` : `${list}:${field}`, descending }
}

/** The tags below one. */
export const childTagOrder = chosenOrder('tags', 'NAME', 'ASC')

/** The same of the tags without a parent. */
export const topLevelTagOrder = { ...childTagOrder, allNull: 'parent_id' }

/** What has a tag: newest first, which is by id. */
export const taggedOrder: Order<TaggableRef> = {
  name: 'tagged',
  expression: null,
  descending: true,
  keyType: 'id',
  keyOf: (row) => row.id,
}

/** What a deletion holds: from the top of the library down, then by id. */
export const memberOrder: Order<Member> = {
  name: 'members',
  expression: 'rank',
  descending: false,
  keyType: 'integer',
  keyOf: ({ kind }) => String(rankOf(kind)),
}

/** The revisions of a block: newest first. */
export const revisionOrder: Order<ListedRevision> = {
  name: 'revisions',
  expression: 'number',
  descending: true,
  keyType: 'integer',
  keyOf: (row) => String(row.number),
}

/** Search: best first. `asked` names the query and its conditions. */
export const searchOrder = <Row extends { rank: number }>(asked: string): Order<Row> => ({
  name: `search:${asked}`,
  expression: 'rank',
  descending: true,
  keyType: 'integer',
  keyOf: ({ rank }) => String(rank),
})
