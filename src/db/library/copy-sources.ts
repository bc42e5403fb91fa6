import type { CopyParts } from '../../domain/copies.ts'
import { identifier, type Queryable, type Sql, sql, unionAll } from '../sql.ts'

/** The items that a copy begins with, and where their copies go. */
export interface CopyRoots {
  readonly kind: 'BLOCKS' | 'BOOK' | 'BOOKSHELF'
  readonly sourceIds: readonly string[]
  /** The book of the new blocks, or the bookshelf of the new book. */
  readonly parentId: string | null
  readonly positions: readonly string[]
}

/** The tables that are copied from the top of the library down, by the name of their CTE, and where they hang. */
const levels = {
  shelf: { table: 'bookshelves', root: 'BOOKSHELF' },
  book: { table: 'books', root: 'BOOK', parent: 'shelf', column: 'bookshelf_id', order: 'position' },
  block: { table: 'blocks', root: 'BLOCKS', parent: 'book', column: 'book_id', order: 'position' },
  checkpoint: { table: 'checkpoints', parent: 'book', column: 'book_id', order: 'reached_at' },
  marker: {
    table: 'checkpoint_markers',
    parent: 'checkpoint',
    column: 'checkpoint_id',
    order: 'position',
  },
} as const

type Level = keyof typeof levels
const names = Object.keys(levels) as Level[]

const nothing = sql`select null::uuid as old_id, null::uuid as parent_id, null::text as position, 0::bigint as number
  where false`

/** The items that were asked for, while they are live. */
const rootItems = (workspaceId: string, table: string, { sourceIds, parentId, positions }: CopyRoots) => sql`
  select item.id as old_id, ${parentId}::uuid as parent_id, given.position, given.number
  from unnest(${sourceIds}::uuid[], ${positions}::text[]) with ordinality as given (id, position, number)
  join ${identifier(table)} as item on item.workspace_id = ${workspaceId}::uuid and item.id = given.id
    and item.deletion_id is null`

/** The live items below those of another level, in their order. Checkpoints have no position. */
const itemsBelow = (workspaceId: string, level: Exclude<Level, 'shelf'>) => {
  const { table, parent, column, order } = levels[level]
  const position = order === 'position' ? sql`item.position` : sql`null`
  return sql`
    select item.id as old_id, above.id as parent_id, ${position} as position,
      row_number() over (order by above.number, ${identifier(`item.${order}`)}, item.id) as number
    from ${identifier(parent)} as above join ${identifier(table)} as item
      on item.workspace_id = ${workspaceId}::uuid and item.${identifier(column)} = above.old_id
        and item.deletion_id is null`
}

/** The source items of a level. */
function itemsOf(workspaceId: string, level: Level, roots: CopyRoots, parts: CopyParts): Sql {
  const at: { table: string; root?: CopyRoots['kind'] } = levels[level]
  if (at.root === roots.kind) return rootItems(workspaceId, at.table, roots)
  const isBelow = {
    shelf: false,
    book: roots.kind === 'BOOKSHELF',
    block: roots.kind !== 'BLOCKS',
    checkpoint: roots.kind !== 'BLOCKS' && parts.checkpoints,
    marker: roots.kind !== 'BLOCKS' && parts.checkpoints,
  }[level]
  return isBelow && level !== 'shelf' ? itemsBelow(workspaceId, level) : nothing
}

/** The types of owners, with their tags or without. */
const owners = {
  shelf: { type: 'BOOKSHELF', rank: 1 },
  book: { type: 'BOOK', rank: 2 },
  block: { type: 'BLOCK', rank: 3 },
  marker: { type: 'CHECKPOINT_MARKER', rank: 4 },
} as const

/**
 * A new UUIDv7: the time and a number, so that copies sort as their sources do and later IDs sort after them. 28,672 is
 * the version.
 */
export const madeId = (at: Date, number: Sql): Sql =>
  sql`encode(overlay(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send(${at.getTime()}::bigint + (${number}) / 4096) from 3) from 1 for 6)
    placing int2send((28672 + (${number}) % 4096)::int2) from 7 for 2), 'hex')::uuid`

