import type { Page } from '../domain/page.ts'
import { type Condition, countsById, type Order, type PageOf, pagesBy, pageSelect } from './page.ts'
import { columnsFor, type NarrowRow } from './selections.ts'
import { and, identifier, type Queryable, sql } from './sql.ts'

/** The column of the parent in each table that is listed below one. */
export const childLists = {
  books: 'bookshelf_id',
  blocks: 'book_id',
  checkpoints: 'book_id',
  checkpoint_markers: 'checkpoint_id',
  tags: 'parent_id',
} as const

export type ChildTable = keyof typeof childLists

/** A list below each of several parents. */
export interface ChildList<T extends ChildTable> {
  readonly table: T
  readonly workspaceId: string
  readonly parentIds: readonly string[]
  readonly conditions: readonly Condition[]
}

const wanted = ({ workspaceId, conditions }: ChildList<ChildTable>) => [
  sql`workspace_id = ${workspaceId}::uuid`,
  sql`deletion_id is null`,
  ...conditions.map((condition) => condition.sql),
]

/** The same page of every parent's list, by parent, with one statement. Reads only the given fields of each row. */
export async function childPages<T extends ChildTable>(
  db: Queryable,
  list: ChildList<T>,
  order: Order<NarrowRow<T>>,
  page: Page,
  fields: readonly string[],
): Promise<Map<string, PageOf<NarrowRow<T>>>> {
  const { table, workspaceId, parentIds } = list
  const ofParent = sql`${identifier(childLists[table])} = parent.parent_id`
  const select = pageSelect(order, page, {
    workspaceId,
    columns: columnsFor(table, fields),
    from: identifier(table),
    where: [...wanted(list), ofParent],
  })
  const rows = await db.query<NarrowRow<T> & { parentId: string }>(sql`
    select child.*, parent_id as "parentId" from unnest(${parentIds}::uuid[]) as parent (parent_id)
    cross join lateral (${select}) as child`)
  return pagesBy(parentIds, rows, ({ parentId }) => parentId, page)
}

const ofParents = ({ table, parentIds }: ChildList<ChildTable>) =>
  sql`${identifier(childLists[table])} = any(${parentIds}::uuid[])`

/** The number of rows in each parent's list, with one statement. */
export async function childCounts<T extends ChildTable>(
  db: Queryable,
  list: ChildList<T>,
): Promise<Map<string, number>> {
  const column = identifier(childLists[list.table])
  return countsById(
    await db.query(sql`select ${column} as id, count(*)::int as count from ${identifier(list.table)}
      where ${and([...wanted(list), ofParents(list)])} group by ${column}`),
  )
}

/** The lists whose rows are of kinds that can be counted, with the column. */
export const kindColumns = { books: 'status', blocks: 'kind' } as const

export type KindTable = keyof typeof kindColumns

/** Numbers of rows by kind. A kind without rows has none. */
export type KindCounts = Readonly<Record<string, number>>

/** The number of rows of each kind in each parent's list, with one statement. */
export async function childKindCounts<T extends KindTable>(
  db: Queryable,
  list: ChildList<T>,
): Promise<Map<string, KindCounts>> {
  const [parent, kind] = [identifier(childLists[list.table]), identifier(kindColumns[list.table])]
  return kindCountsById(
    await db.query(sql`
      select ${parent} as id, ${kind}::text as kind, count(*)::int as count from ${identifier(list.table)}
      where ${and([...wanted(list), ofParents(list)])} group by ${parent}, ${kind}`),
  )
}

/** Counts by the ID that they are of, and by kind. */
export function kindCountsById(
  rows: readonly { readonly id: string; readonly kind: string; readonly count: number }[],
): Map<string, KindCounts> {
  const counts = new Map<string, KindCounts>()
  for (const { id, kind, count } of rows) counts.set(id, { ...counts.get(id), [kind]: count })
  return counts
}

/** The number of rows of each kind in a workspace's list. */
export async function kindCounts(
  db: Queryable,
  table: KindTable,
  workspaceId: string,
  conditions: readonly Condition[],
): Promise<KindCounts> {
  const kind = identifier(kindColumns[table])
  const rows = await db.query<{ kind: string; count: number }>(sql`
    select ${kind}::text as kind, count(*)::int as count from ${identifier(table)}
    where ${and(wanted({ table, workspaceId, parentIds: [], conditions }))} group by ${kind}`)
  return Object.fromEntries(rows.map((row) => [row.kind, row.count]))
}
