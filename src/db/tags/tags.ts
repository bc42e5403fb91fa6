import type { Rows, TaggableType } from '../rows.ts'
import { columnsFor, type NarrowRow, selections } from '../selections.ts'
import { type Queryable, sql } from '../sql.ts'
import { isBelow } from './tag-tree.ts'

/** A tagged object, before its row is read. */
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

/** The most used live tags that are in use, most used first. */
export const mostUsedTags = (db: Queryable, workspaceId: string, count: number) =>
  db.query<Rows['tags']>(sql`select ${selections.tags.columns} from tags
    where workspace_id = ${workspaceId}::uuid and deletion_id is null and usage_count > 0
    order by usage_count desc, id desc limit ${count}`)

/** The live tags of each bookshelf, book or block, by name, `most` in all. Reads only the given fields of each tag. */
export function tagsOfEntities(
  db: Queryable,
  workspaceId: string,
  entityIds: readonly string[],
  fields: readonly string[],
  most: number,
): Promise<(NarrowRow<'tags'> & { entityId: string })[]> {
  // OFFSET keeps PostgreSQL from reading all tags for those of a page.
  return db.query(sql`select tag.*, association.entity_id as "entityId"
    from tag_associations association cross join lateral (
      select ${columnsFor('tags', fields)}, sort_key as "sortKey" from tags where tags.workspace_id = ${workspaceId}::uuid and tags.id = association.tag_id
        and tags.deletion_id is null offset 0) tag
    where association.workspace_id = ${workspaceId}::uuid and association.entity_id = any(${entityIds}::uuid[])
    order by tag."sortKey", tag.id limit ${most}`)
}

/** The tags that have live children. */
export async function tagsWithChildren(
  db: Queryable,
  workspaceId: string,
  tagIds: readonly string[],
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(sql`select id from unnest(${tagIds}::uuid[]) as parent (id)
    where exists (select from tags
      where workspace_id = ${workspaceId}::uuid and parent_id = parent.id and deletion_id is null)`)
  return rows.map(({ id }) => id)
}

/** The summed counts of each tag and all live tags below it. */
export async function subtreeUsages(
  db: Queryable,
  workspaceId: string,
  tagIds: readonly string[],
): Promise<Map<string, Usage>> {
  const rows = await db.query<Usage & { id: string }>(sql`select top.id,
      (top.usage_count + coalesce(below.total, 0))::int as total,
      (top.bookshelf_count + coalesce(below.bookshelves, 0))::int as bookshelves,
      (top.book_count + coalesce(below.books, 0))::int as books,
      (top.block_count + coalesce(below.blocks, 0))::int as blocks
    from tags top cross join lateral (
      select sum(sub.usage_count) as total, sum(sub.bookshelf_count) as bookshelves, sum(sub.book_count) as books,
        sum(sub.block_count) as blocks
      from tags sub where sub.workspace_id = ${workspaceId}::uuid and sub.deletion_id is null
        and ${isBelow('sub', 'top')}
    ) below
    where top.workspace_id = ${workspaceId}::uuid and top.id = any(${tagIds}::uuid[])`)
  return new Map(rows.map((row) => [row.id, row]))
}

/** The aliases of a row of `tags`, without repetitions, oldest first; tags with the same name may have been merged. */
export const aliases = sql`array(
  select alias.name from tag_aliases alias
  where alias.workspace_id = tags.workspace_id and alias.tag_id = tags.id and alias.name <> tags.name
  group by alias.name order by min(alias.id::text)
) as aliases`

/** The aliases of each tag. */
export async function aliasesOfTags(
  db: Queryable,
  workspaceId: string,
  tagIds: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await db.query<{ id: string; aliases: string[] }>(sql`select id, ${aliases} from tags
    where workspace_id = ${workspaceId}::uuid and id = any(${tagIds}::uuid[])`)
  return new Map(rows.map((row) => [row.id, row.aliases]))
}
