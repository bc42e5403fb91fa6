import type { KeyType, Page } from '../domain/page.ts'
import type { Rows } from './rows.ts'
import { selections } from './selections.ts'
import { and, empty, identifier, list, type Queryable, type Sql, sql, unionAll } from './sql.ts'

/** What a row is sorted by, as the database gives it. */
export type SortKey = string | number | bigint | Date

/** The rows of a list that are in order by one expression. */
export interface OrderPart {
  readonly condition: Sql
  readonly expression: Sql
}

/** An order of a list: the key it sorts by, with the id as the tie-breaker. */
export interface Order<Row> {
  /** Part of the cursors, so that a cursor fits only one order. */
  readonly name: string
  /** Sorted by; `null` is the id alone. */
  readonly expression: Sql | null
  readonly descending: boolean
  /** A leading index column that is NULL in every row of the list; without it PostgreSQL does not use the index. */
  readonly allNull?: Sql
  /** Parts that are each in the order of an index, where the whole list is not. */
  readonly partsIn?: (workspaceId: string) => readonly OrderPart[]
  /** The column of the id, where a statement has several of that name. */
  readonly id?: Sql
  readonly keyType: KeyType
  readonly keyOf: (row: Row & { sortKey?: SortKey }) => string
}

/** A condition on the rows of a list. */
export interface Condition {
  readonly sql: Sql
  /** True when so few rows meet it that it is cheap to read all of them. */
  readonly isFew?: boolean
}

/** Up to this number of rows, reading and sorting all of them beats walking the list until a page is full. */
export const fewRows = 5_000

export interface PageOf<Row> {
  readonly rows: Row[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

const casts: Record<KeyType, Sql> = {
  text: sql`text`,
  name: sql`text`,
  time: sql`timestamptz`,
  integer: sql`int`,
  bytes: sql`bigint`,
  id: sql`uuid`,
}

/** The direction in which a page is read. */
export const directionOf = ({ descending }: Pick<Order<never>, 'descending'>, { backward }: Page): Sql =>
  descending === backward ? sql`asc` : sql`desc`

/**
 * The conditions and the order of one page. Keyset pagination: a page starts at an index entry, however far into the
 * list it is.
 */
export function keyset<Row>(order: Order<Row>, page: Page) {
  const { expression, keyType, id: column = sql`id` } = order
  const conditions = (['after', 'before'] as const).flatMap((side) => {
    const cursor = page[side]
    if (!cursor) return []
    const operator = (side === 'after') === order.descending ? sql`<` : sql`>`
    const id = sql`${cursor.id}::uuid`
    return expression
      ? sql`(${expression}, ${column}) ${operator} (${cursor.key}::${casts[keyType]}, ${id})`
      : sql`${column} ${operator} ${id}`
  })
  const direction = directionOf(order, page)
  const sorted = [order.allNull, expression, column].filter((part) => part != null)
  return {
    conditions,
    orderBy: list(sorted.map((part) => sql`${part} ${direction}`)),
    limit: sql`${page.limit + 1}::int`,
  }
}

/** The page from the fetched rows, which include one extra row if there are more. */
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

const live = sql`deletion_id is null`

/** What a list of a table holds unless its conditions say otherwise. */
const scope = {
  bookshelves: live,
  books: live,
  blocks: live,
  checkpoints: live,
  checkpoint_markers: live,
  tags: live,
  deletions: sql`restored_at is null and purged_at is null`,
  media_events: sql`true`,
  jobs: sql`listed`,
  api_tokens: sql`true`,
  share_links: sql`true`,
} as const

export type ListTable = keyof typeof scope

const where = (table: ListTable, workspaceId: string, conditions: readonly Condition[]) => [
  sql`workspace_id = ${workspaceId}::uuid`,
  scope[table],
  ...conditions.map((condition) => condition.sql),
]

/** The key that a row is sorted by, which a read of few columns may not have. */
export const sortKey = <Row>({ expression }: Order<Row>) =>
  expression ? sql`, ${expression} as "sortKey"` : empty

/** A statement that selects columns, reads the rows that meet some conditions, and gives one page of them in order. */
export function pageSelect<Row>(
  order: Order<Row>,
  page: Page,
  {
    workspaceId,
    columns,
    from,
    where,
  }: { workspaceId: string; columns: Sql; from: Sql; where: readonly Sql[] },
): Sql {
  const read = (one: Order<Row>, more: readonly Sql[] = []) => {
    const { conditions: bounds, orderBy, limit } = keyset(one, page)
    return sql`select ${columns}${sortKey(one)} from ${from}
      where ${and([...where, ...more, ...bounds])} order by ${orderBy} limit ${limit}`
  }
  const parts = order.partsIn?.(workspaceId)
  if (!parts) return read(order)
  const each = parts.map(({ condition, expression }) => sql`(${read({ ...order, expression }, [condition])})`)
  const direction = directionOf(order, page)
  return sql`select * from (${unionAll(each)}) as part
    order by "sortKey" ${direction}, id ${direction} limit ${page.limit + 1}::int`
}

/** One page of a workspace's list. */
export async function listPage<T extends ListTable>(
  db: Queryable,
  table: T,
  workspaceId: string,
  conditions: readonly Condition[],
  order: Order<Rows[T]>,
  page: Page,
): Promise<PageOf<Rows[T]>> {
  const { columns, from } = selections[table]
  const list = { workspaceId, columns, from, where: where(table, workspaceId, conditions) }
  return asPage(await db.query<Rows[T]>(pageSelect(order, page, list)), page)
}

/** How many rows a workspace's list has. */
export async function listCount(
  db: Queryable,
  table: ListTable,
  workspaceId: string,
  conditions: readonly Condition[],
): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`select count(*)::int as count from ${identifier(table)}
    where ${and(where(table, workspaceId, conditions))}`)
  return row?.count ?? 0
}

