import { type SearchableType, searchDocument, type SearchTexts } from '../../domain/library-search.ts'
import type { Db, Tx } from '../client.ts'
import { identifier, literal, type Queryable, type Sql, sql } from '../sql.ts'
import { hasUnfolded } from '../trash/deletion-names.ts'
import type { Rows, TagRow } from '../rows.ts'
import { selections } from '../selections.ts'
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
  const types = items.map(({ type }) => type)
  const ids = items.map(({ id }) => id)
  const texts = documents.map(({ text }) => text)
  const terms = documents.map((document) => `{${document.terms.join(',')}}`)
  const size = literal(segmentSize)
  await tx.execute(sql`
    with document as (
      select * from unnest(${types}::searchable_type[], ${ids}::uuid[], ${texts}::text[], ${terms}::text[])
        as document (entity_type, entity_id, text, terms)
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
    insert into search_documents as stored (workspace_id, entity_id, entity_type, segment_id, text, terms)
    select ${workspaceId}::uuid, entity_id, entity_type, segment.id, text,
      ${entriesOf(sql`segment.id`, sql`document.terms::bigint[]`)}
    from document join segment using (entity_type)
    on conflict (workspace_id, entity_id) do ${onConflict}`)
}

const replaceText = sql`update set text = excluded.text,
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
 * The next rows after an ID, locked until the end of the transaction: tags against changes, because the job replaces
 * their entries, and the others only against being removed.
 */
export function rowsAfter<T extends 'bookshelves' | 'books' | 'blocks' | 'tags'>(
  tx: Tx,
  table: T,
  workspaceId: string,
  id: string | null,
  limit: number,
): Promise<Rows[T][]> {
  const name = identifier(table)
  const lock = table === 'tags' ? sql`no key update` : sql`key share`
  return tx.query(sql`select ${selections[table].columns} from ${name}
    where ${name}.workspace_id = ${workspaceId}::uuid and (${id}::uuid is null or ${name}.id > ${id}::uuid)
    order by ${name}.id limit ${limit}::int for ${lock} of ${name}`)
}

/** Records the progress of a backfill; null means it is complete. */
export async function noteBackfill(tx: Tx, { workspaceId, type }: Backfill, lastId: string | null) {
  const workspaceId_entityType = { workspaceId, entityType: type }
  if (lastId === null) await tx.searchBackfill.delete({ where: { workspaceId_entityType } })
  else await tx.searchBackfill.update({ where: { workspaceId_entityType }, data: { lastId } })
}

/** True if some content that is older than the index is not indexed yet. */
export async function hasBackfill(db: Db): Promise<boolean> {
  return (await db.prisma.searchBackfill.findFirst()) !== null || (await hasUnfolded(db))
}
