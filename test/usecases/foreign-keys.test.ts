import { expect, test } from 'vitest'
import { type Ctx, newId } from '../../src/usecases/context.ts'
import { buildCtx, removeTemporaryFolders } from '../support/builders.ts'
import { buildMarked, checkpointReferences, marker } from '../support/library/checkpoint-references.ts'
import { useDatabase } from '../support/database.ts'
import { buildTree } from '../support/library/library-tree.ts'
import { trash } from '../support/trash/restoring.ts'
import { leaveSearch, searchReferences } from '../support/search/search-references.ts'
import { buildMerged, type Owned, tagReferences, type Things } from '../support/tags/tag-references.ts'
import { tablesOfPeople } from '../support/people.ts'

const database = useDatabase()
removeTemporaryFolders()

const written = {
  created_at: new Date(),
  updated_at: new Date(),
  created_by: 'owner',
  updated_by: 'owner',
}

/** Inserts a row and takes it back. */
async function insert({ db }: Ctx, table: string, row: Record<string, unknown>) {
  const columns = Object.keys(row)
  const places = columns.map((_, index) => `$${index + 1}`)
  const text = `insert into ${table} (${columns.join(', ')}) values (${places.join(', ')})`
  const client = await db.pool.connect()
  try {
    await client.query('begin')
    await client.query(text, Object.values(row))
  } finally {
    await client.query('rollback')
    client.release()
  }
}

type Theirs = Things
type Row = (mine: Owned, theirs: Theirs) => Record<string, unknown>

const bookshelf: Row = ({ workspaceId }) => ({
  workspace_id: workspaceId,
  id: newId(),
  name: 'A',
  sort_key: 'a',
  position: 'b00',
  ...written,
})
const book: Row = ({ workspaceId, tree }) => ({
  workspace_id: workspaceId,
  id: newId(),
  bookshelf_id: tree.shelf.id,
  title: 'A',
  sort_key: 'a',
  position: 'b00',
  ...written,
})
const block: Row = ({ workspaceId, tree }) => ({
  workspace_id: workspaceId,
  id: newId(),
  book_id: tree.book.id,
  position: 'b00',
  written_at: new Date(),
  written_by: 'owner',
  ...written,
})
const revision: Row = ({ workspaceId, tree }) => ({
  workspace_id: workspaceId,
  block_id: tree.block.id,
  number: 1,
  content: 'A',
  written_at: new Date(),
  written_by: 'owner',
})
const textReference: Row = ({ workspaceId, tree }) => ({
  workspace_id: workspaceId,
  block_id: tree.block.id,
  place: 0,
  target_type: 'BOOK',
  target_id: tree.book.id,
  text: 'A',
})
const shareLink: Row = ({ workspaceId, tree }) => ({
  workspace_id: workspaceId,
  id: newId(),
  book_id: tree.book.id,
  secret_hash: Buffer.from(newId().replaceAll('-', '')),
  allows_downloads: false,
  created_by: 'owner',
  created_at: new Date(),
  expires_at: new Date(),
})
const thumbnail: Row = ({ workspaceId, tree }) => ({
  workspace_id: workspaceId,
  blob_id: tree.image.blobId,
  recipe: 'test-1',
  format: 'webp',
  storage_key: `thumbnails/${newId()}`,
  mime_type: 'image/webp',
  width: 1,
  height: 1,
  size_bytes: 1,
  created_at: new Date(),
})
const media: Row = ({ workspaceId, tree }) => ({
  workspace_id: workspaceId,
  id: newId(),
  blob_id: tree.image.blobId,
  block_id: tree.block.id,
  role: 'IMAGE',
  position: 'b00',
  file_name: 'a',
  sort_key: 'a',
  category: 'upload',
  size_bytes: 1,
  mime_type: 'image/jpeg',
  ...written,
})

/** Every reference from a row of a workspace to another row: a row of mine, and the column that points to theirs. */
const references: Record<
  string,
  [table: string, row: Row, foreign: (theirs: Theirs) => Record<string, unknown>]
