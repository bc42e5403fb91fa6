import type pg from 'pg'
import { sortKeyOf } from './sort-keys.ts'

/** How large a library is: per workspace, per bookshelf, per book and per block. */
export interface LibrarySize {
  readonly shelves: number
  readonly books: number
  readonly blocks: number
  readonly images: number
}

// UUIDv7 in shape, with a counter in front so that they sort in the order they were made in.
export const bulkId = (kind: number, number: string) =>
  `(lpad(to_hex(${number}), 8, '0') || '-000${kind}-7000-8000-' || right(replace($1::uuid::text, '-', ''), 12))::uuid`

const position = (number: string) => `'a' || lpad((${number})::text, 6, '0')`

const facts = `1, now(), now()`

/**
 * Fills a workspace with one statement per table: so many rows that operations would take minutes. Every bookshelf and
 * book has a cover, every block `images` pictures, all of them with bytes that are not in any storage.
 */
export async function fillLibrary(pool: pg.Pool, workspaceId: string, size: LibrarySize) {
  const { shelves, books, blocks, images } = size
  const [bookTotal, blockTotal] = [shelves * books, shelves * books * blocks]
  const blobTotal = shelves + bookTotal + blockTotal * images
  const statements = [
    `insert into bookshelves (workspace_id, id, name, sort_key, position, version, created_at, updated_at, created_by, updated_by)
     select $1::uuid, ${bulkId(1, 'n')}, 'Shelf ' || n, ${sortKeyOf("'Shelf ' || n")}, ${position('n')}, ${facts}, 'owner', 'owner' from generate_series(1, ${shelves}) n`,
    `insert into books (workspace_id, id, bookshelf_id, title, sort_key, status, position, version, created_at, updated_at, created_by, updated_by)
     select $1::uuid, ${bulkId(2, 'n')}, ${bulkId(1, `1 + (n - 1) / ${books}`)}, 'Book ' || n, ${sortKeyOf("'Book ' || n")},
       (array['DRAFT', 'IN_PROGRESS', 'DONE', 'ARCHIVED'])[1 + n % 4]::book_status, ${position('n')}, ${facts}, 'owner', 'owner'
     from generate_series(1, ${bookTotal}) n`,
    `insert into blocks (workspace_id, id, book_id, kind, content, position, written_at, written_by, version, created_at, updated_at, created_by, updated_by)
     select $1::uuid, ${bulkId(3, 'n')}, ${bulkId(2, `1 + (n - 1) / ${blocks}`)},
       (array['TEXT', 'HEADING', 'QUOTE', 'CODE'])[1 + n % 4]::block_kind, 'Block ' || n, ${position('n')}, now(), 'owner', ${facts}, 'owner', 'owner'
     from generate_series(1, ${blockTotal}) n`,
    `insert into blobs (workspace_id, id, storage_key, sha256, size_bytes, mime_type, extension, ref_count, created_at)
     select $1::uuid, ${bulkId(4, 'n')}, 'files/' || $1::uuid::text || n,
       encode(sha256((n || $1::uuid::text)::bytea), 'hex'), 1000, 'image/jpeg', 'jpg', 1, now()
     from generate_series(1, ${blobTotal}) n`,
    mediaOf('bookshelf_id', 1, 'COVER', shelves, 1, 0),
    mediaOf('book_id', 2, 'COVER', bookTotal, 1, shelves),
    mediaOf('block_id', 3, 'IMAGE', blockTotal * images, images, shelves + bookTotal),
  ]
  for (const statement of statements) await pool.query(statement, [workspaceId])
}

/** Gives every block of a filled workspace so many revisions before its current one. */
export async function fillRevisions(pool: pg.Pool, workspaceId: string, each: number) {
  await pool.query(
    `insert into block_revisions (workspace_id, block_id, number, content, written_at, written_by)
     select workspace_id, id, n, 'Text ' || n, now(), 'owner' from blocks, generate_series(1, ${each}) n
     where workspace_id = $1`,
    [workspaceId],
  )
  await pool.query(`update blocks set revision = ${each} + 1 where workspace_id = $1`, [workspaceId])
}

/** Gives every book of a filled workspace so many checkpoints with so many markers each. */
export async function fillCheckpoints(
  pool: pg.Pool,
  workspaceId: string,
  { checkpoints, markers }: { checkpoints: number; markers: number },
) {
  await pool.query(
    `insert into checkpoints (workspace_id, id, book_id, title, sort_key, reached_at, version, created_at, updated_at, created_by, updated_by)
     select $1::uuid, ${bulkId(8, 'n')}, book_id, 'Checkpoint ' || n, ${sortKeyOf("'Checkpoint ' || n")},
       timestamptz '2026-01-01' + n * interval '1 hour',
       ${facts}, 'owner', 'owner'
     from (select books.id as book_id, row_number() over (order by books.id, m) as n
       from books, generate_series(1, ${checkpoints}) m where workspace_id = $1::uuid) as checkpoint`,
    [workspaceId],
  )
  await pool.query(
    `insert into checkpoint_markers (workspace_id, id, checkpoint_id, title, position, version, created_at, updated_at, created_by, updated_by)
     select $1::uuid, ${bulkId(9, 'n')}, checkpoint_id, 'Marker ' || n, ${position('n')}, ${facts}, 'owner', 'owner'
     from (select checkpoints.id as checkpoint_id, row_number() over (order by checkpoints.id, m) as n
       from checkpoints, generate_series(1, ${markers}) m where workspace_id = $1::uuid) as marker`,
    [workspaceId],
  )
}

function mediaOf(
  column: string,
  kind: number,
  role: string,
  total: number,
  perOwner: number,
  offset: number,
) {
  return `insert into media (workspace_id, id, blob_id, ${column}, role, position, file_name, sort_key, category,
      size_bytes, mime_type, created_by, version, created_at, updated_at, updated_by)
    select $1::uuid, ${bulkId(5, `${offset} + n`)}, ${bulkId(4, `${offset} + n`)},
      ${bulkId(kind, `1 + (n - 1) / greatest(${perOwner}, 1)`)}, '${role}', ${position('n')}, 'picture.jpg',
      ${sortKeyOf("'picture.jpg'")}, 'upload', 1000, 'image/jpeg', 'owner', ${facts}, 'owner'
    from generate_series(1, ${total}) n`
}
