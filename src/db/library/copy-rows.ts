import { mentionPattern } from '../../domain/references.ts'
import type { Tx } from '../client.ts'
import { type Sql, sql } from '../sql.ts'
import { copiedItems, type Copying, madeId } from './copy-sources.ts'

/** A copy, with the columns whose values are new. */
export interface NewCopy extends Copying {
  /** The new name of the book or bookshelf, with what it is sorted by. */
  readonly name: { readonly name: string; readonly sortKey: string } | null
  readonly by: string
  readonly requestId: string
}

/** The new items, and how much the counts of tags and blobs grow. */
export interface Copied {
  /** The copies of the items that were asked for, in their order. Those that were not live are left out. */
  readonly ids: readonly string[]
  readonly itemCount: number
  /** The new blocks whose texts may name items. */
  readonly namingIds: readonly string[]
  readonly tagIds: readonly string[]
  readonly shelfCounts: readonly number[]
  readonly bookCounts: readonly number[]
  readonly blockCounts: readonly number[]
  readonly blobIds: readonly string[]
  readonly blobCounts: readonly number[]
}

/** A permanent reference in a text. */
const reference = '(media|bookshelf|book|block|checkpoint):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'

/** The texts that name items of the copy, with the names of their copies. */
const rewritten = (workspaceId: string) => sql`
  mention as (
    select block.old_id, part.number, part.text, match.found
    from block join blocks source on source.workspace_id = ${workspaceId}::uuid and source.id = block.old_id
      and source.content ~ ${reference}
    cross join lateral regexp_split_to_table(source.content, ${reference}) with ordinality as part (text, number)
    left join lateral regexp_matches(source.content, ${reference}, 'g') with ordinality as match (found, number)
      on match.number = part.number),
  rewritten as (
    select mention.old_id, string_agg(mention.text || case when found is null then ''
        else found[1] || ':' || coalesce(mapping.id::text, found[2]) end, '' order by mention.number) as content
    from mention left join mapping on mapping.old_id = mention.found[2]::uuid group by mention.old_id)`

/** The new rows of the library. */
const contents = ({ workspaceId, at, by, name }: NewCopy): Sql => {
  const [workspace, now] = [sql`${workspaceId}::uuid`, sql`${at}::timestamptz`]
  const [newName, sortKey] = [sql`${name?.name ?? null}::text`, sql`${name?.sortKey ?? null}::text`]
  return sql`
    new_shelves as (
      insert into bookshelves (workspace_id, id, name, sort_key, description, color, position, created_at, updated_at,
        created_by, updated_by, last_activity_at)
      select ${workspace}, shelf.id, coalesce(${newName}, source.name), coalesce(${sortKey}, source.sort_key),
        source.description, source.color, shelf.position, ${now}, ${now}, ${by}, ${by}, ${now}
      from shelf join bookshelves source on source.workspace_id = ${workspace} and source.id = shelf.old_id),
    new_books as (
      insert into books (workspace_id, id, bookshelf_id, title, sort_key, summary, status, position, created_at,
        updated_at, created_by, updated_by, last_activity_at)
      select ${workspace}, book.id, book.parent_id,
        case when exists (select from shelf) then source.title else coalesce(${newName}, source.title) end,
        case when exists (select from shelf) then source.sort_key else coalesce(${sortKey}, source.sort_key) end,
        source.summary, source.status, book.position, ${now}, ${now}, ${by}, ${by}, ${now}
      from book join books source on source.workspace_id = ${workspace} and source.id = book.old_id),
    new_blocks as (
      insert into blocks (workspace_id, id, book_id, kind, content, attributes, position, written_at, written_by,
        created_at, updated_at, created_by, updated_by)
      select ${workspace}, block.id, block.parent_id, source.kind, coalesce(rewritten.content, source.content),
        source.attributes, block.position, ${now}, ${by}, ${now}, ${now}, ${by}, ${by}
      from block join blocks source on source.workspace_id = ${workspace} and source.id = block.old_id
      left join rewritten on rewritten.old_id = block.old_id),
    new_checkpoints as (
      insert into checkpoints (workspace_id, id, book_id, title, sort_key, description, reached_at, created_at,
        updated_at, created_by, updated_by)
      select ${workspace}, checkpoint.id, checkpoint.parent_id, source.title, source.sort_key, source.description,
        source.reached_at, ${now}, ${now}, ${by}, ${by}
      from checkpoint join checkpoints source
        on source.workspace_id = ${workspace} and source.id = checkpoint.old_id),
    new_markers as (
      insert into checkpoint_markers (workspace_id, id, checkpoint_id, title, description, position, created_at,
        updated_at, created_by, updated_by)
      select ${workspace}, marker.id, marker.parent_id, source.title, source.description, marker.position, ${now},
        ${now}, ${by}, ${by}
      from marker join checkpoint_markers source
        on source.workspace_id = ${workspace} and source.id = marker.old_id)`
}

