import type { Ctx } from '../../../src/usecases/context.ts'
import type { Owned, Things } from '../tags/tag-references.ts'

/** Takes a workspace out of the index of the searches and gives its segments, by what they are of. */
export async function leaveSearch({ db, actor: { workspaceId } }: Ctx): Promise<Record<string, number>> {
  await db.pool.query('delete from search_documents where workspace_id = $1', [workspaceId])
  await db.pool.query('delete from tag_search where workspace_id = $1', [workspaceId])
  const { rows } = await db.pool.query<{ type: string; id: number }>(
    'select entity_type as type, id from search_segments where workspace_id = $1',
    [workspaceId],
  )
  return Object.fromEntries(rows.map(({ type, id }) => [type, id]))
}

type Row = (mine: Owned) => Record<string, unknown>
type Reference = [table: string, row: Row, foreign: (theirs: Things) => Record<string, unknown>]

const document =
  (type: string, of: (tree: Things) => { id: string }): Row =>
  ({ workspaceId, tree }) => ({
    workspace_id: workspaceId,
    entity_type: type,
    entity_id: of(tree).id,
    segment_id: tree.segments[type],
    text: '',
    terms: [],
  })

const reference = (type: string, of: (tree: Things) => { id: string }): Reference => [
  'search_documents',
  document(type, of),
  (theirs) => ({ entity_id: of(theirs).id }),
]

/** The same for a type whose reference is a column of its own. */
const stored = (type: string, column: string, of: (tree: Things) => { id: string }): Reference => [
  'search_documents',
  (mine) => ({ ...document(type, of)(mine), [column]: of(mine.tree).id }),
  (theirs) => ({ entity_id: of(theirs).id, [column]: of(theirs).id }),
]

/** Every reference from a row of the searches to another row: a row of mine, and the column that points to theirs. */
export const searchReferences: Record<string, Reference> = {
  search_documents_workspace_id_bookshelf_id_fkey: reference('BOOKSHELF', ({ shelf }) => shelf),
  search_documents_workspace_id_book_id_fkey: reference('BOOK', ({ book }) => book),
  search_documents_workspace_id_block_id_fkey: reference('BLOCK', ({ block }) => block),
  search_documents_workspace_id_tag_id_fkey: reference('TAG', ({ tags }) => tags.tag),
  search_documents_workspace_id_checkpoint_id_fkey: stored(
    'CHECKPOINT',
    'checkpoint_id',
    ({ checkpoint }) => checkpoint,
  ),
  search_documents_workspace_id_marker_id_fkey: stored(
    'CHECKPOINT_MARKER',
    'marker_id',
    ({ marker }) => marker,
  ),
  search_documents_workspace_id_media_id_fkey: stored('MEDIA', 'media_id', ({ image }) => image),
  search_documents_workspace_id_entity_type_segment_id_fkey: [
    'search_documents',
    document('BOOK', ({ book }) => book),
    ({ segments }) => ({ segment_id: segments['BOOK'] }),
  ],
  tag_search_workspace_id_tag_id_fkey: [
    'tag_search',
    ({ workspaceId, tree }) => ({
      workspace_id: workspaceId,
      tag_id: tree.tags.tag.id,
      names: '',
      sounds: '',
      terms: [],
    }),
    ({ tags }) => ({ tag_id: tags.tag.id }),
  ],
}
