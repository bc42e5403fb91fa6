import type { Page } from '../../domain/page.ts'
import { asPage, directionOf, listCount, type Order, type PageOf, pageSelect, type SortKey } from '../page.ts'
import { tableOfKind } from '../rows.ts'
import { identifier, literal, type Queryable, sql, unionAll } from '../sql.ts'
import { activityKey } from './activity.ts'

/** The types of recent items. */
export const recentTypes = ['BOOKSHELF', 'BOOK'] as const

export type RecentType = (typeof recentTypes)[number]

/** A bookshelf or a book, by what its activity sorts it by. */
export interface RecentItem {
  readonly id: string
  readonly type: RecentType
  readonly sortKey: Date
}

/** By activity, newest first. */
export const recentOrder: Order<{ readonly id: string }> = {
  ...activityKey('books'),
  name: 'recent',
  descending: true,
  keyOf: ({ sortKey }: { sortKey?: SortKey }) => (sortKey instanceof Date ? sortKey.toISOString() : ''),
}

const inOrder = (type: RecentType, workspaceId: string, page: Page) => {
  const table = tableOfKind[type]
  return sql`(${pageSelect({ ...recentOrder, ...activityKey(table) }, page, {
    workspaceId,
    columns: sql`id, ${literal(type)} as type`,
    from: identifier(table),
    where: [sql`workspace_id = ${workspaceId}::uuid`, sql`deletion_id is null`],
  })})`
}

/** A page of what was recently worked on, in one statement. */
export async function recentPage(
  db: Queryable,
  workspaceId: string,
  types: readonly RecentType[],
  page: Page,
): Promise<PageOf<RecentItem>> {
  if (types.length === 0) return asPage<RecentItem>([], page)
  const direction = directionOf(recentOrder, page)
  const lists = unionAll(types.map((type) => inOrder(type, workspaceId, page)))
  const rows = await db.query<RecentItem>(sql`select * from (${lists}) as item
    order by "sortKey" ${direction}, id ${direction} limit ${page.limit + 1}::int`)
  return asPage(rows, page)
}

/** How many there are. */
export async function recentCount(db: Queryable, workspaceId: string, types: readonly RecentType[]) {
  const counts = types.map((type) => listCount(db, tableOfKind[type], workspaceId, []))
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
}
