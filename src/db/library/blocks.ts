import type { Tx } from '../client.ts'
import type { BlockRow } from '../rows.ts'
import { selections } from '../selections.ts'
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
  written: { readonly at: Date; readonly by: string },
): Promise<BlockRow[]> {
  const ids = blocks.map(({ id }) => id)
  const kinds = blocks.map(({ kind }) => kind)
  const contents = blocks.map(({ content }) => content)
  const attributes = blocks.map((block) => JSON.stringify(block.attributes))
  const positions = blocks.map(({ position }) => position)
  const at = sql`${written.at}::timestamptz`
  return tx.query(sql`
    insert into blocks (
      workspace_id, book_id, id, kind, content, attributes, position, written_at, written_by, created_at, updated_at
    )
    select ${book.workspaceId}::uuid, ${book.id}::uuid, id, kind, content, attributes::jsonb, position,
      ${at}, ${written.by}, ${at}, ${at}
    from unnest(
      ${ids}::uuid[], ${kinds}::block_kind[], ${contents}::text[], ${attributes}::text[], ${positions}::text[]
    ) as block (id, kind, content, attributes, position)
    returning ${selections.blocks.columns}`)
}
