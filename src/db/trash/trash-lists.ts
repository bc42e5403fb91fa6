import type { Page } from '../../domain/page.ts'
import { type Db, read } from '../client.ts'
import { asPage, keyset, type Order, type PageOf } from '../page.ts'
import { type Parameters, parameters } from '../parameters.ts'
import { type DeletionRow, tableOfKind, type TrashableKind } from '../rows.ts'
import { selections } from '../selections.ts'

/** Which deletions of the trash to list. What is undefined or null is no condition. */
export interface TrashFilter {
  readonly kinds?: readonly TrashableKind[] | null | undefined
  readonly deletedBy?: string | null | undefined
  readonly since?: Date | null | undefined
  readonly until?: Date | null | undefined
  /** True: those whose time is over at `now`; false: the others. */
  readonly expired?: { readonly is: boolean; readonly now: Date } | null | undefined
  /** A part of the folded name, and terms that all names have in which it is. */
  readonly name?: { readonly plain: string; readonly terms: readonly number[] } | null | undefined
}

/** So many of the newest are looked at for a name before its terms are looked up. */
const looked = 2_000
/** When more than these have the terms, those of a page are sooner found by going through the trash in its order. */
const most = 5_000

const inTrash = 'restored_at is null and purged_at is null'
const { columns } = selections.deletions
const everyKind = Object.keys(tableOfKind)

/** The conditions but for those of kind and name. The workspace is to be `$1`. */
function conditionsOf(list: Parameters, { deletedBy, since, until, expired }: TrashFilter): string[] {
  const conditions: string[] = []
  if (deletedBy != null) conditions.push(`deleted_by = ${list.add(deletedBy)}`)
  if (since) conditions.push(`deleted_at >= ${list.add(since)}::timestamptz`)
  if (until) conditions.push(`deleted_at < ${list.add(until)}::timestamptz`)
  if (!expired) return conditions
  const now = `${list.add(expired.now)}::timestamptz`
  // How long things may stay is nearly always the same: so this is where in the order the expired ones begin.
  const stay = (which: 'min' | 'max') =>
    `(select ${which}(purge_after - deleted_at) from deletions where workspace_id = $1::uuid and ${inTrash})`
  conditions.push(
    ...(expired.is
      ? [`purge_after <= ${now}`, `deleted_at <= ${now} - ${stay('min')}`]
      : [`purge_after > ${now}`, `deleted_at > ${now} - ${stay('max')}`]),
  )
  return conditions
}

interface Asked {
  readonly workspaceId: string
  readonly filter: TrashFilter
  readonly order: Order<DeletionRow>
  readonly page: Page
}

/** A statement with its values, begun: `$1` is the workspace. */
function begun({ workspaceId, filter, order, page }: Asked) {
  const list = parameters()
  list.add(workspaceId)
  const { conditions: bounds, orderBy, limit } = keyset(list, order, page)
  const conditions = ['workspace_id = $1::uuid', inTrash, ...conditionsOf(list, filter), ...bounds]
  return { list, conditions, orderBy, limit }
}

type Begun = ReturnType<typeof begun>

/** The first so many of the trash in order, whatever their names are. Each kind has its order in the indexes, several have none. */
function first({ list, conditions, orderBy }: Begun, { kinds, deletedBy }: TrashFilter, limit: string) {
  const some = (where: readonly string[]) => `select id, deleted_at, name_folded from deletions
    where ${where.join(' and ')} order by ${orderBy} limit ${limit}`
  if (kinds == null && deletedBy == null) return some(conditions)
  return `select each.* from unnest(${list.add(kinds ?? everyKind)}::trashable_kind[]) as sought (kind)
    cross join lateral (${some([...conditions, 'kind = sought.kind'])}) as each order by ${orderBy} limit ${limit}`
}

/** Joins the rows of what was found; `offset 0` keeps PostgreSQL from joining all there are with the few. */
const withRows = (found: string) => `${found} as found cross join lateral (
    select ${columns} from deletions where workspace_id = $1::uuid and id = found.id offset 0) as deletion`

const inFoundOrder = (orderBy: string) =>
  orderBy.replace('deleted_at', 'found.deleted_at').replace(', id', ', found.id')

