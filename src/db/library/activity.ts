import type { Tx } from '../client.ts'
import type { Order, OrderPart } from '../page.ts'
import { identifier, type Queryable, type Sql, sql, unionAll } from '../sql.ts'

/** The tables whose rows know when something in them last changed. */
export type ActiveTable = 'bookshelves' | 'books'

/** The items that something changed at, by their type. What is below a book counts for the book. */
export type ActiveItems = {
  readonly [Type in keyof typeof booksOfItems | 'BOOKSHELF']?: readonly string[]
}

const below = (table: string, workspaceId: string, ids: readonly string[]) =>
  sql`select book_id as id from ${identifier(table)}
    where workspace_id = ${workspaceId}::uuid and id = any(${ids}::uuid[])`

/** The books of items, be they in the trash. */
const booksOfItems = {
  BOOK: (_workspaceId: string, ids: readonly string[]) =>
    sql`select id from unnest(${ids}::uuid[]) as given (id)`,
  BLOCK: (workspaceId: string, ids: readonly string[]) => below('blocks', workspaceId, ids),
  CHECKPOINT: (workspaceId: string, ids: readonly string[]) => below('checkpoints', workspaceId, ids),
  CHECKPOINT_MARKER: (workspaceId: string, ids: readonly string[]) => sql`
    select checkpoints.book_id as id from checkpoint_markers marker
    join checkpoints on checkpoints.workspace_id = marker.workspace_id and checkpoints.id = marker.checkpoint_id
    where marker.workspace_id = ${workspaceId}::uuid and marker.id = any(${ids}::uuid[])`,
} as const

/** Whose activity it is, with an ID of its own: no two of them have the same key. */
interface Author {
  readonly workspaceId: string
  readonly id: string
  readonly at: Date
}

/**
 * Appends the activity of the books of some items, and of the bookshelves of these books. It locks nothing and waits
 * for nobody.
 */
export async function appendActivities(tx: Tx, { workspaceId, id, at }: Author, items: ActiveItems) {
  const { BOOKSHELF: shelfIds = [], ...others } = items
  const types = Object.keys(others) as (keyof typeof booksOfItems)[]
  const books = types.flatMap((type) => {
    const ids = others[type] ?? []
    return ids.length > 0 ? [booksOfItems[type](workspaceId, ids)] : []
  })
  const shelves = sql`select shelf.id from unnest(${shelfIds}::uuid[]) as shelf (id)`
  if (books.length === 0 && shelfIds.length === 0) return
  const found =
    books.length === 0
      ? shelves
      : sql`select book.id from book union all ${shelves} union all
          select books.bookshelf_id from book
          join books on books.workspace_id = ${workspaceId}::uuid and books.id = book.id`
  await tx.execute(sql`
    with book as (${books.length > 0 ? unionAll(books) : sql`select null::uuid as id where false`})
    insert into activities (workspace_id, item_id, at, id)
    select distinct ${workspaceId}::uuid, id, ${at}::timestamptz, ${id}::uuid from (${found}) as item`)
}

const ofWorkspace = (workspaceId: string) => sql`workspace_id = ${workspaceId}::uuid`

/** The items of a workspace with pending activity. */
const pending = (workspaceId: string) =>
  sql`array(select item_id from activities where ${ofWorkspace(workspaceId)})`

/** When something last changed, with what is pending. */
const latest = (table: ActiveTable, workspaceId: string) =>
  sql`greatest(last_activity_at, (select max(at) from activities
    where ${ofWorkspace(workspaceId)} and item_id = ${identifier(`${table}.id`)}))`

/** When something in each item last changed: exact as soon as the change is committed. */
export async function lastActivities(
  db: Queryable,
  table: ActiveTable,
  workspaceId: string,
  ids: readonly string[],
): Promise<Map<string, Date>> {
  const rows = await db.query<{ id: string; at: Date }>(sql`
    select id, ${latest(table, workspaceId)} as at from ${identifier(table)}
    where ${ofWorkspace(workspaceId)} and id = any(${ids}::uuid[])`)
  return new Map(rows.map(({ id, at }) => [id, at]))
}

