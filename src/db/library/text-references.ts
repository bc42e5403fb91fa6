import { kindCountsById } from '../child-lists.ts'
import type { NamedItem } from '../../domain/markdown/named-items.ts'
import type { Page } from '../../domain/page.ts'
import { mentionPattern, type ReferenceType } from '../../domain/references.ts'
import type { Tx } from '../client.ts'
import { countsById, directionOf, type PageOf, pagesBy } from '../page.ts'
import type { BlockRow } from '../rows.ts'
import { columnsFor, type NarrowRow } from '../selections.ts'
import { type Queryable, sql } from '../sql.ts'

/** The items that the text of one block names. */
export interface NamedByBlock {
  readonly blockId: string
  readonly items: readonly NamedItem[]
}

/** Removes what the texts of blocks named. */
export const removeReferences = (tx: Tx, workspaceId: string, blockIds: readonly string[]) =>
  tx.execute(sql`delete from text_references
    where workspace_id = ${workspaceId}::uuid and block_id = any(${blockIds}::uuid[])`)

/** Stores what the texts of blocks name, with one statement. */
export async function insertReferences(tx: Tx, workspaceId: string, named: readonly NamedByBlock[]) {
  const rows = named.flatMap(({ blockId, items }) =>
    items.map((item, place) => ({ ...item, blockId, place })),
  )
  if (rows.length === 0) return
  await tx.execute(sql`
    insert into text_references (workspace_id, block_id, place, target_type, target_id, text)
    select ${workspaceId}::uuid, * from unnest(
      ${rows.map(({ blockId }) => blockId)}::uuid[], ${rows.map(({ place }) => place)}::int[],
      ${rows.map(({ type }) => type)}::reference_type[], ${rows.map(({ id }) => id)}::uuid[],
      ${rows.map(({ text }) => text)}::text[])`)
}

/** An item in the list of those that a block names. `id` is that of the item. */
export interface ListedReference extends NamedItem {
  readonly blockId: string
  readonly place: number
}

/** The same page of what each block names, in the order of the text, by block, with one statement. */
export async function referencePages(
  db: Queryable,
  workspaceId: string,
  blockIds: readonly string[],
  page: Page,
): Promise<Map<string, PageOf<ListedReference>>> {
  const [after, before] = [Number(page.after?.key ?? -1), Number(page.before?.key ?? 2_147_483_647)]
  const rows = await db.query<ListedReference>(sql`
    select named.*, asked.block_id as "blockId" from unnest(${blockIds}::uuid[]) as asked (block_id)
    cross join lateral (
      select place, target_type as type, target_id as id, text from text_references
      where workspace_id = ${workspaceId}::uuid and text_references.block_id = asked.block_id
        and place > ${after}::int and place < ${before}::int
      order by place ${directionOf({ descending: false }, page)} limit ${page.limit + 1}::int) as named`)
  return pagesBy(blockIds, rows, ({ blockId }) => blockId, page)
}

/** How many items each block names, with one statement. */
export const referenceCounts = async (db: Queryable, workspaceId: string, blockIds: readonly string[]) =>
  countsById(
    await db.query(sql`select block_id as id, count(*)::int as count from text_references
      where workspace_id = ${workspaceId}::uuid and block_id = any(${blockIds}::uuid[]) group by block_id`),
  )

/** The same page of the live blocks whose texts name each item, newest first, by item, with one statement. */
export async function namingPages(
  db: Queryable,
  workspaceId: string,
  type: ReferenceType,
  ids: readonly string[],
  page: Page,
  fields: readonly string[],
): Promise<Map<string, PageOf<NarrowRow<'blocks'>>>> {
  const [after, before] = [page.after?.id ?? null, page.before?.id ?? null]
  const rows = await db.query<NarrowRow<'blocks'> & { targetId: string }>(sql`
    select source.*, asked.target_id as "targetId" from unnest(${ids}::uuid[]) as asked (target_id)
    cross join lateral (
      select ${columnsFor('blocks', fields)} from text_references
      join blocks on blocks.workspace_id = text_references.workspace_id and blocks.id = text_references.block_id
      where text_references.workspace_id = ${workspaceId}::uuid and target_type = ${type}::reference_type
        and text_references.target_id = asked.target_id and blocks.deletion_id is null
        and (${after}::uuid is null or block_id < ${after}::uuid)
        and (${before}::uuid is null or block_id > ${before}::uuid)
      order by block_id ${directionOf({ descending: true }, page)} limit ${page.limit + 1}::int) as source`)
  return pagesBy(ids, rows, ({ targetId }) => targetId, page)
}

