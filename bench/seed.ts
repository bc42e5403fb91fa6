import { generateNKeysBetween } from 'fractional-indexing'
import type pg from 'pg'
import { defaultWorkspaceId } from '../src/domain/access.ts'
import { sortKeyOf } from '../test/support/sort-keys.ts'

const shelfCount = 20
const booksPerShelf = 20
const blocksPerBook = 20
/** Seeded rows are from then, so that what a measurement made is told apart and removed. */
const seededAt = '2025-01-01T00:00:00Z'

const paragraph =
  'The harbour lay quiet under the first light, and the boats that had come in at night were still wet. ' +
  'Nobody spoke of the storm; "later", they said, and mended their nets. 港は静かだった。'

const shelves = `
  insert into bookshelves (workspace_id, id, name, sort_key, position, created_at, updated_at, created_by, updated_by)
  select $1, gen_random_uuid(), 'Shelf ' || n, ${sortKeyOf("'Shelf ' || n")}, position, $2, $2, 'owner', 'owner'
  from unnest($3::text[]) with ordinality as place (position, n)`

const books = `
  insert into books (workspace_id, id, bookshelf_id, title, sort_key, summary, position, created_at, updated_at, created_by, updated_by)
  select workspace_id, gen_random_uuid(), id, 'Book ' || n || ' of ' || name,
    ${sortKeyOf("'Book ' || n || ' of ' || name")}, $4, place.position, $2, $2, 'owner', 'owner'
  from bookshelves, unnest($3::text[]) with ordinality as place (position, n) where workspace_id = $1`

const blocks = `
  insert into blocks (workspace_id, id, book_id, content, position, written_at, written_by, created_at, updated_at, created_by, updated_by)
  select workspace_id, gen_random_uuid(), id, n || '. ' || $4, place.position, $2, 'owner', $2, $2, 'owner', 'owner'
  from books, unnest($3::text[]) with ordinality as place (position, n) where workspace_id = $1`

/** The blob of a cover has the id of its book. Nothing reads the bytes, so there are none. */
const blobs = `
  insert into blobs (workspace_id, id, storage_key, sha256, size_bytes, mime_type, extension, width, height, ref_count, created_at)
  select workspace_id, id, 'files/' || id, encode(sha256(id::text::bytea), 'hex'), 250000, 'image/jpeg', 'jpg', 1200, 1800, 1, $2
  from books where workspace_id = $1`

const covers = `
  insert into media (workspace_id, id, blob_id, book_id, role, position, file_name, sort_key, category, size_bytes, mime_type, created_by, created_at, updated_at, updated_by)
  select workspace_id, gen_random_uuid(), id, id, 'COVER', 'a0', 'cover.jpg', 'cover.jpg', 'upload', 250000, 'image/jpeg', 'owner', $2, $2, 'owner'
  from books where workspace_id = $1`

/**
 * Fills an empty library: 20 shelves with 20 books (times `scale`), each with a cover and 20 blocks. Gives the ids of the
 * books, in no order.
 */
export async function seed(db: pg.Client, scale: number): Promise<string[]> {
  const places = (count: number) => generateNKeysBetween(null, null, count)
  const start = [defaultWorkspaceId, seededAt]
  await db.query(shelves, [...start, places(shelfCount)])
  await db.query(books, [...start, places(booksPerShelf * scale), paragraph])
  await db.query(blocks, [...start, places(blocksPerBook), paragraph])
  await db.query(blobs, start)
  await db.query(covers, start)
  await db.query('vacuum analyze')
  const { rows } = await db.query<{ id: string }>('select id from books order by random()')
  return rows.map(({ id }) => id)
}

/** Removes the blocks that were made since the library was filled and tells how many there were. */
export async function removeNewBlocks(db: pg.Client): Promise<number> {
  const { rowCount } = await db.query('delete from blocks where created_at > $1', [seededAt])
  await db.query('vacuum analyze blocks')
  return rowCount ?? 0
}
