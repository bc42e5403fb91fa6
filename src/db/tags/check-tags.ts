import { type Queryable, type Sql, sql } from '../sql.ts'
import type { Usage } from './tags.ts'

/** A tag whose stored counts differ from a count of its associations with live things. */
export interface CountDrift {
  readonly id: string
  readonly name: string
  readonly stored: Usage
  readonly counted: Usage
}

const usage = (total: Sql, bookshelves: Sql, books: Sql, blocks: Sql) =>
  sql`json_build_object('total', ${total}, 'bookshelves', ${bookshelves}, 'books', ${books}, 'blocks', ${blocks})`

const stored = usage(sql`usage_count`, sql`bookshelf_count`, sql`book_count`, sql`block_count`)
const counted = usage(
  sql`coalesce(total, 0)`,
  sql`coalesce(bookshelves, 0)`,
  sql`coalesce(books, 0)`,
  sql`coalesce(blocks, 0)`,
)

/** Recounts the associations of every tag of a workspace, in one snapshot, and gives up to `limit` that drifted. */
export const countDrift = (db: Queryable, workspaceId: string, limit: number): Promise<CountDrift[]> =>
  db.query(sql`
    with live as (
      select id from bookshelves where workspace_id = ${workspaceId}::uuid and deletion_id is null
      union all select id from books where workspace_id = ${workspaceId}::uuid and deletion_id is null
      union all select id from blocks where workspace_id = ${workspaceId}::uuid and deletion_id is null),
    counted as (
      select tag_id, count(*) as total, count(*) filter (where entity_type = 'BOOKSHELF') as bookshelves,
        count(*) filter (where entity_type = 'BOOK') as books, count(*) filter (where entity_type = 'BLOCK') as blocks
      from tag_associations join live on live.id = entity_id
      where workspace_id = ${workspaceId}::uuid group by tag_id)
    select id, name, ${stored} as stored, ${counted} as counted
    from tags left join counted on tag_id = id
    where workspace_id = ${workspaceId}::uuid
      and (usage_count, bookshelf_count, book_count, block_count)
        <> (coalesce(total, 0), coalesce(bookshelves, 0), coalesce(books, 0), coalesce(blocks, 0))
    order by id limit ${limit}::int`)

/** Up to `limit` tags of a workspace whose path does not match their parent's, or that are live below a trashed tag. */
export const treeDrift = (
  db: Queryable,
  workspaceId: string,
  limit: number,
): Promise<{ id: string; name: string }[]> =>
  db.query(sql`select tag.id, tag.name from tags tag
    left join tags parent on parent.workspace_id = tag.workspace_id and parent.id = tag.parent_id
    where tag.workspace_id = ${workspaceId}::uuid
      and (tag.ancestor_ids <> case when parent.id is null then '{}' else parent.ancestor_ids || parent.id end
        or tag.deletion_id is null and parent.deletion_id is not null)
    order by tag.id limit ${limit}::int`)

/** Up to `limit` live tags of a workspace that have the name of a sibling, and that sibling. */
export const twinTags = (
  db: Queryable,
  workspaceId: string,
  limit: number,
): Promise<{ id: string; name: string; siblingId: string }[]> =>
  db.query(sql`select tag.id, tag.name, sibling.id as "siblingId" from tags tag cross join lateral (
      select id from tags other
      where other.workspace_id = ${workspaceId}::uuid and other.deletion_id is null
        and other.name_key >= split_part(tag.name_key, E'\\x01', 1)
        and other.name_key < split_part(tag.name_key, E'\\x01', 1) || E'\\x02'
        and other.parent_id is not distinct from tag.parent_id and other.id <> tag.id
      order by other.name_key limit 1) sibling
    where tag.workspace_id = ${workspaceId}::uuid and tag.deletion_id is null and strpos(tag.name_key, E'\\x01') > 0
    order by tag.id limit ${limit}::int`)
