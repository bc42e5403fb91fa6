import { mergeTags } from '../../../src/usecases/tags/merge-tags.ts'
import { type Ctx, newId } from '../../../src/usecases/context.ts'
import { buildTag, succeeded } from '../builders.ts'
import type { Tree } from '../library/library-tree.ts'

/** Two live tags, and a third that was merged into the first. */
export async function buildMerged(ctx: Ctx) {
  const [tag, other, source] = [await buildTag(ctx), await buildTag(ctx), await buildTag(ctx)]
  succeeded(await mergeTags(ctx, { sourceTagId: source.id, targetTagId: tag.id }))
  return { tag, other, source }
}

/** The things of a workspace, with a deletion that no merge made, and the segments that its texts were in. */
export interface Things extends Tree {
  readonly deletionId: string
  readonly checkpoint: { readonly id: string }
  readonly marker: { readonly id: string; readonly position: string }
  readonly tags: Awaited<ReturnType<typeof buildMerged>>
  readonly segments: Readonly<Record<string, number>>
}

export interface Owned {
  readonly workspaceId: string
  readonly tree: Things
}

type Row = (mine: Owned) => Record<string, unknown>
type Reference = [table: string, row: Row, foreign: (theirs: Things) => Record<string, unknown>]

const created_at = new Date()
const tag: Row = ({ workspaceId }) => ({
  workspace_id: workspaceId,
  id: newId(),
  ancestor_ids: [],
  name: 'A',
  name_key: 'a',
  sort_key: 'a',
  color: '#000000',
  created_at,
  updated_at: created_at,
  created_by: 'owner',
  updated_by: 'owner',
})
const association =
  (entity_type: string, entityOf: (tree: Things) => { id: string }): Row =>
  ({ workspaceId, tree }) => ({
    workspace_id: workspaceId,
    tag_id: tree.tags.tag.id,
    entity_type,
    entity_id: entityOf(tree).id,
    created_at,
  })
const ofBook = association('BOOK', ({ book }) => book)
const merge: Row = ({ workspaceId, tree }) => ({
  workspace_id: workspaceId,
  source_id: tree.tags.other.id,
  target_id: tree.tags.tag.id,
  moved_child_ids: [],
})
const alias: Row = ({ workspaceId, tree }) => ({
  workspace_id: workspaceId,
  id: newId(),
  tag_id: tree.tags.other.id,
  merged_from: tree.tags.source.id,
  name: 'A',
  created_at,
})

/** Every reference from a row of the tags to another row: a row of mine, and the column that points to theirs. */
export const tagReferences: Record<string, Reference> = {
  tags_workspace_id_parent_id_fkey: [
    'tags',
    tag,
    ({ tags }) => ({ parent_id: tags.tag.id, ancestor_ids: [tags.tag.id] }),
  ],
  tags_workspace_id_deletion_id_fkey: ['tags', tag, ({ deletionId }) => ({ deletion_id: deletionId })],
  tag_associations_workspace_id_tag_id_fkey: [
    'tag_associations',
    ofBook,
    ({ tags }) => ({ tag_id: tags.tag.id }),
  ],
  tag_associations_workspace_id_bookshelf_id_fkey: [
    'tag_associations',
    association('BOOKSHELF', ({ shelf }) => shelf),
    ({ shelf }) => ({ entity_id: shelf.id }),
  ],
  tag_associations_workspace_id_book_id_fkey: [
    'tag_associations',
    ofBook,
    ({ book }) => ({ entity_id: book.id }),
  ],
  tag_associations_workspace_id_block_id_fkey: [
    'tag_associations',
    association('BLOCK', ({ block }) => block),
    ({ block }) => ({ entity_id: block.id }),
  ],
  tag_merges_workspace_id_source_id_fkey: ['tag_merges', merge, ({ tags }) => ({ source_id: tags.other.id })],
  tag_merges_workspace_id_target_id_fkey: ['tag_merges', merge, ({ tags }) => ({ target_id: tags.tag.id })],
  tag_aliases_workspace_id_tag_id_fkey: ['tag_aliases', alias, ({ tags }) => ({ tag_id: tags.tag.id })],
  tag_aliases_workspace_id_merged_from_fkey: [
    'tag_aliases',
    alias,
    ({ tags }) => ({ merged_from: tags.source.id }),
  ],
}
