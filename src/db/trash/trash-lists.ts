import type { Page } from '../../domain/page.ts'
import { asPage, directionOf, keyset, type Order, type PageOf } from '../page.ts'
import { type DeletionRow, tableOfKind, type TrashableKind } from '../rows.ts'
import { selections } from '../selections.ts'
import { and, identifier, type Queryable, type Sql, sql } from '../sql.ts'

/** Which deletions of the trash to list. A field that is undefined or null is no condition. */
export interface TrashFilter {
  readonly kinds?: readonly TrashableKind[] | null | undefined
  readonly deletedBy?: string | null | undefined
  readonly since?: Date | null | undefined
  readonly before?: Date | null | undefined
  /** True: expired at `now`; false: not expired. */
  readonly expired?: { readonly is: boolean; readonly now: Date } | null | undefined
  /** A part of the folded name, and the terms that every name with this part has. */
  readonly name?: { readonly plain: string; readonly terms: readonly number[] } | null | undefined
}

/** How many of the newest deletions are compared with a name before its terms are looked up. */
const looked = 2_000
/** When more deletions have the terms, a page is found sooner by reading the trash in its order. */
const most = 5_000

const inTrash = sql`restored_at is null and purged_at is null`
const inWorkspace = (workspaceId: string) => sql`workspace_id = ${workspaceId}::uuid`
const everyKind = Object.keys(tableOfKind)

/** The conditions of a filter but for those of kind and name. */
function conditionsOf(workspaceId: string, { deletedBy, since, before, expired }: TrashFilter): Sql[] {
  const conditions: Sql[] = []
  if (deletedBy != null) conditions.push(sql`deleted_by = ${deletedBy}`)
  if (since) conditions.push(sql`deleted_at >= ${since}::timestamptz`)
  if (before) conditions.push(sql`deleted_at < ${before}::timestamptz`)
  if (!expired) return conditions
  const now = sql`${expired.now}::timestamptz`
  // Nearly all deletions may stay for the same time: so this is where in the order the expired ones begin.
  const stay = (which: 'min' | 'max') =>
    sql`(select ${identifier(which)}(purge_after - deleted_at) from deletions
      where ${inWorkspace(workspaceId)} and ${inTrash})`
  conditions.push(
    ...(expired.is
      ? [sql`purge_after <= ${now}`, sql`deleted_at <= ${now} - ${stay('min')}`]
      : [sql`purge_after > ${now}`, sql`deleted_at > ${now} - ${stay('max')}`]),
  )
  return conditions
}

type Name = NonNullable<TrashFilter['name']>

const ofKinds = ({ kinds }: TrashFilter) =>
  kinds == null ? [] : [sql`kind = any(${kinds}::trashable_kind[])`]

const hasName = ({ plain }: Name) => sql`name_folded like ${`%${plain.replaceAll(/[\\%_]/g, '\\$&')}%`}`

/** A page of the trash as the pieces of the statements that find it. */
function pieces(workspaceId: string, filter: TrashFilter, order: Order<DeletionRow>, page: Page) {
  const { conditions: bounds, orderBy, limit } = keyset(order, page)
  const direction = directionOf(order, page)
  return {
    workspaceId,
    filter,
    workspace: inWorkspace(workspaceId),
    /** The conditions but for those of workspace, kind and name. */
    conditions: [inTrash, ...conditionsOf(workspaceId, filter), ...bounds],
    orderBy,
    /** The same order, of the rows that were found. */
    foundOrder: sql`found.deleted_at ${direction}, found.id ${direction}`,
    limit,
  }
}

type Pieces = ReturnType<typeof pieces>

/**
 * The first rows of the trash in its order, whatever their names are. The indexes have the order of each kind, but not
 * the order of several kinds together.
 */
function first({ filter, workspace, conditions, orderBy }: Pieces, limit: Sql): Sql {
  const firstOf = (where: readonly Sql[]) => sql`select id, deleted_at, name_folded from deletions
    where ${and(where)} order by ${orderBy} limit ${limit}`
  if (filter.kinds == null && filter.deletedBy == null) return firstOf([workspace, ...conditions])
  return sql`select each.* from unnest(${filter.kinds ?? everyKind}::trashable_kind[]) as sought (kind)
    cross join lateral (${firstOf([workspace, ...conditions, sql`kind = sought.kind`])}) as each
    order by ${orderBy} limit ${limit}`
}