/** The new media items, with the four events of each. */
const media = ({ workspaceId, at, by, requestId }: NewCopy): Sql => {
  const [workspace, now] = [sql`${workspaceId}::uuid`, sql`${at}::timestamptz`]
  const owner = (type: string) => sql`case when type = ${type}::media_owner_type then parent_id end`
  return sql`
    placed as (
      select medium.old_id, medium.id, medium.parent_id, medium.number, owner.type, source.blob_id, source.role,
        source.position, source.file_name, source.sort_key, source.alt_text, source.caption, source.focal_x,
        source.focal_y, source.category, source.size_bytes, source.mime_type
      from medium join owner on owner.id = medium.parent_id
      join media source on source.workspace_id = ${workspace} and source.id = medium.old_id),
    new_media as (
      insert into media (workspace_id, id, blob_id, bookshelf_id, book_id, block_id, marker_id, role, position,
        file_name, sort_key, alt_text, caption, focal_x, focal_y, category, size_bytes, mime_type, created_at,
        updated_at, created_by, updated_by)
      select ${workspace}, id, blob_id, ${owner('BOOKSHELF')}, ${owner('BOOK')}, ${owner('BLOCK')},
        ${owner('CHECKPOINT_MARKER')}, role, position, file_name, sort_key, alt_text, caption, focal_x, focal_y,
        category, size_bytes, mime_type, ${now}, ${now}, ${by}, ${by}
      from placed),
    chain as (select placed.*, gen_random_uuid() as chain_id from placed),
    new_events as (
      insert into media_events (workspace_id, id, chain_id, request_id, step, operation, decision, actor_id,
        owner_type, owner_id, role, blob_id, media_ids, changes, occurred_at)
      select ${workspace}, ${madeId(at, sql`chain.number * 4 + step.number`)}, chain_id, ${requestId}::uuid,
        step.name::media_event_step, 'COPY', case when step.number > 1 then 'INSERT'::media_decision end, ${by},
        type, parent_id, role, case when step.number > 1 then blob_id end, array[id, old_id],
        case when step.name = 'DB' then jsonb_build_array(jsonb_build_object('change', 'put', 'mediaId', id,
          'blobId', blob_id, 'ownerId', parent_id, 'role', role, 'position', position, 'fileName', file_name,
          'description', jsonb_strip_nulls(jsonb_build_object('altText', alt_text, 'caption', caption,
            'focalX', focal_x, 'focalY', focal_y, 'category', category)))) end,
        ${now}
      from chain cross join unnest(array['REQUEST', 'DECISION', 'DB', 'RESULT']) with ordinality as step (name, number)
      order by chain.number, step.number)`
}