/** Reads the rows of what a statement finds. */
function rowsOf(db: Db, found: string, { list, orderBy }: Begun): Promise<DeletionRow[]> {
  const text = `select deletion.* from ${withRows(`(${found})`)} order by ${inFoundOrder(orderBy)}`
  return read<DeletionRow>(db, text, list.values)
}

/** One page of the trash. */
export async function trashPage(
  db: Db,
  workspaceId: string,
  filter: TrashFilter,
  order: Order<DeletionRow>,
  page: Page,
): Promise<PageOf<DeletionRow>> {
  const asked = { workspaceId, filter, order, page }
  if (filter.name) return asPage(await named(db, asked, filter.name), page)
  const statement = begun(asked)
  return asPage(await rowsOf(db, first(statement, filter, statement.limit), statement), page)
}

type Name = NonNullable<TrashFilter['name']>

/**
 * Those of a name. Many are among the newest. Few are found by their terms. What many have and yet none of the newest is looked
 * for in the whole order. The way decides what it costs, never what is found.
 */
async function named(db: Db, asked: Asked, name: Name): Promise<DeletionRow[]> {
  const newest = await among(db, asked, name, looked)
  if (newest.length > asked.page.limit) return newest
  return (await byTerms(db, asked, name)) ?? (await among(db, asked, name, null))
}

const hasName = (list: Parameters, { plain }: Name) =>
  `name_folded like ${list.add(`%${plain.replaceAll(/[\\%_]/g, '\\$&')}%`)}`

/** Those of a name among the first so many, or among all. It ends with the last one that is wanted. */
function among(db: Db, asked: Asked, name: Name, count: number | null) {
  const statement = begun(asked)
  const { list, limit } = statement
  const inOrder =
    count === null ? everyOne(statement, asked.filter) : first(statement, asked.filter, list.add(count))
  // They are in order already; asked for it again, PostgreSQL would sort all of them before.
  const found = `select id, deleted_at from (${inOrder}) as ordered where ${hasName(list, name)} limit ${limit}`
  return rowsOf(db, found, statement)
}

const ofKinds = (list: Parameters, { kinds }: TrashFilter) =>
  kinds == null ? [] : [`kind = any(${list.add(kinds)}::trashable_kind[])`]

const everyOne = ({ list, conditions, orderBy }: Begun, filter: TrashFilter) =>
  `select id, deleted_at, name_folded from deletions
    where ${[...conditions, ...ofKinds(list, filter)].join(' and ')} order by ${orderBy} offset 0`

/** Those of a name by its terms; undefined when there are too many. */
async function byTerms(db: Db, asked: Asked, name: Name): Promise<DeletionRow[] | undefined> {
  const { list, conditions, orderBy, limit } = begun(asked)
  const where = [
    // The planner must take the terms whatever it guesses: `is not distinct from` is not looked up by an index.
    `name_terms @> (select ${list.add(name.terms)}::int4[])`,
    'workspace_id is not distinct from $1::uuid',
    ...conditions.slice(1),
    ...ofKinds(list, asked.filter),
    hasName(list, name),
  ]
  const text = `with same as materialized (
      select id, deleted_at from deletions where ${where.join(' and ')} limit ${list.add(most + 1)}
    ), counted as materialized (select count(*)::int as taken from same
    ), best as (select id, deleted_at from same where (select taken from counted) <= ${list.add(most)}
      order by ${orderBy} limit ${limit})
    select deletion.*, taken from counted left join (${withRows('best')}) on true order by ${inFoundOrder(orderBy)}`
  const rows = await read<{ id: string | null; taken: number }>(db, text, list.values)
  if ((rows[0]?.taken ?? 0) > most) return undefined
  return rows.filter(({ id }) => id !== null) as unknown as DeletionRow[]
}

/** How many there are in the trash. */
export async function trashCount(db: Db, workspaceId: string, filter: TrashFilter): Promise<number> {
  const list = parameters()
  const conditions = [`workspace_id = ${list.add(workspaceId)}::uuid`, inTrash, ...conditionsOf(list, filter)]
  conditions.push(...ofKinds(list, filter))
  if (filter.name)
    conditions.push(`name_terms @> ${list.add(filter.name.terms)}::int4[]`, hasName(list, filter.name))
  const text = `select count(*)::int as count from deletions where ${conditions.join(' and ')}`
  return (await read<{ count: number }>(db, text, list.values))[0]?.count ?? 0
}