/** Sorts rows that were fetched for several lists into a page of each. */
export function pagesBy<Row>(
  ids: readonly string[],
  rows: readonly Row[],
  idOf: (row: Row) => string,
  page: Page,
): Map<string, PageOf<Row>> {
  const lists = new Map<string, Row[]>(ids.map((id) => [id, []]))
  for (const row of rows) lists.get(idOf(row))?.push(row)
  return new Map([...lists].map(([id, fetched]) => [id, asPage(fetched, page)]))
}

/** Counts by the id that each is of. */
export const countsById = (rows: readonly { readonly id: string; readonly count: number }[]) =>
  new Map(rows.map(({ id, count }) => [id, count]))

/** Which workspaces a list holds. Those that are being purged are in none. */
const workspaceScope = {
  live: sql`deleted_at is null`,
  trashed: sql`deleted_at is not null and purged_at is null`,
} as const

export type WorkspaceScope = keyof typeof workspaceScope

/** One page of the workspaces. */
export async function workspacePage(
  db: Queryable,
  which: WorkspaceScope,
  conditions: readonly Condition[],
  order: Order<Rows['workspaces']>,
  page: Page,
): Promise<PageOf<Rows['workspaces']>> {
  const { conditions: bounds, orderBy, limit } = keyset(order, page)
  const { columns, from } = selections.workspaces
  const filters = [workspaceScope[which], ...conditions.map((condition) => condition.sql), ...bounds]
  const rows = await db.query<Rows['workspaces']>(sql`select ${columns}${sortKey(order)} from ${from}
    where ${and(filters)} order by ${orderBy} limit ${limit}`)
  return asPage(rows, page)
}

/** The number of workspaces. */
export async function workspaceCount(
  db: Queryable,
  which: WorkspaceScope,
  conditions: readonly Condition[],
): Promise<number> {
  const filters = and([workspaceScope[which], ...conditions.map((condition) => condition.sql)])
  const [row] = await db.query<{ count: number }>(
    sql`select count(*)::int as count from workspaces where ${filters}`,
  )
  return row?.count ?? 0
}
