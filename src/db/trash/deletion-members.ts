import type { Page } from '../../domain/page.ts'
import { type Db, read, type Tx } from '../client.ts'
import { asPage, type PageOf } from '../page.ts'
import { tableOfKind, type TrashableKind } from '../rows.ts'

/** One of the items that a deletion holds. */
export interface Member {
  readonly kind: TrashableKind
  readonly id: string
}

const kinds = Object.entries(tableOfKind) as [TrashableKind, string][]

/** Where a kind comes in the order of what a deletion holds. */
export const rankOf = (kind: TrashableKind) => kinds.findIndex(([one]) => one === kind)

const [beforeAll, afterAll] = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']

/** What ids of each kind are to be greater, or smaller, than for a page on that side of a cursor. */
const bounds = (cursor: { key: string; id: string } | null, none: string) =>
  kinds.map((_, rank) => {
    if (!cursor) return none
    const at = Number(cursor.key)
    return rank === at ? cursor.id : rank < at ? afterAll : beforeAll
  })

/** The same page of what each deletion holds, in one statement: by kind from the top of the library down, then by id. */
export async function memberPages(
  db: Db,
  workspaceId: string,
  deletionIds: readonly string[],
  only: readonly TrashableKind[] | null,
  page: Page,
): Promise<Map<string, PageOf<Member>>> {
  const direction = page.backward ? 'desc' : 'asc'
  const ofKind = ([kind, table]: readonly [TrashableKind, string], rank: number) =>
    `(select ${rank} as rank, '${kind}' as kind, id from ${table}
      where workspace_id = $1::uuid and deletion_id = asked.id
        and id > ($4::uuid[])[${rank + 1}] and id < ($5::uuid[])[${rank + 1}] order by id ${direction} limit $3)`
  const text = `select asked.id as "deletionId", found.kind, found.id from unnest($2::uuid[]) as asked (id)
    cross join lateral (${kinds.map(ofKind).join(' union all ')} order by rank ${direction}, id ${direction} limit $3) as found
    order by found.rank ${direction}, found.id ${direction}`
  const after = bounds(page.after, beforeAll)
  const from = kinds.map(([kind], rank) => (only && !only.includes(kind) ? afterAll : after[rank]))
  const rows = await read<Member & { deletionId: string }>(db, text, [
    workspaceId,
    deletionIds,
    page.limit + 1,
    from,
    bounds(page.before, afterAll),
  ])
  const byDeletion = new Map<string, Member[]>(deletionIds.map((id) => [id, []]))
  for (const row of rows) byDeletion.get(row.deletionId)?.push(row)
  return new Map([...byDeletion].map(([id, members]) => [id, asPage(members, page)]))
}

/** How many items of some kinds each deletion holds, in one statement. */
export async function memberCounts(
  db: Db,
  workspaceId: string,
  deletionIds: readonly string[],
  only: readonly TrashableKind[],
): Promise<Map<string, number>> {
  const counts = kinds.map(
    ([
      kind,
      table,
    ]) => `(select count(*) from ${table} where workspace_id = $1::uuid and deletion_id = asked.id
      and '${kind}' = any($3::text[]))`,
  )
  const text = `select asked.id, (${counts.join(' + ')})::int as count from unnest($2::uuid[]) as asked (id)`
  const rows = await read<{ id: string; count: number }>(db, text, [workspaceId, deletionIds, only])
  return new Map(rows.map(({ id, count }) => [id, count]))
}

/** A thing that can be in the trash. */
export interface Item extends Member {
  readonly deletionId: string | null
  /** How many tags are above a tag. */
  readonly depth: number
}

const items = kinds
  .map(
    ([kind, table]) => `select id, '${kind}' as kind, deletion_id as "deletionId",
      ${table === 'tags' ? 'cardinality(ancestor_ids)' : '0'} as depth
      from ${table} where workspace_id = $1::uuid and id = any($2::uuid[])`,
  )
  .join(' union all ')

/** Of which kind the things of some ids are, live or in the trash, in one statement. */
export const itemsById = (db: Db, workspaceId: string, ids: readonly string[]) =>
  read<Item>(db, items, [workspaceId, ids])

/** The same of one inside a transaction. */
export async function itemInTransaction(tx: Tx, workspaceId: string, id: string): Promise<Item | undefined> {
  return (await tx.$queryRawUnsafe<Item[]>(items, workspaceId, [id]))[0]
}