/** The new associations of live tags. Those that a merge brought are the copies' own. */
const tags = ({ workspaceId, at, parts }: NewCopy): Sql => sql`
  association as (
    select source.tag_id, source.entity_type, owner.id as entity_id
    from owner join tag_associations source
      on source.workspace_id = ${workspaceId}::uuid and source.entity_id = owner.old_id and ${parts.tags}::boolean
    join tags on tags.workspace_id = source.workspace_id and tags.id = source.tag_id and tags.deletion_id is null),
  new_associations as (
    insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, created_at)
    select ${workspaceId}::uuid, tag_id, entity_type, entity_id, ${at}::timestamptz from association),
  tagged as (
    select tag_id, count(*) filter (where entity_type = 'BOOKSHELF')::int as shelves,
      count(*) filter (where entity_type = 'BOOK')::int as books,
      count(*) filter (where entity_type = 'BLOCK')::int as blocks
    from association group by tag_id)`

const rootLevels = { BLOCKS: sql`block`, BOOK: sql`book`, BOOKSHELF: sql`shelf` }

/**
 * Copies items with everything live below them, in one statement: it sees one snapshot of the sources, whatever happens
 * to them meanwhile, and the copy is whole or absent. Lock the parent of the copies and the associations of tags before,
 * and let the counts of tags and blobs follow.
 */
export async function copyRows(tx: Tx, copy: NewCopy): Promise<Copied> {
  const root = rootLevels[copy.roots.kind]
  const [copied] = await tx.query<Copied>(sql`
    with ${copiedItems(copy)}, ${rewritten(copy.workspaceId)}, ${contents(copy)}, ${media(copy)}, ${tags(copy)},
    used as (select blob_id, count(*)::int as count from placed group by blob_id)
    select array(select id from ${root} order by number) as ids,
      (select count(*)::int from mapping) as "itemCount",
      array(select block.id from block join blocks source on source.workspace_id = ${copy.workspaceId}::uuid
        and source.id = block.old_id and source.content ~ ${mentionPattern} order by block.number) as "namingIds",
      array(select tag_id from tagged order by tag_id) as "tagIds",
      array(select shelves from tagged order by tag_id) as "shelfCounts",
      array(select books from tagged order by tag_id) as "bookCounts",
      array(select blocks from tagged order by tag_id) as "blockCounts",
      array(select blob_id from used order by blob_id) as "blobIds",
      array(select count from used order by blob_id) as "blobCounts"`)
  if (!copied) throw new Error('A copy has no result.')
  return copied
}

/** Adds the copies to the counts of their tags, which it locks. */
export async function countCopiedTags(tx: Tx, workspaceId: string, copied: Copied) {
  if (copied.tagIds.length === 0) return
  await tx.query(sql`select id from tags where workspace_id = ${workspaceId}::uuid
    and id = any(${copied.tagIds}::uuid[]) order by id for no key update`)
  await tx.execute(sql`
    update tags set bookshelf_count = bookshelf_count + shelves, book_count = book_count + books,
      block_count = block_count + blocks, usage_count = usage_count + shelves + books + blocks
    from unnest(${copied.tagIds}::uuid[], ${copied.shelfCounts}::int[], ${copied.bookCounts}::int[],
      ${copied.blockCounts}::int[]) as added (id, shelves, books, blocks)
    where tags.workspace_id = ${workspaceId}::uuid and tags.id = added.id`)
}

/**
 * Adds the copies to the counts of their blobs, which it locks. Gives the bytes of those that had lost their last media
 * item meanwhile, and are no longer charged.
 */
export async function countCopiedBlobs(tx: Tx, workspaceId: string, copied: Copied): Promise<bigint> {
  if (copied.blobIds.length === 0) return 0n
  await tx.query(sql`select id from blobs where workspace_id = ${workspaceId}::uuid
    and id = any(${copied.blobIds}::uuid[]) order by id for no key update`)
  const [row] = await tx.query<{ bytes: bigint }>(sql`
    with counted as (
      update blobs set ref_count = ref_count + added.count, orphaned_at = null
      from unnest(${copied.blobIds}::uuid[], ${copied.blobCounts}::int[]) as added (id, count)
      where blobs.workspace_id = ${workspaceId}::uuid and blobs.id = added.id
      returning case when blobs.ref_count = added.count then blobs.size_bytes else 0 end as bytes)
    select coalesce(sum(bytes), 0)::bigint as bytes from counted`)
  return row?.bytes ?? 0n
}
