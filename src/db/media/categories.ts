import { zeroUuid } from '../../domain/text.ts'
import type { Page } from '../../domain/page.ts'
import { asPage, type PageOf } from '../page.ts'
import { and, empty, type Queryable, type Sql, sql } from '../sql.ts'

/** A category in a list. Its name identifies it; the id is there because cursors have one. */
export interface CategoryRow {
  readonly id: string
  readonly name: string
  /** Zero unless it was asked for. */
  readonly mediaCount: number
}

/**
 * The categories of the live media after a name, or before it: each look-up finds the next one in the index. So the cost
 * is by the number of categories, not by that of media.
 */
const walk = (workspaceId: string, operator: Sql, start: string | null, bounds: readonly Sql[]) => {
  const next = (after: Sql | null) => sql`(select category from media
    where ${and([
      sql`workspace_id = ${workspaceId}::uuid`,
      sql`deletion_id is null`,
      ...(after ? [sql`category ${operator} ${after}`] : []),
      ...bounds,
    ])} order by category ${operator === forward ? sql`asc` : sql`desc`} limit 1)`
  const first = next(start === null ? null : sql`${start}`)
  return sql`recursive category (name) as (
    select ${first} union all select ${next(sql`category.name`)} from category where category.name is not null
  )`
}

const [forward, backward] = [sql`>`, sql`<`]

/** One page of the categories of live media, by name. */
export async function categoryPage(
  db: Queryable,
  workspaceId: string,
  page: Page,
  withCounts: boolean,
): Promise<PageOf<CategoryRow>> {
  const { after, before } = page
  const [start, end] = page.backward ? [before, after] : [after, before]
  const operator = page.backward ? backward : forward
  const bounds = end ? [sql`category ${page.backward ? forward : backward} ${end.key}`] : []
  const count = sql`(select count(*)::int from media where workspace_id = ${workspaceId}::uuid
    and category = named.name and deletion_id is null)`
  const rows = await db.query<CategoryRow>(sql`
    with ${walk(workspaceId, operator, start?.key ?? null, bounds)}
    select ${zeroUuid} as id, name, ${withCounts ? count : sql`0`} as "mediaCount"
    from (select name from category where name is not null limit ${page.limit + 1}::int) as named
    order by name ${page.backward ? sql`desc` : empty}`)
  return asPage(rows, page)
}

/** The number of categories of live media. */
export async function categoryCount(db: Queryable, workspaceId: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`with ${walk(workspaceId, forward, null, [])}
    select count(name)::int as count from category`)
  return row?.count ?? 0
}
