import { type SearchableType, searchDocument, type SearchTexts } from '../../domain/library-search.ts'
import { deletionTerms } from '../../domain/tag-terms.ts'
import type { Db, Tx } from '../client.ts'
import { identifier, literal, type Queryable, type Sql, sql } from '../sql.ts'
import { hasReferenceBackfill } from '../library/text-references.ts'
import { hasUnfolded } from '../trash/deletion-names.ts'
import type { tableOfKind } from '../rows.ts'
import type { Rows, TagRow } from '../rows.ts'
import { selections } from '../selections.ts'
import { hasUnkeyedAliases } from '../tags/aliases.ts'
import { aliases } from '../tags/tags.ts'

/** The approximate number of documents in a segment. */
export const segmentSize = 2_048

/** The number of bits of an index entry for the term; the higher bits are the segment. */
const termBits = 24

/** The index entries of terms in a segment. */
export const entriesOf = (segment: Sql, terms: Sql): Sql =>
  sql`array(select (${segment}::bigint << ${literal(termBits)}) | (term & ${literal(2 ** termBits - 1)})
    from unnest(${terms}) as term)`

/** A searchable object, with its texts. */
export interface Searchable extends SearchTexts {
  readonly type: SearchableType
  readonly id: string
}

/**
 * Few documents seldom look whether their segment is full, since that means counting. So segments end up a little
 * larger, and nobody waits for others who write to the same one. `onConflict` says what becomes of a document that is
 * there already.
 */
async function write(tx: Tx, workspaceId: string, items: readonly Searchable[], onConflict: Sql) {
  if (items.length === 0) return
  const documents = items.map(searchDocument)
  await writeWords(tx, workspaceId, items, documents)
  const types = items.map(({ type }) => type)
  const ids = items.map(({ id }) => id)
  const texts = documents.map(({ text }) => text)
  const sounds = documents.map((document) => document.sounds)
  const arrayOf = (numbers: readonly number[]) => `{${numbers.join(',')}}`
  const spellings = documents.map((document) => arrayOf(document.spellings))
  const terms = documents.map((document) => arrayOf(document.terms))
  const size = literal(segmentSize)
  await tx.execute(sql`
    with document as (
      select * from unnest(${types}::searchable_type[], ${ids}::uuid[], ${texts}::text[], ${sounds}::text[],
        ${spellings}::text[], ${terms}::text[]) as document (entity_type, entity_id, text, sounds, spellings, terms)
    ), latest as (
      select entity_type, amount, (
        select max(id) from search_segments
        where workspace_id = ${workspaceId}::uuid and entity_type = kind.entity_type
      ) as id
      from (select entity_type, count(*) as amount from document group by entity_type) as kind
    ), opened as (
      insert into search_segments (workspace_id, entity_type)
      select ${workspaceId}::uuid, entity_type from latest
      where id is null or (random() * 32 < amount and (
        select count(*) from (
          select from search_documents where workspace_id = ${workspaceId}::uuid
            and entity_type = latest.entity_type and segment_id = latest.id limit ${size}
        ) as counted
      ) + amount > ${size})
      returning entity_type, id
    ), segment as (
      select entity_type, coalesce(opened.id, latest.id) as id from latest left join opened using (entity_type)
    )
    insert into search_documents as stored (workspace_id, entity_id, entity_type, segment_id, text, sounds, spellings,
      checkpoint_id, marker_id, media_id, terms)
    select ${workspaceId}::uuid, entity_id, entity_type, segment.id, text, sounds, spellings::int[],
      case when entity_type = 'CHECKPOINT' then entity_id end,
      case when entity_type = 'CHECKPOINT_MARKER' then entity_id end,
      case when entity_type = 'MEDIA' then entity_id end,
      ${entriesOf(sql`segment.id`, sql`document.terms::bigint[]`)}
    from document join segment using (entity_type)
    on conflict (workspace_id, entity_id) do ${onConflict}`)
}

/** Adds the words of titles under each form with one letter removed. Those of tags are in `tag_words` already. */
async function writeWords(
  tx: Tx,
  workspaceId: string,
  items: readonly Searchable[],
  documents: readonly { readonly words: readonly string[] }[],
) {
  const words = new Set(
    documents.flatMap((document, at) => (items[at]?.type === 'TAG' ? [] : document.words)),
  )
  // In the same order for all writers.
  const rows = [...words].sort().flatMap((word) => deletionTerms(word).map((near) => ({ word, near })))
  if (rows.length === 0) return
  await tx.execute(sql`
    insert into search_words (workspace_id, near, word)
    select ${workspaceId}::uuid, near, word
    from unnest(${rows.map(({ near }) => near)}::text[], ${rows.map(({ word }) => word)}::text[]) as one (near, word)
    on conflict do nothing`)
}

