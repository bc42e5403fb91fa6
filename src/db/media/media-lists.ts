import type { SoughtPart } from '../../domain/library-search.ts'
import type { Page } from '../../domain/page.ts'
import { asPage, keyset, type Order, type PageOf, sortKey } from '../page.ts'
import type { MediaRow } from '../rows.ts'
import { entriesOf } from '../search/documents.ts'
import { selections } from '../selections.ts'
import { and, plannedForValues, type Queryable, type Sql, sql } from '../sql.ts'
import { type MediaFilter, mediaConditions } from './media-filter.ts'

/** How far each way to find a text goes. */
const mostOf = {
  /** How many media of the list are compared with it before its terms are looked up. */
  looked: 2_000,
  /** When more media have it, a page is found sooner by reading the list in its order. */
  taken: 50_000,
}

/** A page of the list as the pieces of the statements that find it. */
interface Asked {
  readonly workspaceId: string
  readonly conditions: readonly Sql[]
  readonly order: Order<MediaRow>
  readonly orderBy: Sql
  readonly limit: Sql
  readonly most: typeof mostOf
}

/** One page of the live media of a workspace. */
export async function mediaPage(
  db: Queryable,
  workspaceId: string,
  filter: MediaFilter,
  order: Order<MediaRow>,
  page: Page,
  most = mostOf,
): Promise<PageOf<MediaRow>> {
  const { conditions: bounds, orderBy, limit } = keyset(order, page)
  const conditions = [...mediaConditions(workspaceId, filter), ...bounds]
  const asked = { workspaceId, conditions, order, orderBy, limit, most }
  const rows = filter.text
    ? await withText(db, asked, filter.text, page.limit)
    : await rowsOf(db, asked, inOrder(asked, limit))
  return asPage(rows, page)
}

/** The first media of the list in its order. */
const inOrder = ({ conditions, orderBy }: Asked, limit: Sql, also: readonly Sql[] = []) =>
  sql`select * from media where ${and([...conditions, ...also])} order by ${orderBy} limit ${limit}`

/** The columns of a page, from `media`, which is a part of the table, and the blobs. */
const columnsOf = ({ order }: Asked) => sql`${selections.media.columns}${sortKey(order)}`
const withBlobs = sql`join blobs on blobs.workspace_id = media.workspace_id and blobs.id = media.blob_id`

/** The rows of the media that a query finds. */
const rowsOf = (db: Queryable, asked: Asked, found: Sql) =>
  db.query<MediaRow>(
    plannedForValues(
      sql`select ${columnsOf(asked)} from (${found}) as media ${withBlobs} order by ${asked.orderBy}`,
    ),
  )

/**
 * The media with a text. A frequent text is among the first of the list. A rare one is found by its terms. A text that
 * many media have, but none of the first, is looked for in the whole list. The way decides the cost, never the result.
 */
async function withText(db: Queryable, asked: Asked, text: SoughtPart, count: number): Promise<MediaRow[]> {
  const first = await amongFirst(db, asked, text)
  if (first.rows.length > count || first.looked < asked.most.looked) return first.rows
  const byTerms = text.terms.length === 0 ? undefined : await withTerms(db, asked, text)
  return byTerms ?? rowsOf(db, asked, inOrder(asked, asked.limit, [hasText(asked, text)]))
}

const likeOf = ({ pattern }: SoughtPart) => sql`${`%${pattern}%`}`

/** True for a row of media with the text. OFFSET keeps PostgreSQL from reading the documents of all media. */
const hasText = ({ workspaceId }: Pick<Asked, 'workspaceId'>, text: SoughtPart) =>
  sql`exists (select from search_documents as document where document.workspace_id = ${workspaceId}::uuid
    and document.entity_id = media.id and document.text like ${likeOf(text)} offset 0)`

type Counted = { readonly counted: number } & (MediaRow | { readonly id: null })

/** The rows of `best`, and the number in `counted`, which is there without rows too. */
const withCount = (asked: Asked) =>
  sql`select ${columnsOf(asked)}, counted from counted left join (best as media ${withBlobs}) on true
    order by ${asked.orderBy}`

/** The media with a text among the first of the list, and how many those were. */
async function amongFirst(db: Queryable, asked: Asked, text: SoughtPart) {
  const found = await db.query<Counted>(
    plannedForValues(sql`
      with listed as materialized (${inOrder(asked, sql`${asked.most.looked}::int`)}),
      counted as materialized (select count(*)::int as counted from listed),
      best as materialized (
        select * from listed as media where ${hasText(asked, text)} order by ${asked.orderBy} limit ${asked.limit}
      ) ${withCount(asked)}`),
  )
  return { looked: found[0]?.counted ?? 0, rows: rowsAmong(found) }
}

const rowsAmong = (found: readonly Counted[]) =>
  found.filter((row): row is Extract<Counted, MediaRow> => row.id !== null)

/**
 * The media with a text and its terms, from segment to segment, newest first. OFFSET makes PostgreSQL look up each of
 * them instead of reading all.
 */
const ofTerms = ({ workspaceId, conditions }: Pick<Asked, 'workspaceId' | 'conditions'>, text: SoughtPart) =>
  sql`select media.id, media.created_at, media.sort_key, media.size_bytes from (
      select ${entriesOf(sql`id`, sql`${text.terms}::bigint[]`)} as entries from search_segments
      where workspace_id = ${workspaceId}::uuid and entity_type = 'MEDIA' order by id desc
    ) as segment cross join lateral (
      select workspace_id, entity_id from search_documents
      where terms @> segment.entries and text like ${likeOf(text)} offset 0
    ) as document cross join lateral (
      select * from media where media.id = document.entity_id and ${and(conditions)} offset 0
    ) as media
    where document.workspace_id = ${workspaceId}::uuid`

/** The media with a text by its terms; undefined when too many have them. */
async function withTerms(db: Queryable, asked: Asked, text: SoughtPart): Promise<MediaRow[] | undefined> {
  const { workspaceId, orderBy, limit, most } = asked
  const found = await db.query<Counted>(
    plannedForValues(sql`
      with same as materialized (${ofTerms(asked, text)} limit ${most.taken + 1}::int),
      counted as materialized (select count(*)::int as counted from same),
      best as materialized (
        select media.* from (
          select id from same as media where (select counted from counted) <= ${most.taken}::int
          order by ${orderBy} limit ${limit}
        ) as found cross join lateral (
          select * from media where workspace_id = ${workspaceId}::uuid and id = found.id offset 0
        ) as media
      ) ${withCount(asked)}`),
  )
  return (found[0]?.counted ?? 0) > most.taken ? undefined : rowsAmong(found)
}

/** The number of live media that a filter finds. */
export async function mediaCount(db: Queryable, workspaceId: string, filter: MediaFilter): Promise<number> {
  const { text } = filter
  const conditions = mediaConditions(workspaceId, filter)
  const inDocument = text?.terms.length === 0 ? [hasText({ workspaceId }, text)] : []
  const all =
    text && text.terms.length > 0
      ? ofTerms({ workspaceId, conditions }, text)
      : sql`select from media where ${and([...conditions, ...inDocument])}`
  const [row] = await db.query<{ count: number }>(
    plannedForValues(sql`select count(*)::int as count from (${all}) as media`),
  )
  return row?.count ?? 0
}
