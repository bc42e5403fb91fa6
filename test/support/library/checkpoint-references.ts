import { type Ctx, newId } from '../../../src/usecases/context.ts'
import { buildCheckpoint, buildMarker } from '../builders.ts'
import type { Owned, Things } from '../tags/tag-references.ts'

const written = {
  created_at: new Date(),
  updated_at: new Date(),
  created_by: 'owner',
  updated_by: 'owner',
}

/** A checkpoint of a book with one marker. */
export async function buildMarked(ctx: Ctx, bookId: string) {
  const checkpoint = await buildCheckpoint(ctx, { bookId })
  return { checkpoint, marker: await buildMarker(ctx, { checkpointId: checkpoint.id }) }
}

type Row = (mine: Owned) => Record<string, unknown>
type Reference = [table: string, row: Row, foreign: (theirs: Things) => Record<string, unknown>]

const checkpoint: Row = ({ workspaceId, tree }) => ({
  workspace_id: workspaceId,
  id: newId(),
  book_id: tree.book.id,
  title: 'A',
  sort_key: 'a',
  reached_at: new Date(),
  ...written,
})

export const marker: Row = ({ workspaceId, tree }) => ({
  workspace_id: workspaceId,
  id: newId(),
  checkpoint_id: tree.checkpoint.id,
  title: 'A',
  position: 'b00',
  ...written,
})

/** Every reference from a row of the checkpoints to another row: a row of mine, and the column that points to theirs. */
export const checkpointReferences: Record<string, Reference> = {
  checkpoints_workspace_id_book_id_fkey: ['checkpoints', checkpoint, ({ book }) => ({ book_id: book.id })],
  checkpoints_workspace_id_deletion_id_fkey: [
    'checkpoints',
    checkpoint,
    ({ deletionId }) => ({ deletion_id: deletionId }),
  ],
  checkpoint_markers_workspace_id_checkpoint_id_fkey: [
    'checkpoint_markers',
    marker,
    (theirs) => ({ checkpoint_id: theirs.checkpoint.id }),
  ],
  checkpoint_markers_workspace_id_deletion_id_fkey: [
    'checkpoint_markers',
    marker,
    ({ deletionId }) => ({ deletion_id: deletionId }),
  ],
}