const replaceText = sql`update set text = excluded.text, sounds = excluded.sounds, spellings = excluded.spellings,
  terms = ${entriesOf(sql`stored.segment_id`, sql`excluded.terms`)}`

/** Indexes the texts of objects, replacing earlier ones. */
export const indexDocuments = (tx: Tx, workspaceId: string, items: readonly Searchable[]) =>
  write(tx, workspaceId, items, replaceText)

/** The same for objects that may have been indexed meanwhile; those stay unchanged. */
export const indexMissingDocuments = (tx: Tx, workspaceId: string, items: readonly Searchable[]) =>
  write(tx, workspaceId, items, sql`nothing`)

/** Tags with the aliases that the search also uses. */
export const tagsWithAliases = (db: Queryable, workspaceId: string, ids: readonly string[]) =>
  db.query<TagRow & { aliases: string[] }>(sql`select ${selections.tags.columns}, ${aliases} from tags
    where tags.workspace_id = ${workspaceId}::uuid and tags.id = any(${ids}::uuid[])`)

/** Content that is older than the index, of one type in one workspace. */
export interface Backfill {
  readonly workspaceId: string
  readonly type: SearchableType
  /** Everything up to here is indexed. */
  readonly lastId: string | null
}

/** Takes a backfill that no other transaction is processing, and locks it until the end of the transaction. */
export async function takeBackfill(tx: Tx): Promise<Backfill | undefined> {
  const [backfill] = await tx.query<Backfill>(sql`
    select workspace_id as "workspaceId", entity_type as type, last_id as "lastId" from search_backfills
    order by workspace_id, entity_type limit 1 for update skip locked`)
  return backfill
}

/**
 * The next rows after an ID, locked until the end of the transaction: blocks only against being removed, the others
 * against changes too, because the job replaces their entries.
 */
export function rowsAfter<T extends (typeof tableOfKind)[SearchableType]>(
  tx: Tx,
  table: T,
  workspaceId: string,
  id: string | null,
  limit: number,
): Promise<Rows[T][]> {
  const name = identifier(table)
  const lock = table === 'blocks' ? sql`key share` : sql`no key update`
  return tx.query(sql`select ${selections[table].columns} from ${selections[table].from}
    where ${name}.workspace_id = ${workspaceId}::uuid and (${id}::uuid is null or ${name}.id > ${id}::uuid)
    order by ${name}.id limit ${limit}::int for ${lock} of ${name}`)
}

/**
 * The next rows between two IDs that are not indexed, locked against being removed: others may change them, and index
 * them then.
 */
export function unindexedRows<T extends (typeof tableOfKind)[SearchableType]>(
  tx: Tx,
  table: T,
  workspaceId: string,
  { after, before }: { readonly after: string; readonly before: string },
  limit: number,
): Promise<Rows[T][]> {
  const name = identifier(table)
  return tx.query(sql`select ${selections[table].columns} from ${selections[table].from}
    where ${name}.workspace_id = ${workspaceId}::uuid and ${name}.id > ${after}::uuid and ${name}.id < ${before}::uuid
      and not exists (select from search_documents document
        where document.workspace_id = ${name}.workspace_id and document.entity_id = ${name}.id)
    order by ${name}.id limit ${limit}::int for key share of ${name}`)
}

/** Records the progress of a backfill; null means it is complete. */
export async function noteBackfill(tx: Tx, { workspaceId, type }: Backfill, lastId: string | null) {
  const workspaceId_entityType = { workspaceId, entityType: type }
  if (lastId === null) await tx.searchBackfill.delete({ where: { workspaceId_entityType } })
  else await tx.searchBackfill.update({ where: { workspaceId_entityType }, data: { lastId } })
}

/** True if some content that is older than the index is not indexed yet. */
export async function hasBackfill(db: Db): Promise<boolean> {
  return (
    (await db.prisma.searchBackfill.findFirst()) !== null ||
    (await hasUnfolded(db)) ||
    (await hasUnkeyedAliases(db)) ||
    (await hasReferenceBackfill(db))
  )
}
