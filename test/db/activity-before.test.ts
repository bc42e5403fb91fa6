import { expect, test } from 'vitest'
import { migrate } from '../../src/db/postgres/migrate.ts'
import { useScratchDatabases } from '../support/scratch.ts'

const scratch = useScratchDatabases()

const id = (number: number) => `00000000-0000-7000-8000-0000000000${String(number).padStart(2, '0')}`
const [shelf, untouched, trashedFrom] = [id(1), id(2), id(3)]
const books = { text: 11, marker: 12, picture: 13, tag: 14, trashed: 15, nothing: 16 }
const on = (day: number) => `timestamptz '2026-03-${String(day).padStart(2, '0')} 00:00Z'`

/** The tables as they were before, with a book for each thing that may have changed last. */
const before = `
  drop table activities;
  alter table books drop column last_activity_at;
  alter table bookshelves drop column last_activity_at;
  delete from _prisma_migrations where migration_name like '%_activity';
  create temp table here as select id from workspaces;
  insert into bookshelves (workspace_id, id, name, sort_key, position, created_at, updated_at, created_by, updated_by)
    select here.id, shelf.id, 'Shelf', 'shelf', 'a' || shelf.id, ${on(1)}, ${on(1)}, 'owner', 'owner'
    from here, unnest('{${shelf},${untouched},${trashedFrom}}'::uuid[]) as shelf (id);
  insert into books (workspace_id, id, bookshelf_id, title, sort_key, position, created_at, updated_at, created_by, updated_by)
    select here.id, book.id, '${shelf}', 'Book', 'book', 'a' || book.id, ${on(1)}, ${on(2)}, 'owner', 'owner'
    from here, unnest('{${Object.values(books).map(id).join(',')}}'::uuid[]) as book (id);
  insert into blocks (workspace_id, id, book_id, position, written_at, written_by, created_at, updated_at, created_by, updated_by)
    select here.id, block.id, block.book, 'a' || block.id, ${on(1)}, 'owner', ${on(1)}, block.at, 'owner', 'owner' from here, (values
      ('${id(21)}'::uuid, '${id(books.text)}'::uuid, ${on(3)}), ('${id(22)}', '${id(books.picture)}', ${on(1)}),
      ('${id(23)}', '${id(books.tag)}', ${on(1)})) as block (id, book, at);
  insert into checkpoints (workspace_id, id, book_id, title, sort_key, reached_at, created_at, updated_at, created_by, updated_by)
    select here.id, '${id(31)}', '${id(books.marker)}', 'C', 'c', ${on(1)}, ${on(1)}, ${on(1)}, 'owner', 'owner' from here;
  insert into checkpoint_markers (workspace_id, id, checkpoint_id, title, position, created_at, updated_at, created_by, updated_by)
    select here.id, '${id(32)}', '${id(31)}', 'M', 'a0', ${on(1)}, ${on(4)}, 'owner', 'owner' from here;
  insert into blobs (workspace_id, id, storage_key, sha256, size_bytes, mime_type, extension, ref_count, created_at)
    select here.id, '${id(41)}', 'files/1', repeat('0', 64), 1, 'image/png', 'png', 1, ${on(1)} from here;
  insert into media (workspace_id, id, blob_id, block_id, role, position, file_name, sort_key, size_bytes, mime_type, category,
      created_by, created_at, updated_at, updated_by)
    select here.id, '${id(42)}', '${id(41)}', '${id(22)}', 'IMAGE', 'a0', 'a.png', 'a.png', 1, 'image/png', 'upload', 'owner', ${on(1)}, ${on(5)}, 'owner'
    from here;
  insert into tags (workspace_id, id, ancestor_ids, name, name_key, sort_key, color, created_at, updated_at, created_by, updated_by)
    select here.id, '${id(51)}', '{}', 'T', 't', 't', '#336699', ${on(1)}, ${on(1)}, 'owner', 'owner' from here;
  insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, created_at)
    select here.id, '${id(51)}', 'BLOCK', '${id(23)}', ${on(6)} from here;
  insert into deletions (workspace_id, id, kind, item_id, item_count, name, deleted_at, deleted_by, path, purge_after,
      parent_kind, parent_id)
    select here.id, gen_random_uuid(), d.kind::trashable_kind, d.item, 1, 'D', ${on(7)}, 'owner', '{}', ${on(30)},
      d.parent_kind::trashable_kind, d.parent
    from here, (values ('BLOCK', '${id(61)}'::uuid, 'BOOK', '${id(books.trashed)}'::uuid),
      ('BOOK', '${id(62)}', 'BOOKSHELF', '${trashedFrom}')) as d (kind, item, parent_kind, parent)`

test('what is older begins with the time of its newest part', async () => {
  const { db } = await scratch()
  await migrate(db)
  await db.pool.query(before)
  expect(await migrate(db)).toEqual(['20261201170000_activity'])
  const { rows } = await db.pool.query<{ id: string; day: number }>(
    `select id, extract(day from last_activity_at at time zone 'UTC')::int as day from books
     union all select id, extract(day from last_activity_at at time zone 'UTC')::int from bookshelves order by id`,
  )
  expect(Object.fromEntries(rows.map((row) => [row.id, row.day]))).toEqual({
    [shelf]: 7,
    [untouched]: 1,
    [trashedFrom]: 7,
    [id(books.text)]: 3,
    [id(books.marker)]: 4,
    [id(books.picture)]: 5,
    [id(books.tag)]: 6,
    [id(books.trashed)]: 7,
    [id(books.nothing)]: 2,
  })
})