> = {
  bookshelves_workspace_id_deletion_id_fkey: [
    'bookshelves',
    bookshelf,
    (theirs) => ({ deletion_id: theirs.deletionId }),
  ],
  books_workspace_id_bookshelf_id_fkey: ['books', book, (theirs) => ({ bookshelf_id: theirs.shelf.id })],
  books_workspace_id_deletion_id_fkey: ['books', book, (theirs) => ({ deletion_id: theirs.deletionId })],
  blocks_workspace_id_book_id_fkey: ['blocks', block, (theirs) => ({ book_id: theirs.book.id })],
  blocks_workspace_id_deletion_id_fkey: ['blocks', block, (theirs) => ({ deletion_id: theirs.deletionId })],
  block_revisions_workspace_id_block_id_fkey: [
    'block_revisions',
    revision,
    (theirs) => ({ block_id: theirs.block.id }),
  ],
  text_references_workspace_id_block_id_fkey: [
    'text_references',
    textReference,
    (theirs) => ({ block_id: theirs.block.id }),
  ],
  thumbnails_workspace_id_blob_id_fkey: [
    'thumbnails',
    thumbnail,
    (theirs) => ({ blob_id: theirs.image.blobId }),
  ],
  media_workspace_id_blob_id_fkey: ['media', media, (theirs) => ({ blob_id: theirs.image.blobId })],
  media_workspace_id_block_id_fkey: ['media', media, (theirs) => ({ block_id: theirs.block.id })],
  media_workspace_id_book_id_fkey: [
    'media',
    media,
    (theirs) => ({ block_id: null, book_id: theirs.book.id, role: 'COVER' }),
  ],
  media_workspace_id_bookshelf_id_fkey: [
    'media',
    media,
    (theirs) => ({ block_id: null, bookshelf_id: theirs.shelf.id, role: 'COVER' }),
  ],
  media_workspace_id_marker_id_fkey: [
    'media',
    media,
    (theirs) => ({ block_id: null, role: 'MARKER_IMAGE', marker_id: theirs.marker.id }),
  ],
  media_workspace_id_deletion_id_fkey: ['media', media, (theirs) => ({ deletion_id: theirs.deletionId })],
  ...checkpointReferences,
  image_inboxes_workspace_id_book_id_fkey: [
    'image_inboxes',
    ({ workspaceId, tree }) => ({ workspace_id: workspaceId, book_id: tree.book.id }),
    (theirs) => ({ book_id: theirs.book.id }),
  ],
  share_links_workspace_id_book_id_fkey: [
    'share_links',
    shareLink,
    (theirs) => ({ book_id: theirs.book.id }),
  ],
  share_links_workspace_id_bookshelf_id_fkey: [
    'share_links',
    shareLink,
    (theirs) => ({ book_id: null, bookshelf_id: theirs.shelf.id }),
  ],
  ...tagReferences,
  ...searchReferences,
}

/** A library with tags, of which a block is in the trash; the searches know none of it. */
async function buildThings(ctx: Ctx): Promise<Things> {
  const tree = await buildTree(ctx)
  const { id: deletionId } = await trash(ctx, 'BLOCK', tree.third)
  const marked = await buildMarked(ctx, tree.book.id)
  const tags = await buildMerged(ctx)
  return { ...tree, ...marked, deletionId, tags, segments: await leaveSearch(ctx) }
}

let built: ReturnType<typeof build> | undefined
/** The same two workspaces for all tests: none changes them. */
const buildTwo = () => (built ??= build())

async function build() {
  const [ctx, other] = [await buildCtx(database.db), await buildCtx(database.db)]
  return {
    ctx,
    mine: { workspaceId: ctx.actor.workspaceId, tree: await buildThings(ctx) },
    theirs: await buildThings(other),
  }
}