/** All rows of the trash in its order, whatever their names are. */
const everyOne = ({ filter, workspace, conditions, orderBy }: Pieces): Sql =>
  sql`select id, deleted_at, name_folded from deletions
    where ${and([workspace, ...conditions, ...ofKinds(filter)])} order by ${orderBy} offset 0`

/** Joins the rows of the found ids. `offset 0` keeps PostgreSQL from joining the whole table with these few. */
const withRows = (found: Sql, { workspace }: Pieces) => sql`${found} as found cross join lateral (
    select ${selections.deletions.columns} from deletions
    where ${workspace} and id = found.id offset 0) as deletion`

/** Reads the rows that a statement finds. */
const rowsOf = (db: Queryable, found: Sql, asked: Pieces) =>
  db.query<DeletionRow>(
    sql`select deletion.* from ${withRows(sql`(${found})`, asked)} order by ${asked.foundOrder}`,
  )

/** One page of the trash. */
export async function trashPage(
  db: Queryable,
  workspaceId: string,
  filter: TrashFilter,
  order: Order<DeletionRow>,
  page: Page,
): Promise<PageOf<DeletionRow>> {
  const asked = pieces(workspaceId, filter, order, page)
  const rows = filter.name
    ? await named(db, asked, filter.name, page.limit)
    : await rowsOf(db, first(asked, asked.limit), asked)
  return asPage(rows, page)
}

/**
 * The deletions with a name. A frequent name is among the newest. A rare one is found by its terms. A name whose terms
 * many deletions have, but none of the newest, is looked for in the whole order. The way decides the cost, never the
 * result.
 */
async function named(db: Queryable, asked: Pieces, name: Name, count: number): Promise<DeletionRow[]> {
  const newest = await among(db, asked, name, first(asked, sql`${looked}`))
  if (newest.length > count) return newest
  return (await byTerms(db, asked, name)) ?? (await among(db, asked, name, everyOne(asked)))
}

/** The deletions with a name among those of a statement, which reads no further than to the end of the page. */
function among(db: Queryable, asked: Pieces, name: Name, inOrder: Sql) {
  // The rows are in order already. With an ORDER BY here, PostgreSQL would sort all of them first.
  const found = sql`select id, deleted_at from (${inOrder}) as ordered where ${hasName(name)} limit ${asked.limit}`
  return rowsOf(db, found, asked)
}

/** The deletions with a name by its terms; undefined when too many have the terms. */
async function byTerms(db: Queryable, asked: Pieces, name: Name): Promise<DeletionRow[] | undefined> {
  const where = and([
    // The planner must use the index of the terms, whatever it estimates: no index serves `is not distinct from`.
    sql`name_terms @> (select ${name.terms}::int4[])`,
    sql`workspace_id is not distinct from ${asked.workspaceId}::uuid`,
    ...asked.conditions,
    ...ofKinds(asked.filter),
    hasName(name),
  ])
  const rows = await db.query<{ taken: number } & (DeletionRow | { id: null })>(sql`
    with same as materialized (
      select id, deleted_at from deletions where ${where} limit ${most + 1}
    ), counted as materialized (select count(*)::int as taken from same
    ), best as (select id, deleted_at from same where (select taken from counted) <= ${most}
      order by ${asked.orderBy} limit ${asked.limit})
    select deletion.*, taken from counted left join (${withRows(sql`best`, asked)}) on true
    order by ${asked.foundOrder}`)
  if ((rows[0]?.taken ?? 0) > most) return undefined
  return rows.filter((row) => row.id !== null)
}

/** How many deletions of the trash a filter finds. */
export async function trashCount(db: Queryable, workspaceId: string, filter: TrashFilter): Promise<number> {
  const { name } = filter
  const conditions = [
    inWorkspace(workspaceId),
    inTrash,
    ...conditionsOf(workspaceId, filter),
    ...ofKinds(filter),
    ...(name ? [sql`name_terms @> ${name.terms}::int4[]`, hasName(name)] : []),
  ]
  const [row] = await db.query<{ count: number }>(
    sql`select count(*)::int as count from deletions where ${and(conditions)}`,
  )
  return row?.count ?? 0
}
