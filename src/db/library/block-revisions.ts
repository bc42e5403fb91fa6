import type { Page } from '../../domain/page.ts'
import type { Tx } from '../client.ts'
import type { BlockRevision } from '../generated/client.ts'
import { countsById, type PageOf, pagesBy } from '../page.ts'
import { identifier, type Queryable, type Sql, sql } from '../sql.ts'

/** A current or earlier text of a block. */
export type BlockRevisionRow = Omit<BlockRevision, 'workspaceId'> & { readonly current: boolean }

/**
 * Keeps the texts of locked blocks before the blocks get others, with one statement. Keeps at most `limit` revisions of
 * each, the new text included. Their numbers have no gaps, so that the numbers tell which are the oldest.
 */
export async function keepRevisions(tx: Tx, workspaceId: string, ids: readonly string[], limit: number) {
  if (ids.length === 0) return
  await tx.execute(sql`
    with block as (
      select * from blocks where workspace_id = ${workspaceId}::uuid and id = any(${ids}::uuid[])
    ), gone as (
      delete from block_revisions using block
      where block_revisions.workspace_id = block.workspace_id and block_id = block.id
        and number <= block.revision + 1 - ${limit}::int
    )
    insert into block_revisions (workspace_id, block_id, number, content, written_at, written_by)
    select workspace_id, id, revision, content, written_at, written_by from block where ${limit}::int > 1`)
}

/** A revision of a block by its number; null for the current one, and for one that is not kept. */
export const revisionByNumber = (tx: Tx, workspaceId: string, blockId: string, number: number) =>
  tx.blockRevision.findUnique({ where: { workspaceId_blockId_number: { workspaceId, blockId, number } } })

/** The columns of a revision from `blocks`, where its number is `revision`, or from `block_revisions`. */
const columns = (number: 'revision' | 'number', content: Sql, current: boolean) =>
  sql`${identifier(number)} as number, ${content} as content, written_at as "writtenAt", written_by as "writtenBy",
    ${current ? sql`true` : sql`false`} as current`

/** A revision in a list. `id` is that of its block, which cursors need. */
export type ListedRevision = BlockRevisionRow & { readonly id: string }

const largest = 2_147_483_647

/**
 * The same page of the revisions of every block, live or in the trash, newest first, by block, in one statement. Reads
 * the texts of the revisions only for a query that asks for them.
 */
export async function revisionPages(
  db: Queryable,
  workspaceId: string,
  blockIds: readonly string[],
  page: Page,
  withContent: boolean,
): Promise<Map<string, PageOf<ListedRevision>>> {
  const content = withContent ? sql`content` : sql`null`
  const direction = page.backward ? sql`asc` : sql`desc`
  const limit = page.limit + 1
  const [below, above] = [Number(page.after?.key ?? largest), Number(page.before?.key ?? 0)]
  const rows = await db.query<ListedRevision>(sql`
    select child.*, block_id as "blockId", block_id as id from unnest(${blockIds}::uuid[]) as parent (block_id)
    cross join lateral (
      select * from (
        select ${columns('revision', content, true)} from blocks
        where workspace_id = ${workspaceId}::uuid and id = parent.block_id
          and revision < ${below} and revision > ${above}
        union all
        (select ${columns('number', content, false)} from block_revisions
         where workspace_id = ${workspaceId}::uuid and block_revisions.block_id = parent.block_id
           and number < ${below} and number > ${above}
         order by number ${direction} limit ${limit})
      ) as revision order by number ${direction} limit ${limit}
    ) as child`)
  return pagesBy(blockIds, rows, ({ blockId }) => blockId, page)
}

/** The number of revisions of each block, including the current one, with one statement. */
export async function revisionCounts(
  db: Queryable,
  workspaceId: string,
  blockIds: readonly string[],
): Promise<Map<string, number>> {
  return countsById(
    await db.query(sql`select block_id as id, count(*)::int + 1 as count from block_revisions
      where workspace_id = ${workspaceId}::uuid and block_id = any(${blockIds}::uuid[]) group by block_id`),
  )
}

/** Identifies a revision of a block. */
export interface RevisionKey {
  readonly blockId: string
  readonly number: number
}

/** Revisions of live blocks, unordered, with one statement. */
export function revisionsByKey(
  db: Queryable,
  workspaceId: string,
  keys: readonly RevisionKey[],
): Promise<BlockRevisionRow[]> {
  const blockIds = keys.map(({ blockId }) => blockId)
  const numbers = keys.map(({ number }) => number)
  return db.query(sql`
    with sought as (
      select * from unnest(${blockIds}::uuid[], ${numbers}::int[]) as sought (block_id, sought_number)
    )
    select id as "blockId", ${columns('revision', sql`content`, true)}
    from sought join blocks on workspace_id = ${workspaceId}::uuid and id = block_id and revision = sought_number
    where deletion_id is null
    union all
    select blocks.id, block_revisions.number, block_revisions.content, block_revisions.written_at,
      block_revisions.written_by, false
    from sought join blocks on blocks.workspace_id = ${workspaceId}::uuid and blocks.id = sought.block_id
      join block_revisions on block_revisions.workspace_id = ${workspaceId}::uuid
        and block_revisions.block_id = sought.block_id and block_revisions.number = sought_number
    where blocks.deletion_id is null`)
}
