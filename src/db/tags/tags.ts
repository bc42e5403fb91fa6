import { menuSize } from '../../domain/tag-tree.ts'
import { type Db, read } from '../client.ts'
import type { Rows, TaggableType } from '../rows.ts'
import { columnsFor, selections } from '../selections.ts'
import { isBelow } from './tag-tree.ts'

type TagRow = Rows['tags']

/** What has a tag, before its row is read. */
export interface TaggableRef {
  readonly id: string
  readonly type: TaggableType
}

export interface Usage {
  readonly total: number
  readonly bookshelves: number
  readonly books: number
  readonly blocks: number
}

/** The most used live tags that something has, most used first. */
export function mostUsedTags(db: Db, workspaceId: string): Promise<TagRow[]> {
  const text = `select ${selections.tags.columns} from tags
    where workspace_id = $1::uuid and deletion_id is null and usage_count > 0
    order by usage_count desc, id desc limit ${menuSize}`
  return read<TagRow>(db, text, [workspaceId])
}

/** The live tags of each bookshelf, book or block, by name. Only the given fields are read of each tag. */
export function tagsOfEntities(
  db: Db,
  workspaceId: string,
  entityIds: readonly string[],
  fields: readonly string[],
): Promise<(TagRow & { entityId: string })[]> {
  // OFFSET keeps PostgreSQL from reading all tags for those of a page.
  const text = `select tag.*, association.entity_id as "entityId"
    from tag_associations association cross join lateral (select ${columnsFor('tags', fields)} from tags
      where tags.workspace_id = $1::uuid and tags.id = association.tag_id and tags.deletion_id is null offset 0) tag
    where association.workspace_id = $1::uuid and association.entity_id = any($2::uuid[])
    order by tag."nameKey", tag.id`
  return read(db, text, [workspaceId, entityIds])
}

/** Which of the tags have live tags directly below them. */
export async function tagsWithChildren(
  db: Db,
  workspaceId: string,
  tagIds: readonly string[],
): Promise<string[]> {
  const text = `select id from unnest($2::uuid[]) as parent (id) where exists (
    select from tags where workspace_id = $1::uuid and parent_id = parent.id and deletion_id is null)`
  return (await read<{ id: string }>(db, text, [workspaceId, tagIds])).map(({ id }) => id)
}

/** The counts of each tag and all live tags below it, added up. */
export async function subtreeUsages(
  db: Db,
  workspaceId: string,
  tagIds: readonly string[],
): Promise<Map<string, Usage>> {
  const text = `select top.id,
      (top.usage_count + coalesce(below.total, 0))::int as total,
      (top.bookshelf_count + coalesce(below.bookshelves, 0))::int as bookshelves,
      (top.book_count + coalesce(below.books, 0))::int as books,
      (top.block_count + coalesce(below.blocks, 0))::int as blocks
    from tags top cross join lateral (
      select sum(sub.usage_count) as total, sum(sub.bookshelf_count) as bookshelves, sum(sub.book_count) as books,
        sum(sub.block_count) as blocks
      from tags sub where sub.workspace_id = $1::uuid and sub.deletion_id is null and ${isBelow('sub', 'top')}
    ) below
    where top.workspace_id = $1::uuid and top.id = any($2::uuid[])`
  const rows = await read<Usage & { id: string }>(db, text, [workspaceId, tagIds])
  return new Map(rows.map((row) => [row.id, row]))
}

/** The other names of a row of `tags`, each once, oldest first; tags of one name may have been merged. */
export const aliases = `array(
  select alias.name from tag_aliases alias
  where alias.workspace_id = tags.workspace_id and alias.tag_id = tags.id and alias.name <> tags.name
  group by alias.name order by min(alias.id::text)
) as aliases`

/** The other names of each tag. */
export async function aliasesOfTags(
  db: Db,
  workspaceId: string,
  tagIds: readonly string[],
): Promise<Map<string, string[]>> {
  const text = `select id, ${aliases} from tags where workspace_id = $1::uuid and id = any($2::uuid[])`
  const rows = await read<{ id: string; aliases: string[] }>(db, text, [workspaceId, tagIds])
  return new Map(rows.map((row) => [row.id, row.aliases]))
}
