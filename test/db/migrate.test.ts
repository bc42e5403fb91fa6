import { expect, test } from 'vitest'
import type { Db } from '../../src/db/client.ts'
import { migrate, pendingMigrations } from '../../src/db/postgres/migrate.ts'
import { useScratchDatabases } from '../support/scratch.ts'

const scratch = useScratchDatabases()

const objects = async ({ pool }: Db) => {
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace
     union all select typname from pg_type where typnamespace = 'public'::regnamespace and typtype = 'e' order by name`,
  )
  return rows.map(({ name }) => name)
}

const history = async ({ pool }: Db) => {
  const { rows } = await pool.query<{
    migration_name: string
    finished_at: Date
    applied_steps_count: number
  }>(
    'select migration_name, finished_at, applied_steps_count from _prisma_migrations order by migration_name',
  )
  return rows
}

test('an empty database gets every migration once, and the second time none', async () => {
  const { db } = await scratch()
  const names = await migrate(db)
  expect(names.length).toBeGreaterThan(0)
  expect(names).toEqual([...names].sort())
  const before = { objects: await objects(db), history: await history(db) }
  expect(await migrate(db)).toEqual([])
  expect({ objects: await objects(db), history: await history(db) }).toEqual(before)
  expect(await pendingMigrations(db)).toEqual([])
})

test('the history is the one that Prisma keeps', async () => {
  const { db } = await scratch()
  const names = await migrate(db)
  expect(await history(db)).toEqual(
    names.map((name) => ({
      migration_name: name,
      finished_at: expect.any(Date) as Date,
      applied_steps_count: 1,
    })),
  )
})

test('of five servers that start at once on an empty database, one migrates it and all go on', async () => {
  const { db } = await scratch()
  const results = await Promise.all(Array.from({ length: 5 }, () => migrate(db)))
  expect(results.filter((names) => names.length > 0)).toHaveLength(1)
  expect(await history(db)).toHaveLength(results.flat().length)
})

test('a migration that was edited after it was applied is refused, and nothing is changed', async () => {
  const { db } = await scratch()
  const [name] = await migrate(db)
  await db.pool.query(`update _prisma_migrations set checksum = 'other' where migration_name = $1`, [name])
  const before = await objects(db)
  await expect(migrate(db)).rejects.toThrow(
    `Migration ${name} was changed after it was applied. Restore the file`,
  )
  expect(await objects(db)).toEqual(before)
})

test('a migration that fails leaves nothing half done, and is made up for once its cause is gone', async () => {
  const { db } = await scratch()
  // In the way of one of the last tables.
  await db.pool.query('create table idempotency_keys (id int)')
  const before = await objects(db)
  await expect(migrate(db)).rejects.toThrow('already exists')
  const left = (await objects(db)).filter((name) => !name.startsWith('_prisma_migrations'))
  expect(left).toEqual(before)
  expect(await history(db)).toEqual([])
  const pending = await pendingMigrations(db)
  expect(pending.length).toBeGreaterThan(0)

  await db.pool.query('drop table idempotency_keys')
  expect(await migrate(db)).toEqual(pending)
  expect(await pendingMigrations(db)).toEqual([])
})

test('a migration that cannot be written down in the history is not applied either', async () => {
  const { db } = await scratch()
  await db.pool.query(
    `create table _prisma_migrations (id text, checksum text, migration_name text, finished_at timestamptz,
       applied_steps_count int, rolled_back_at timestamptz, check (id is null))`,
  )
  await expect(migrate(db)).rejects.toThrow('check constraint')
  expect(await objects(db)).toEqual(['_prisma_migrations'])
})

test('a failed migration gives its lock and its connection back', async () => {
  const { db } = await scratch()
  await db.pool.query('create table idempotency_keys (id int)')
  for (let attempt = 0; attempt < 12; attempt += 1) await expect(migrate(db)).rejects.toThrow()
  const locks = async () => {
    const { rowCount } = await db.pool.query(
      `select from pg_locks where locktype = 'advisory'
         and database = (select oid from pg_database where datname = current_database())`,
    )
    return rowCount
  }
  // The server lets go when it notices that the connection is closed.
  await expect.poll(locks, { timeout: 20_000 }).toBe(0)
})

test('a database that was never migrated says which migrations are missing, or that it cannot say', async () => {
  const { db } = await scratch()
  await expect(pendingMigrations(db)).rejects.toThrow('_prisma_migrations')
})

test('the first migration makes the workspace of an installation without sign-in', async () => {
  const { db } = await scratch()
  await migrate(db)
  expect(await db.prisma.workspace.findMany({ select: { id: true, name: true } })).toEqual([
    { id: '01900000-0000-7000-8000-000000000001', name: 'Library' },
  ])
})

test('the texts of blocks that were there before revisions are first ones, written at the last change by the owner', async () => {
  const { db } = await scratch()
  await migrate(db)
  // As it was before.
  await db.pool.query(`
    drop table block_revisions;
    alter table blocks drop column revision, drop column written_at, drop column written_by;
    delete from _prisma_migrations where migration_name like '%_block_revisions';
    insert into bookshelves (workspace_id, id, name, sort_key, position, created_at, updated_at, created_by, updated_by)
      select id, id, 'Shelf', '', 'a0', now(), now(), 'owner', 'owner' from workspaces;
    insert into books (workspace_id, id, bookshelf_id, title, sort_key, position, created_at, updated_at, created_by, updated_by)
      select workspace_id, id, id, 'Book', '', 'a0', now(), now(), 'owner', 'owner' from bookshelves;
    insert into blocks (workspace_id, id, book_id, content, position, created_at, updated_at, created_by, updated_by)
      select workspace_id, id, id, 'Text', 'a0', '2026-01-01', '2026-02-01', 'owner', 'owner' from books`)
  expect(await migrate(db)).toEqual(['20261125000002_block_revisions'])
  const updatedAt = new Date('2026-02-01')
  expect(await db.prisma.block.findMany()).toMatchObject([
    { content: 'Text', revision: 1, writtenAt: updatedAt, writtenBy: 'owner', updatedAt, version: 1 },
  ])
})

test('items from before there were authors have those that are known, and else the owner', async () => {
  const { db } = await scratch()
  await migrate(db)
  const others = ['workspaces', 'bookshelves', 'books', 'blocks', 'checkpoints', 'checkpoint_markers', 'tags']
  // As it was before.
  await db.pool.query(`
    ${others.map((table) => `alter table ${table} drop column created_by, drop column updated_by;`).join('')}
    alter table media drop column updated_by;
    alter table media rename column created_by to uploaded_by;
    delete from _prisma_migrations where migration_name like '%_authors';
    insert into bookshelves (workspace_id, id, name, sort_key, position, created_at, updated_at)
      select id, id, 'Shelf', '', 'a0', now(), now() from workspaces;
    insert into books (workspace_id, id, bookshelf_id, title, sort_key, position, created_at, updated_at)
      select workspace_id, id, id, 'Book', '', 'a0', now(), now() from bookshelves;
    insert into blocks (workspace_id, id, book_id, content, position, written_at, written_by, created_at, updated_at)
      select workspace_id, gen_random_uuid(), id, text, 'a' || text, now(), author, now(), now()
      from books, (values ('old', 'owner'), ('of Ada', 'ada'), ('of Ada, then Bob', 'bob'), ('then owner', 'owner'))
        as block (text, author);
    insert into block_revisions (workspace_id, block_id, number, content, written_at, written_by)
      select workspace_id, id, 1, 'Old', now(), 'ada' from blocks where content like '%then%';
    insert into blobs (workspace_id, id, storage_key, sha256, size_bytes, mime_type, extension, ref_count, created_at)
      select id, id, 'files/1', repeat('0', 64), 1, 'image/png', 'png', 2, now() from workspaces;
    insert into media (workspace_id, id, blob_id, block_id, role, position, file_name, sort_key, size_bytes, mime_type,
        category, uploaded_by, created_at, updated_at)
      select workspace_id, gen_random_uuid(), workspace_id, id, 'IMAGE', 'a0', content, '', 1, 'image/png', 'upload',
        written_by, now(), now() from blocks where content like 'o%'`)
  expect(await migrate(db)).toEqual([expect.stringMatching(/_authors$/)])
  const { rows } = await db.pool.query<{ what: string; authors: string }>(`
    select what, created_by || ', ' || updated_by as authors from (
      select 'shelf' as what, created_by, updated_by from bookshelves
      union all select 'workspace', created_by, updated_by from workspaces
      union all select 'block ' || content, created_by, updated_by from blocks
      union all select 'media ' || file_name, created_by, updated_by from media) item order by what`)
  expect(Object.fromEntries(rows.map(({ what, authors }) => [what, authors]))).toEqual({
    shelf: 'owner, owner',
    workspace: 'owner, owner',
    'block old': 'owner, owner',
    'block of Ada': 'ada, ada',
    'block of Ada, then Bob': 'ada, bob',
    'block then owner': 'ada, owner',
    'media old': 'owner, owner',
    'media of Ada': 'ada, ada',
    'media of Ada, then Bob': 'bob, bob',
  })
  // The columns have no default: a statement that forgets the actor fails.
  await expect(
    db.pool.query(`insert into workspaces (id, name, sort_key, created_at, updated_at)
    values (gen_random_uuid(), 'A', 'a', now(), now())`),
  ).rejects.toMatchObject({ code: '23502' })
})
