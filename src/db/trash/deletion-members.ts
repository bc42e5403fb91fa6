import type { Page } from '../../domain/page.ts'
import { zeroUuid } from '../../domain/text.ts'
import { countsById, type PageOf, pagesBy } from '../page.ts'
import { tableOfKind, type TrashableKind } from '../rows.ts'
import { identifier, literal, type Queryable, sql, unionAll } from '../sql.ts'

/** An item of a deletion. */
export interface Member {
  readonly kind: TrashableKind
  readonly id: string
}

const kinds = Object.entries(tableOfKind) as [TrashableKind, string][]

/** The place of a kind in the order of the members of a deletion. */
export const rankOf = (kind: TrashableKind) => kinds.findIndex(([one]) => one === kind)

const [beforeAll, afterAll] = [zeroUuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff']

/** The id of each kind that the ids of a page must be greater, or smaller, than, for the cursor on that side. */
const bounds = (cursor: { key: string; id: string } | null, none: string) =>
  kinds.map((_, rank) => {
    if (!cursor) return none
    const at = Number(cursor.key)
    return rank === at ? cursor.id : rank < at ? afterAll : beforeAll
  })

/**
 * The same page of the members of each deletion, in one statement: by kind from the top of the library down, then by
 * id.
 */
export async function memberPages(
  db: Queryable,
  workspaceId: string,
  deletionIds: readonly string[],
  only: readonly TrashableKind[] | null,
  page: Page,
): Promise<Map<string, PageOf<Member>>> {
  const direction = page.backward ? sql`desc` : sql`asc`
  const limit = page.limit + 1
  const after = bounds(page.after, beforeAll)
  const from = kinds.map(([kind], rank) => (only && !only.includes(kind) ? afterAll : after[rank]))
  const to = bounds(page.before, afterAll)
  const membersOfKind = kinds.map(
    (
      [kind, table],
      rank,
    ) => sql`(select ${literal(rank)} as rank, ${literal(kind)} as kind, id from ${identifier(table)}
      where workspace_id = ${workspaceId}::uuid and deletion_id = asked.id
        and id > (${from}::uuid[])[${literal(rank + 1)}] and id < (${to}::uuid[])[${literal(rank + 1)}]
      order by id ${direction} limit ${limit})`,
  )
  const rows = await db.query<Member & { deletionId: string }>(sql`
    select asked.id as "deletionId", found.kind, found.id from unnest(${deletionIds}::uuid[]) as asked (id)
    cross join lateral (
      ${unionAll(membersOfKind)} order by rank ${direction}, id ${direction} limit ${limit}
    ) as found
    order by found.rank ${direction}, found.id ${direction}`)
  return pagesBy(deletionIds, rows, ({ deletionId }) => deletionId, page)
}

/** How many members of some kinds each deletion has, in one statement. */
export async function memberCounts(
  db: Queryable,
  workspaceId: string,
  deletionIds: readonly string[],
  only: readonly TrashableKind[],
): Promise<Map<string, number>> {
  const count = kinds
    .map(
      ([kind, table]) => sql`(select count(*) from ${identifier(table)}
        where workspace_id = ${workspaceId}::uuid and deletion_id = asked.id
          and ${literal(kind)} = any(${only}::text[]))`,
    )
    .reduce((sum, ofKind) => sql`${sum} + ${ofKind}`)
  return countsById(
    await db.query(
      sql`select asked.id, (${count})::int as count from unnest(${deletionIds}::uuid[]) as asked (id)`,
    ),
  )
}

/** An item that can be in the trash. */
export interface Item extends Member {
  readonly deletionId: string | null
  /** The number of tags above a tag. */
  readonly depth: number
}

/** The things with some ids and their kinds, live or in the trash, in one statement. */
export function itemsById(db: Queryable, workspaceId: string, ids: readonly string[]): Promise<Item[]> {
  const itemsOfKind = kinds.map(
    ([kind, table]) => sql`select id, ${literal(kind)} as kind, deletion_id as "deletionId",
      ${table === 'tags' ? sql`cardinality(ancestor_ids)` : sql`0`} as depth
      from ${identifier(table)} where workspace_id = ${workspaceId}::uuid and id = any(${ids}::uuid[])`,
  )
  return db.query(unionAll(itemsOfKind))
}

/** The thing with an id and its kind, live or in the trash. */
export async function itemById(db: Queryable, workspaceId: string, id: string): Promise<Item | undefined> {
  return (await itemsById(db, workspaceId, [id]))[0]
}
