import type { KeyType, Page } from '../domain/page.ts'
import { type Db, read } from './client.ts'
import { type Parameters, parameters } from './parameters.ts'
import type { Rows, Table, WorkspaceRow } from './rows.ts'
import { columnsFor, selections } from './selections.ts'

/** An order of a list: what it sorts by, with the id as the tie-breaker. */
export interface Order<Row> {
  /** Part of the cursors, so that a cursor fits one order only. */
  readonly name: string
  /** The SQL sorted by; `null` is the id alone. */
  readonly expression: string | null
  readonly descending: boolean
  /** A column that is null in the whole list and comes before the others in its index, which PostgreSQL misses otherwise. */
  readonly allNull?: string
  readonly keyType: KeyType
  readonly keyOf: (row: Row & { sortKey?: string }) => string
}

/** A condition with `?` for its value, if it has one, e.g. `['kind = any(?::block_kind[])', kinds]`. */
export type Condition = readonly [sql: string, value?: unknown]

export interface PageOf<Row> {
  readonly rows: Row[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

const casts: Record<KeyType, string> = {
  text: '::text',
  time: '::timestamptz',
  integer: '::int',
  id: '::uuid',
}

/** The conditions and the order of one page. Keyset: the page begins at an index entry, however far in it is. */
export function keyset<Row>(parameters: Parameters, order: Order<Row>, page: Page) {
  const { expression, keyType } = order
  const conditions: string[] = []
  for (const side of ['after', 'before'] as const) {
    const cursor = page[side]
    if (!cursor) continue
    const operator = (side === 'after') === order.descending ? '<' : '>'
    const id = `${parameters.add(cursor.id)}::uuid`
    conditions.push(
      expression
        ? `(${expression}, id) ${operator} (${parameters.add(cursor.key)}${casts[keyType]}, ${id})`
        : `id ${operator} ${id}`,
    )
  }
  const direction = order.descending === page.backward ? 'asc' : 'desc'
  const orderBy = [order.allNull, expression, 'id'].filter(Boolean).map((column) => `${column} ${direction}`)
  return { conditions, orderBy: orderBy.join(', '), limit: parameters.add(page.limit + 1) }
}

/** The page among what was fetched for it, which is one more than it may hold when there is more. */
export function asPage<Row>(fetched: Row[], page: Page): PageOf<Row> {
  const more = fetched.length > page.limit
  const rows = more ? fetched.slice(0, page.limit) : fetched
  if (page.backward) rows.reverse()
  return {
    rows,
    hasNextPage: page.before !== null || (!page.backward && more),
    hasPreviousPage: page.after !== null || (page.backward && more),
  }
}

const live = 'deletion_id is null'

/** What a list of a table holds, when it is not said otherwise. */
const scope: Record<Exclude<Table, 'media'>, string> = {
  bookshelves: live,
  books: live,
  blocks: live,
  checkpoints: live,
  checkpoint_markers: live,
  tags: live,
  deletions: 'restored_at is null and purged_at is null',
  media_events: 'true',
  jobs: 'true',
}

export type ListTable = keyof typeof scope

/** Conditions with placeholders. */
export const bound = (parameters: Pick<Parameters, 'add'>, conditions: readonly Condition[]) =>
  conditions.map(([sql, value]) => sql.replace('?', () => parameters.add(value)))

function where(
  parameters: Parameters,
  table: ListTable,
  workspaceId: string,
  conditions: readonly Condition[],
) {
  return [
    `workspace_id = ${parameters.add(workspaceId)}::uuid`,
    scope[table],
    ...bound(parameters, conditions),
  ]
}

/** What a row is sorted by, where no field of it is that. */
const sortKey = <Row>({ keyType, expression }: Order<Row>) =>
  keyType === 'text' ? `, ${expression} as "sortKey"` : ''

/** One page of a workspace's list. */
export async function listPage<T extends ListTable>(
  db: Db,
  table: T,
  workspaceId: string,
  conditions: readonly Condition[],
  order: Order<Rows[T]>,
  page: Page,
): Promise<PageOf<Rows[T]>> {
  const list = parameters()
  const filters = where(list, table, workspaceId, conditions)
  const { conditions: bounds, orderBy, limit } = keyset(list, order, page)
  const { columns, from } = selections[table]
  const text = `select ${columns}${sortKey(order)} from ${from} where ${[...filters, ...bounds].join(' and ')}
    order by ${orderBy} limit ${limit}`
  return asPage(await read<Rows[T]>(db, text, list.values), page)
}

/** How many there are in a workspace's list. */
export async function listCount(
  db: Db,
  table: ListTable,
  workspaceId: string,
  conditions: readonly Condition[],
): Promise<number> {
  const list = parameters()
  const filters = where(list, table, workspaceId, conditions)
  const text = `select count(*)::int as count from ${table} where ${filters.join(' and ')}`
  const [row] = await read<{ count: number }>(db, text, list.values)
  return row?.count ?? 0
}

/** What is listed below something. */
export const childLists = {
  books: 'bookshelf_id',
  blocks: 'book_id',
  checkpoints: 'book_id',
  checkpoint_markers: 'checkpoint_id',
  tags: 'parent_id',
} as const

export type ChildTable = keyof typeof childLists

/** The same page of every parent's list, by parent, in one statement. Only the given fields are read of each row. */
export async function childPages<T extends ChildTable>(
  db: Db,
  table: T,
  workspaceId: string,
  parentIds: readonly string[],
  order: Order<Rows[T]>,
  page: Page,
  fields: readonly string[],
): Promise<Map<string, PageOf<Rows[T]>>> {
  const list = parameters()
  const parents = list.add(parentIds)
  const filters = [...where(list, table, workspaceId, []), `${childLists[table]} = parent.parent_id`]
  const { conditions: bounds, orderBy, limit } = keyset(list, order, page)
  const text = `select child.*, parent_id as "parentId" from unnest(${parents}::uuid[]) as parent (parent_id)
    cross join lateral (
      select ${columnsFor(table, fields)} from ${table}
      where ${[...filters, ...bounds].join(' and ')} order by ${orderBy} limit ${limit}
    ) as child`
  const byParent = new Map<string, Rows[T][]>(parentIds.map((id) => [id, []]))
  for (const row of await read<Rows[T] & { parentId: string }>(db, text, list.values)) {
    byParent.get(row.parentId)?.push(row)
  }
  return new Map([...byParent].map(([id, rows]) => [id, asPage(rows, page)]))
}

/** How many live children each parent has, in one statement. */
export async function childCounts(
  db: Db,
  table: ChildTable,
  workspaceId: string,
  parentIds: readonly string[],
): Promise<Map<string, number>> {
  const column = childLists[table]
  const text = `select ${column} as id, count(*)::int as count from ${table}
    where workspace_id = $1::uuid and ${column} = any($2::uuid[]) and ${live} group by ${column}`
  const rows = await read<{ id: string; count: number }>(db, text, [workspaceId, parentIds])
  return new Map(rows.map(({ id, count }) => [id, count]))
}

/** One page of all workspaces. */
export async function workspacePage(
  db: Db,
  conditions: readonly Condition[],
  order: Order<WorkspaceRow>,
  page: Page,
): Promise<PageOf<WorkspaceRow>> {
  const list = parameters()
  const filters = bound(list, conditions)
  const { conditions: bounds, orderBy, limit } = keyset(list, order, page)
  const text = `select id, name, plan, quota_bytes as "quotaBytes", used_bytes as "usedBytes", version,
      created_at as "createdAt", updated_at as "updatedAt"${sortKey(order)} from workspaces
    where ${['true', ...filters, ...bounds].join(' and ')} order by ${orderBy} limit ${limit}`
  return asPage(await read<WorkspaceRow>(db, text, list.values), page)
}

/** How many workspaces there are. */
export async function workspaceCount(db: Db, conditions: readonly Condition[]): Promise<number> {
  const list = parameters()
  const filters = ['true', ...bound(list, conditions)].join(' and ')
  const text = `select count(*)::int as count from workspaces where ${filters}`
  return (await read<{ count: number }>(db, text, list.values))[0]?.count ?? 0
}
