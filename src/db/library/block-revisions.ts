import type { Page } from '../../domain/page.ts'
import { type Db, read, type Tx } from '../client.ts'
import type { BlockRevision } from '../generated/client.ts'
import { asPage, type PageOf } from '../page.ts'
import type { BlockRow } from '../rows.ts'

/** A text that a block has or had. */
export type BlockRevisionRow = Omit<BlockRevision, 'workspaceId'> & { readonly current: boolean }

/**
 * Keeps the text that a locked block has, before it gets another one; then it has at most `limit` revisions with that.
 * Their numbers have no gaps, so that the oldest are known by their numbers.
 */
export async function keepRevision(tx: Tx, { workspaceId, id }: BlockRow, limit: number) {
  await tx.$executeRaw`
    with block as (
      select * from blocks where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid
    ), gone as (
      delete from block_revisions using block
      where block_revisions.workspace_id = block.workspace_id and block_id = block.id
        and number <= block.revision + 1 - ${limit}::int
    )
    insert into block_revisions (workspace_id, block_id, number, content, written_at, written_by)
    select workspace_id, id, revision, content, written_at, written_by from block where ${limit}::int > 1`
}

/** The text of a revision that is not the current one, inside a transaction. */
export async function revisionInTransaction(tx: Tx, workspaceId: string, blockId: string, number: number) {
  const where = { workspaceId_blockId_number: { workspaceId, blockId, number } }
  return tx.blockRevision.findUnique({ where })
}

const columns = (number: string, content: string, current: boolean) =>
  `${number} as number, ${content} as content, written_at as "writtenAt", written_by as "writtenBy", ${current} as current`

/** A revision in a list; `id` is that of its block, which cursors need. */
export type ListedRevision = BlockRevisionRow & { readonly id: string }

const largest = 2_147_483_647

/**
 * The same page of the revisions of every block, live or in the trash, newest first, by block, in one statement. Their
 * texts are only read when they are asked for.
 */
export async function revisionPages(
  db: Db,
  workspaceId: string,
  blockIds: readonly string[],
  page: Page,
  withContent: boolean,
): Promise<Map<string, PageOf<ListedRevision>>> {
  const content = withContent ? 'content' : 'null'
  const direction = page.backward ? 'asc' : 'desc'
  const text = `select child.*, block_id as "blockId", block_id as id from unnest($2::uuid[]) as parent (block_id)
    cross join lateral (
      select * from (
        select ${columns('revision', content, true)} from blocks
        where workspace_id = $1::uuid and id = parent.block_id and revision < $3 and revision > $4
        union all
        (select ${columns('number', content, false)} from block_revisions
         where workspace_id = $1::uuid and block_revisions.block_id = parent.block_id and number < $3 and number > $4
         order by number ${direction} limit $5)
      ) as revision order by number ${direction} limit $5
    ) as child`
  const bounds = [Number(page.after?.key ?? largest), Number(page.before?.key ?? 0)]
  const byBlock = new Map<string, ListedRevision[]>(blockIds.map((id) => [id, []]))
  for (const row of await read<ListedRevision>(db, text, [workspaceId, blockIds, ...bounds, page.limit + 1]))
    byBlock.get(row.blockId)?.push(row)
  return new Map([...byBlock].map(([id, rows]) => [id, asPage(rows, page)]))
}

/** How many revisions each block has, the current one included, in one statement. */
export async function revisionCounts(
  db: Db,
  workspaceId: string,
  blockIds: readonly string[],
): Promise<Map<string, number>> {
  const text = `select block_id as id, count(*)::int + 1 as count from block_revisions
    where workspace_id = $1::uuid and block_id = any($2::uuid[]) group by block_id`
  const rows = await read<{ id: string; count: number }>(db, text, [workspaceId, blockIds])
  return new Map(rows.map(({ id, count }) => [id, count]))
}

/** Which revision of which block. */
export interface RevisionKey {
  readonly blockId: string
  readonly number: number
}

/** Revisions of live blocks, in one statement, in any order. */
export function revisionsByKey(
  db: Db,
  workspaceId: string,
  keys: readonly RevisionKey[],
): Promise<BlockRevisionRow[]> {
  const text = `with sought as (select * from unnest($2::uuid[], $3::int[]) as sought (block_id, sought_number))
    select id as "blockId", ${columns('revision', 'content', true)}
    from sought join blocks on workspace_id = $1::uuid and id = block_id and revision = sought_number
    where deletion_id is null
    union all
    select blocks.id, block_revisions.number, block_revisions.content, block_revisions.written_at, block_revisions.written_by, false
    from sought join blocks on blocks.workspace_id = $1::uuid and blocks.id = sought.block_id
      join block_revisions on block_revisions.workspace_id = $1::uuid and block_revisions.block_id = sought.block_id
        and block_revisions.number = sought_number
    where blocks.deletion_id is null`
  return read(db, text, [workspaceId, keys.map(({ blockId }) => blockId), keys.map(({ number }) => number)])
}