/** An ID below all those of `madeId` whose number is at least `4096 * ms`. */
export function idBefore(at: Date, ms = 0): string {
  const hex = (at.getTime() + ms).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}

/** The IDs of the copies of `count` items are between these. */
export const madeBetween = (at: Date, count: number) => ({
  after: idBefore(at),
  before: idBefore(at, Math.floor(count / 4096) + 1),
})

/**
 * The CTEs `shelf`, `book`, `block`, `checkpoint`, `marker` and `medium` (`old_id`, `id`, `parent_id`, `position`,
 * `number`) with all items to copy and their new IDs, `owner`, and `mapping` of all old IDs to new ones. They all see
 * the snapshot of their statement.
 */
export function copiedItems({ workspaceId, roots, parts, at }: Copying): Sql {
  const numbered = (items: Sql) =>
    sql`as materialized (select old_id, ${madeId(at, sql`number`)} as id, parent_id, position, number from (${items}) as found)`
  const ctes = names.map(
    (level) => sql`${identifier(level)} ${numbered(itemsOf(workspaceId, level, roots, parts))},`,
  )
  const owner = unionAll(
    Object.entries(owners).map(
      ([level, { type, rank }]) =>
        sql`select old_id, id, ${type}::media_owner_type as type, ${rank}::int as rank, number from ${identifier(level)}`,
    ),
  )
  const media = parts.media
    ? sql`
      select item.id as old_id, owner.id as parent_id, item.position,
        row_number() over (order by owner.rank, owner.number, item.role, item.position, item.id) as number
      from owner join media as item on item.workspace_id = ${workspaceId}::uuid and item.owner_id = owner.old_id
        and item.deletion_id is null`
    : nothing
  const mapping = unionAll(
    [...names, 'medium'].map((level) => sql`select old_id, id from ${identifier(level)}`),
  )
  return sql`${ctes.reduce((all, cte) => sql`${all} ${cte}`)} owner as (${owner}), medium ${numbered(media)},
    mapping as (${mapping})`
}

/** The items to copy, and the time of the copy. */
export interface Copying {
  readonly workspaceId: string
  readonly roots: CopyRoots
  readonly parts: CopyParts
  readonly at: Date
}

/** The number of items that a copy would have, counted up to a limit. */
export async function countSources(
  db: Queryable,
  { workspaceId, roots, parts }: Omit<Copying, 'at'>,
  limit: number,
): Promise<number> {
  // Without the new IDs and the order, PostgreSQL reads no more than the limit.
  const plain = (level: Level) => {
    const { table, parent, column } = { parent: '', column: '', ...levels[level] }
    const items = itemsOf(workspaceId, level, roots, parts)
    if (items === nothing) return sql`select null::uuid as old_id where false`
    return parent === '' || levels[level as 'book'].root === roots.kind
      ? sql`select old_id from (${items}) as root`
      : sql`select item.id as old_id from ${identifier(parent)} as above join ${identifier(table)} as item
          on item.workspace_id = ${workspaceId}::uuid and item.${identifier(column)} = above.old_id
            and item.deletion_id is null`
  }
  const ctes = names.map((level) => sql`${identifier(level)} as (${plain(level)}),`)
  const media = Object.keys(owners).map(
    (
      level,
    ) => sql`select from ${identifier(level)} as owner join media on media.workspace_id = ${workspaceId}::uuid
      and media.owner_id = owner.old_id and media.deletion_id is null where ${parts.media}::boolean`,
  )
  const items = names.map((level) => sql`select from ${identifier(level)}`)
  const [row] = await db.query<{ count: number }>(sql`
    with ${ctes.reduce((all, cte) => sql`${all} ${cte}`)}
    counted as (select from (${unionAll([...items, ...media])}) as item limit ${limit}::int)
    select count(*)::int as count from counted`)
  return row?.count ?? 0
}
