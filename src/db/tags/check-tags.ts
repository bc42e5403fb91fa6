import { type Db, read } from '../client.ts'
import type { Usage } from './tags.ts'

/** A tag whose stored counts are not what its associations with live things come to. */
export interface CountDrift {
  readonly id: string
  readonly name: string
  readonly stored: Usage
  readonly counted: Usage
}

const usage = (total: string, bookshelves: string, books: string, blocks: string) =>
  `json_build_object('total', ${total}, 'bookshelves', ${bookshelves}, 'books', ${books}, 'blocks', ${blocks})`

/** Counts the associations of every tag of a workspace anew, in one snapshot, and gives up to `limit` that drifted. */
export function countDrift(db: Db, workspaceId: string, limit: number): Promise<CountDrift[]> {
  const text = `with live as (
      select id from bookshelves where workspace_id = $1::uuid and deletion_id is null
      union all select id from books where workspace_id = $1::uuid and deletion_id is null
      union all select id from blocks where workspace_id = $1::uuid and deletion_id is null),
    counted as (
      select tag_id, count(*) as total, count(*) filter (where entity_type = 'BOOKSHELF') as bookshelves,
        count(*) filter (where entity_type = 'BOOK') as books, count(*) filter (where entity_type = 'BLOCK') as blocks
      from tag_associations join live on live.id = entity_id where workspace_id = $1::uuid group by tag_id)
    select id, name, ${usage('usage_count', 'bookshelf_count', 'book_count', 'block_count')} as stored,
      ${usage('coalesce(total, 0)', 'coalesce(bookshelves, 0)', 'coalesce(books, 0)', 'coalesce(blocks, 0)')} as counted
    from tags left join counted on tag_id = id
    where workspace_id = $1::uuid
      and (usage_count, bookshelf_count, book_count, block_count)
        <> (coalesce(total, 0), coalesce(bookshelves, 0), coalesce(books, 0), coalesce(blocks, 0))
    order by id limit $2`
  return read(db, text, [workspaceId, limit])
}

/** The tags of a workspace, up to `limit`, whose path is not their parent's, or that are live below one in the trash. */
export function treeDrift(
  db: Db,
  workspaceId: string,
  limit: number,
): Promise<{ id: string; name: string }[]> {
  const text = `select tag.id, tag.name from tags tag
    left join tags parent on parent.workspace_id = tag.workspace_id and parent.id = tag.parent_id
    where tag.workspace_id = $1::uuid
      and (tag.ancestor_ids <> case when parent.id is null then '{}' else parent.ancestor_ids || parent.id end
        or tag.deletion_id is null and parent.deletion_id is not null)
    order by tag.id limit $2`
  return read(db, text, [workspaceId, limit])
}