/**
 * A list by its activity is two lists: the items without pending activity in the order of an index, and the few with
 * some. OFFSET keeps PostgreSQL from making the condition a join, which would read the whole list.
 */
const parts = (table: ActiveTable, workspaceId: string): readonly OrderPart[] => [
  {
    condition: sql`not exists (select from activities
      where ${ofWorkspace(workspaceId)} and item_id = ${identifier(`${table}.id`)} offset 0)`,
    expression: sql`last_activity_at`,
  },
  { condition: sql`id = any(${pending(workspaceId)})`, expression: latest(table, workspaceId) },
]

/** The key of the order by activity. */
export const activityKey = (table: ActiveTable) =>
  ({
    expression: sql`last_activity_at`,
    keyType: 'time',
    partsIn: (workspaceId: string) => parts(table, workspaceId),
  }) as const satisfies Partial<Order<never>>

// An item with pending activity since then is active since then: `at` never moves back.
const pendingSince = (time: Date, workspaceId: string): Sql => sql`array(select item_id from activities
  where ${ofWorkspace(workspaceId)} and at >= ${time}::timestamptz)`

/** With activity at or after a time. */
export const activeSince = (time: Date, workspaceId: string): Sql =>
  sql`(last_activity_at >= ${time}::timestamptz or id = any(${pendingSince(time, workspaceId)}))`

/** Without activity since a time. */
export const activeBefore = (time: Date, workspaceId: string): Sql =>
  sql`(last_activity_at < ${time}::timestamptz and id <> all(${pendingSince(time, workspaceId)}))`

/** How many items one transaction folds: their rows are locked until its end. */
const batchSize = 100

/** Removes the activity of items that were purged. */
export const removeStrayActivities = (db: Queryable): Promise<number> =>
  db.execute(sql`delete from activities where not exists (select from books
      where books.workspace_id = activities.workspace_id and books.id = activities.item_id)
    and not exists (select from bookshelves
      where bookshelves.workspace_id = activities.workspace_id and bookshelves.id = activities.item_id)`)

/** The pending activities of the rows of a table that nobody has locked, added up and removed. */
const fold = (table: ActiveTable) => sql`
  locked as materialized (select workspace_id, id from ${identifier(table)}
    where (workspace_id, id) in (select workspace_id, item_id from activities)
    limit ${batchSize}::int for no key update skip locked),
  taken as (delete from activities using locked where activities.workspace_id = locked.workspace_id
    and activities.item_id = locked.id returning locked.workspace_id, locked.id, at),
  folded as (update ${identifier(table)} as item set last_activity_at = greatest(last_activity_at, latest.at)
    from (select workspace_id, id, max(at) as at from taken group by workspace_id, id) as latest
    where item.workspace_id = latest.workspace_id and item.id = latest.id returning item.*)`

/**
 * Adds pending activities to the rows of their items, and gives the number of these. It waits for nobody: rows that are
 * locked wait for the next time. A book may have been moved since its activity was written: its bookshelf is never
 * behind it.
 */
export async function foldActivities(tx: Tx, table: ActiveTable, id: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    table === 'bookshelves'
      ? sql`with ${fold(table)} select count(*)::int as count from folded`
      : sql`with ${fold(table)},
        moved as (insert into activities (workspace_id, item_id, at, id)
          select shelf.workspace_id, shelf.id, max(folded.last_activity_at), ${id}::uuid from folded
          join bookshelves shelf on shelf.workspace_id = folded.workspace_id and shelf.id = folded.bookshelf_id
          where shelf.last_activity_at < folded.last_activity_at
          group by shelf.workspace_id, shelf.id)
        select count(*)::int as count from folded`,
  )
  return row?.count ?? 0
}
