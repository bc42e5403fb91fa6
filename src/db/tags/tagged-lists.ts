import type { Page } from '../../domain/page.ts'
import { type Db, read } from '../client.ts'
import { asPage, type PageOf } from '../page.ts'
import type { TaggableType } from '../rows.ts'
import { isLive } from './associations.ts'
import { tagsBelow } from './tag-tree.ts'
import type { TaggableRef } from './tags.ts'

/** What to list of a tag: these types, with what has a tag below it or not. */
export interface TaggedScope {
  readonly types: readonly TaggableType[]
  readonly includeDescendants: boolean
}

const countOf = { BOOKSHELF: 'bookshelf_count', BOOK: 'book_count', BLOCK: 'block_count' } as const

/** The live tags whose associations count for the tag `asked.id`. */
const tagsOf = (includeDescendants: boolean) => {
  const own = `select top.id from tags top
    where top.workspace_id = $1::uuid and top.id = asked.id and top.deletion_id is null`
  const below = `select sub.id from tags top cross join ${tagsBelow('top')} sub
    where top.workspace_id = $1::uuid and top.id = asked.id and sub.deletion_id is null`
  return includeDescendants ? `${own} union all ${below}` : own
}

const associations = `from tag_associations association where association.workspace_id = $1::uuid
  and association.tag_id = tag.id and association.entity_type = any($3::taggable_type[]) and ${isLive('association')}`

/** The same page of what has each tag, newest first, in one statement. At most a page is read of each tag's associations. */
export async function taggedPages(
  db: Db,
  workspaceId: string,
  tagIds: readonly string[],
  { types, includeDescendants }: TaggedScope,
  page: Page,
): Promise<Map<string, PageOf<TaggableRef>>> {
  const direction = page.backward ? 'asc' : 'desc'
  const text = `select asked.id as "tagId", found.entity_id as id, found.entity_type as type
    from unnest($2::uuid[]) as asked (id) cross join lateral (
      select entity_id, entity_type from (${tagsOf(includeDescendants)}) tag cross join lateral (
        select association.entity_id, association.entity_type ${associations}
          and ($4::uuid is null or association.entity_id < $4::uuid)
          and ($5::uuid is null or association.entity_id > $5::uuid)
        order by association.entity_id ${direction} limit $6) one
      group by entity_id, entity_type order by entity_id ${direction} limit $6) found
    order by found.entity_id ${direction}`
  const rows = await read<TaggableRef & { tagId: string }>(db, text, [
    workspaceId,
    tagIds,
    types,
    page.after?.id ?? null,
    page.before?.id ?? null,
    page.limit + 1,
  ])
  const byTag = new Map<string, TaggableRef[]>(tagIds.map((id) => [id, []]))
  for (const row of rows) byTag.get(row.tagId)?.push(row)
  return new Map([...byTag].map(([id, refs]) => [id, asPage(refs, page)]))
}

/** How many have each tag: its own counts, which are exact at every commit. */
const ownCount = `select tags.id, (${Object.entries(countOf)
  .map(([type, count]) => `case when '${type}' = any($3::taggable_type[]) then ${count} else 0 end`)
  .join(' + ')})::int as count
  from tags where workspace_id = $1::uuid and id = any($2::uuid[]) and deletion_id is null`

/** The same with those below it. What has several of the tags counts once, so counts cannot be added up. */
const countWithDescendants = `select asked.id, (select count(distinct association.entity_id)::int
    from (${tagsOf(true)}) tag cross join lateral (select association.entity_id ${associations}) association) as count
  from unnest($2::uuid[]) as asked (id)`

/** How many have each tag, in one statement. */
export async function taggedCounts(
  db: Db,
  workspaceId: string,
  tagIds: readonly string[],
  { types, includeDescendants }: TaggedScope,
): Promise<Map<string, number>> {
  const text = includeDescendants ? countWithDescendants : ownCount
  const rows = await read<{ id: string; count: number }>(db, text, [workspaceId, tagIds, types])
  return new Map(rows.map(({ id, count }) => [id, count]))
}
