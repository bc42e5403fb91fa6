import { isChanged, type Written } from '../changes.ts'
import type { Tx } from '../client.ts'
import type { BlockRow } from '../rows.ts'
import { inOrderOf, selections } from '../selections.ts'
import { sql } from '../sql.ts'

export type NewBlock = Pick<BlockRow, 'id' | 'kind' | 'content' | 'position'> & {
  readonly attributes: Record<string, unknown>
}

/**
 * Inserts blocks of one book. The text of the statement is the same for any number of blocks, so that it stays
 * prepared.
 */
export function insertBlocks(
  tx: Tx,
  book: { readonly workspaceId: string; readonly id: string },
  blocks: readonly NewBlock[],
  written: Written,
): Promise<BlockRow[]> {
  const ids = blocks.map(({ id }) => id)
  const kinds = blocks.map(({ kind }) => kind)
  const contents = blocks.map(({ content }) => content)
  const attributes = blocks.map((block) => JSON.stringify(block.attributes))
  const positions = blocks.map(({ position }) => position)
  const { by } = written
  const at = sql`${written.at}::timestamptz`
  return tx.query(sql`
    insert into blocks (
      workspace_id, book_id, id, kind, content, attributes, position, written_at, written_by, created_at, updated_at,
      created_by, updated_by
    )
    select ${book.workspaceId}::uuid, ${book.id}::uuid, id, kind, content, attributes::jsonb, position,
      ${at}, ${by}, ${at}, ${at}, ${by}, ${by}
    from unnest(
      ${ids}::uuid[], ${kinds}::block_kind[], ${contents}::text[], ${attributes}::text[], ${positions}::text[]
    ) as block (id, kind, content, attributes, position)
    returning ${selections.blocks.columns}`)
}

/** New values of a block; null keeps the present one. Another text is a new revision. */
export interface BlockChange {
  readonly id: string
  readonly kind: BlockRow['kind'] | null
  readonly content: string | null
  readonly attributes: Record<string, unknown> | null
}

/** Changes locked blocks with one statement, and returns them in the same order. */
export async function updateBlockRows(
  tx: Tx,
  workspaceId: string,
  changes: readonly BlockChange[],
  written: Written,
): Promise<BlockRow[]> {
  if (changes.length === 0) return []
  const ids = changes.map(({ id }) => id)
  const kinds = changes.map(({ kind }) => kind)
  const contents = changes.map(({ content }) => content)
  const attributes = changes.map((change) => change.attributes && JSON.stringify(change.attributes))
  const at = sql`${written.at}::timestamptz`
  const rows = await tx.query<BlockRow>(sql`
    update blocks set kind = coalesce(new_kind, kind), content = coalesce(new_content, content),
      attributes = coalesce(new_attributes::jsonb, attributes),
      revision = revision + (new_content is not null)::int,
      written_at = case when new_content is null then written_at else ${at} end,
      written_by = case when new_content is null then written_by else ${written.by} end,
      ${isChanged(written)}
    from unnest(
      ${ids}::uuid[], ${kinds}::block_kind[], ${contents}::text[], ${attributes}::text[]
    ) as change (block_id, new_kind, new_content, new_attributes)
    where workspace_id = ${workspaceId}::uuid and blocks.id = change.block_id
    returning ${selections.blocks.columns}`)
  return inOrderOf(ids, rows)
}