/** How many live blocks name each item, with one statement. */
export const namingCounts = async (
  db: Queryable,
  workspaceId: string,
  type: ReferenceType,
  ids: readonly string[],
) =>
  countsById(
    await db.query(sql`select target_id as id, count(*)::int as count from text_references
      join blocks on blocks.workspace_id = text_references.workspace_id and blocks.id = text_references.block_id
      where text_references.workspace_id = ${workspaceId}::uuid and target_type = ${type}::reference_type
        and target_id = any(${ids}::uuid[]) and blocks.deletion_id is null
      group by target_id`),
  )

/** How many live blocks of each kind name each item, with one statement. */
export const namingKindCounts = async (
  db: Queryable,
  workspaceId: string,
  type: ReferenceType,
  ids: readonly string[],
) =>
  kindCountsById(
    await db.query(sql`select target_id as id, blocks.kind::text as kind, count(*)::int as count from text_references
      join blocks on blocks.workspace_id = text_references.workspace_id and blocks.id = text_references.block_id
      where text_references.workspace_id = ${workspaceId}::uuid and target_type = ${type}::reference_type
        and target_id = any(${ids}::uuid[]) and blocks.deletion_id is null
      group by target_id, blocks.kind`),
  )

/** Some live blocks whose texts name media items of a blob, and how many there are. */
export async function blocksNamingBlob(
  db: Queryable,
  { workspaceId, id }: { readonly workspaceId: string; readonly id: string },
  limit: number,
) {
  const naming = sql`from media
    join text_references on text_references.workspace_id = media.workspace_id and target_type = 'MEDIA'
      and target_id = media.id
    join blocks on blocks.workspace_id = text_references.workspace_id and blocks.id = text_references.block_id
    where media.workspace_id = ${workspaceId}::uuid and media.blob_id = ${id}::uuid and blocks.deletion_id is null`
  const [found] = await db.query<{ count: number; ids: string[] }>(sql`
    select (select count(distinct text_references.block_id)::int ${naming}) as count,
      array(select distinct text_references.block_id ${naming} order by 1 limit ${limit}::int) as ids`)
  return found ?? { count: 0, ids: [] }
}

/** A block with a text that may name something, or without its text if it certainly names nothing. */
export type ReadBlock = Pick<BlockRow, 'id' | 'kind' | 'attributes'> & { readonly content: string | null }

const readable = sql`blocks.id, blocks.kind, blocks.attributes,
  case when blocks.content ~ ${mentionPattern} then blocks.content end as content`

/** Takes a workspace with blocks that are older than the references, which no other transaction is processing. */
export async function takeReferenceBackfill(tx: Tx) {
  const [backfill] = await tx.query<{ workspaceId: string; lastId: string | null }>(sql`
    select workspace_id as "workspaceId", last_id as "lastId" from reference_backfills
    order by workspace_id limit 1 for update skip locked`)
  return backfill
}

/** The next blocks after an ID, locked against changes until the end of the transaction. */
export const blocksToRead = (tx: Tx, workspaceId: string, lastId: string | null, limit: number) =>
  tx.query<ReadBlock>(sql`select ${readable} from blocks
    where workspace_id = ${workspaceId}::uuid and (${lastId}::uuid is null or id > ${lastId}::uuid)
    order by id limit ${limit}::int for no key update`)

/** Records the progress; null means it is complete. */
export const noteReferenceBackfill = (tx: Tx, workspaceId: string, lastId: string | null) =>
  tx.execute(
    lastId === null
      ? sql`delete from reference_backfills where workspace_id = ${workspaceId}::uuid`
      : sql`update reference_backfills set last_id = ${lastId}::uuid where workspace_id = ${workspaceId}::uuid`,
  )

/** True if some blocks are older than the references and not read yet. */
export const hasReferenceBackfill = async (db: Queryable) =>
  (await db.query(sql`select from reference_backfills limit 1`)).length > 0

/** A block of which something is stored or that may name something, with what is stored. */
export type CheckedBlock = ReadBlock & { readonly stored: readonly NamedItem[] }

/** The next blocks after an ID that name something, or of which that is stored, except for those that are being purged. */
export const blocksToCheck = (db: Queryable, workspaceId: string, lastId: string, limit: number) =>
  db.query<CheckedBlock>(sql`
    select ${readable}, named.stored from blocks cross join lateral (
      select coalesce(json_agg(json_build_object('type', target_type, 'id', target_id, 'text', text) order by place), '[]')
        as stored
      from text_references where workspace_id = ${workspaceId}::uuid and block_id = blocks.id) named
    left join deletions on deletions.workspace_id = blocks.workspace_id and deletions.id = blocks.deletion_id
    where blocks.workspace_id = ${workspaceId}::uuid and blocks.id > ${lastId}::uuid and deletions.purged_at is null
      and (blocks.content ~ ${mentionPattern} or json_array_length(named.stored) > 0)
    order by blocks.id limit ${limit}::int`)