test.each(Object.entries(references))(
  'the database itself refuses a reference into another workspace: %s',
  async (constraint, [table, row, foreign]) => {
    const { ctx, mine, theirs } = await buildTwo()
    const attempt = insert(ctx, table, { ...row(mine, theirs), ...foreign(theirs) })
    await expect(attempt).rejects.toMatchObject({ code: '23503', constraint })
    await insert(ctx, table, row(mine, theirs))
  },
)

test('every foreign key names the workspace, and every one that crosses tables of a workspace is tried here', async () => {
  const { rows } = await database.db.pool.query<{ name: string; target: string; columns: string[] }>(`
    select conname as name, confrelid::regclass::text as target,
      array(select attname::text from pg_attribute where attrelid = conrelid and attnum = any(conkey)) as columns
    from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace
      and confrelid <> 'users'::regclass`)
  for (const { name, columns } of rows) expect(columns, name).toContain('workspace_id')
  const crossing = rows.filter(({ target }) => target !== 'workspaces').map(({ name }) => name)
  expect(crossing.sort()).toEqual(Object.keys(references).sort())
})

test('every table of the library has its workspace in its key', async () => {
  const { rows } = await database.db.pool.query<{ name: string; columns: string[] }>(
    `
    select conrelid::regclass::text as name,
      array(select attname::text from pg_attribute where attrelid = conrelid and attnum = any(conkey)) as columns
    from pg_constraint where contype = 'p' and connamespace = 'public'::regnamespace
      and conrelid::regclass::text not in ('workspaces', '_prisma_migrations', 'media_url_keys', 'removal_runs')
      and conrelid::regclass::text <> all($1)`,
    [tablesOfPeople],
  )
  expect(rows.length).toBeGreaterThan(7)
  for (const { name, columns } of rows) expect(columns, name).toContain('workspace_id')
})

test('an id of another workspace can be used again, as if it were not there', async () => {
  const { ctx, mine, theirs } = await buildTwo()
  const again = insert(ctx, 'bookshelves', { ...bookshelf(mine, theirs), id: theirs.shelf.id })
  await expect(again).resolves.toBeUndefined()
})

test.each<[string, string, Row, string]>([
  ['two live covers of a book', 'media', (mine) => cover(mine, { book_id: mine.tree.book.id }), '23505'],
  [
    'two live covers of a bookshelf',
    'media',
    (mine) => cover(mine, { bookshelf_id: mine.tree.shelf.id }),
    '23505',
  ],
  ['a medium without an owner', 'media', (mine) => cover(mine, {}), '23514'],
  [
    'a medium with two owners',
    'media',
    (mine) => cover(mine, { book_id: mine.tree.book.id, bookshelf_id: mine.tree.shelf.id }),
    '23514',
  ],
  ['a cover of a block', 'media', (mine) => cover(mine, { block_id: mine.tree.block.id }), '23514'],
  [
    'two blocks at one position',
    'blocks',
    (mine, theirs) => ({ ...block(mine, theirs), position: mine.tree.block.position }),
    '23505',
  ],
  [
    'two books at one position',
    'books',
    (mine, theirs) => ({ ...book(mine, theirs), position: mine.tree.book.position }),
    '23505',
  ],
  [
    'two bookshelves at one position',
    'bookshelves',
    (mine, theirs) => ({ ...bookshelf(mine, theirs), position: mine.tree.shelf.position }),
    '23505',
  ],
  [
    'two markers at one position',
    'checkpoint_markers',
    (mine) => ({ ...marker(mine), position: mine.tree.marker.position }),
    '23505',
  ],
  [
    'two pictures at one position',
    'media',
    (mine, theirs) => ({ ...media(mine, theirs), position: mine.tree.image.position }),
    '23505',
  ],
])('the database itself refuses %s', async (_case, table, row, code) => {
  const { ctx, mine, theirs } = await buildTwo()
  await expect(insert(ctx, table, row(mine, theirs))).rejects.toMatchObject({ code })
})

function cover(mine: Parameters<Row>[0], owner: Record<string, unknown>) {
  const row = media(mine, { ...mine.tree, deletionId: '' })
  return { ...row, block_id: null, role: 'COVER', ...owner }
}
