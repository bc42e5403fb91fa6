import type { Tx } from '../client.ts'
import type { BlockRow } from '../rows.ts'
import { selections } from '../selections.ts'

export type NewBlock = Pick<BlockRow, 'id' | 'kind' | 'content' | 'position'> & {
  readonly attributes: Record<string, unknown>
}

/** Inserts blocks of one book. One constant statement, however many they are: its text is kept prepared. */
export function insertBlocks(
  tx: Tx,
  book: { readonly workspaceId: string; readonly id: string },
  blocks: readonly NewBlock[],
  written: { readonly at: Date; readonly by: string },
): Promise<BlockRow[]> {
  return tx.$queryRawUnsafe<BlockRow[]>(
    `insert into blocks (workspace_id, book_id, id, kind, content, attributes, position, written_at, written_by, created_at, updated_at)
     select $1::uuid, $2::uuid, id, kind, content, attributes::jsonb, position, $3::timestamptz, $9, $3::timestamptz, $3::timestamptz
     from unnest($4::uuid[], $5::block_kind[], $6::text[], $7::text[], $8::text[])
       as block (id, kind, content, attributes, position)
     returning ${selections.blocks.columns}`,
    book.workspaceId,
    book.id,
    written.at,
    blocks.map(({ id }) => id),
    blocks.map(({ kind }) => kind),
    blocks.map(({ content }) => content),
    blocks.map(({ attributes }) => JSON.stringify(attributes)),
    blocks.map(({ position }) => position),
    written.by,
  )
}
