import { expect, test } from 'vitest'
import { transact } from '../../../src/db/client.ts'
import { indexDocuments, segmentSize } from '../../../src/db/search/documents.ts'
import { searchPage } from '../../../src/db/search/search-page.ts'
import { maxCandidates } from '../../../src/db/search/walks.ts'
import { createBlock, moveBlock, updateBlock } from '../../../src/usecases/library/blocks.ts'
import { moveBook, updateBook } from '../../../src/usecases/library/books.ts'
import { moveBookshelf, updateBookshelf } from '../../../src/usecases/library/bookshelves.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { createBlocks } from '../../../src/usecases/library/paste-blocks.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { buildBlock, buildBook, buildCtx, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { fillLibrary } from '../../support/bulk.ts'
import { useDatabase } from '../../support/database.ts'
import { hits, parsed } from '../../support/search/searching.ts'
import { statementsOf } from '../../support/statements.ts'

const database = useDatabase()
removeTemporaryFolders()

/** The documents with the transaction that wrote each: one that was written again has another. */
async function documents({ actor }: Ctx) {
  const { rows } = await database.db.pool.query<object>(
    'select entity_id, text, xmin::text from search_documents where workspace_id = $1 order by entity_id',
    [actor.workspaceId],
  )
  return rows
}

test('moves, the trash, restoring and changes of other fields do not write to the index', async () => {
  const ctx = await buildCtx(database.db)
  const [book, other] = [await buildBook(ctx), await buildBook(ctx)]
  const block = await buildBlock(ctx, { bookId: book.id })
  const before = await documents(ctx)
  succeeded(await moveBlock(ctx, { blockId: block.id, bookId: other.id }))
  succeeded(await moveBook(ctx, { bookId: book.id, bookshelfId: other.bookshelfId }))
  succeeded(await moveBookshelf(ctx, { bookshelfId: book.bookshelfId, afterId: other.bookshelfId }))
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BOOK', id: book.id }))
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  succeeded(await updateBook(ctx, { bookId: book.id, status: 'DONE', title: book.title }))
  succeeded(await updateBookshelf(ctx, { bookshelfId: book.bookshelfId, color: '#112233' }))
  succeeded(await updateBlock(ctx, { blockId: block.id, kind: 'QUOTE', content: block.content }))
  expect(await documents(ctx)).toEqual(before)
})

test('blocks are indexed by one statement however many they are', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const indexing = async (work: () => Promise<unknown>) =>
    (await statementsOf(work)).filter(({ text }) => text.includes('search_documents')).length
  const blocks = Array.from({ length: 500 }, (_, index) => ({ content: `ink ${index}` }))
  expect(await indexing(() => createBlock(ctx, { bookId: book.id, content: 'ink' }))).toBe(1)
  expect(await indexing(() => createBlocks(ctx, { bookId: book.id, blocks }))).toBe(1)
})

test('a change that is refused or fails leaves the index as it was', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx, { content: 'before' })
  const failed = transact(database.db, async (tx) => {
    await indexDocuments(tx, ctx.actor.workspaceId, [
      { type: 'BLOCK', id: block.id, title: '', body: 'after' },
    ])
    throw new Error('failed')
  })
  await expect(failed).rejects.toThrow('failed')
  expect(await hits(database.db, ctx.actor.workspaceId, 'before')).toHaveLength(1)
})

test('the largest block of different characters is indexed and found', async () => {
  const ctx = await buildCtx(database.db)
  const content = Array.from({ length: 99_996 }, (_, index) =>
    String.fromCodePoint(0x4e00 + ((index * 7919 + (index >> 8) * 31) % 20_000)),
  ).join('')
  const block = await buildBlock(ctx, { content: `${content}港口船只` })
  expect((await hits(database.db, ctx.actor.workspaceId, '港口船只')).map(({ id }) => id)).toEqual([block.id])
})

test("a document cannot be of another workspace's block, nor of nothing, nor of another type", async () => {
  const [mine, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
  const block = await buildBlock(theirs)
  const index = (type: 'BLOCK' | 'BOOK', ctx: Ctx) =>
    transact(database.db, (tx) =>
      indexDocuments(tx, ctx.actor.workspaceId, [{ type, id: block.id, title: '', body: 'x' }]),
    )
  await expect(index('BLOCK', mine)).rejects.toThrow(/search_documents_workspace_id_block_id_fkey|23503/)
  await database.db.prisma.searchDocument.deleteMany({ where: { entityId: block.id } })
  await expect(index('BOOK', theirs)).rejects.toThrow(/search_documents_workspace_id_book_id_fkey|23503/)
})

test('a document goes with what it is of', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  await database.db.prisma.block.delete({
    where: { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id: block.id } },
  })
  expect(await database.db.prisma.searchDocument.findFirst({ where: { entityId: block.id } })).toBeNull()
})

/** Blocks that were made by SQL, indexed with these texts: of several segments. */
async function manyBlocks(textOf: (index: number) => string) {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  await fillLibrary(database.db.pool, workspaceId, { shelves: 1, books: 1, blocks: 5_000, images: 0 })
  const blocks = await database.db.prisma.block.findMany({ where: { workspaceId }, orderBy: { id: 'asc' } })
  for (let at = 0; at < blocks.length; at += 500) {
    const items = blocks.slice(at, at + 500).map(({ id }, index) => ({
      type: 'BLOCK' as const,
      id,
      title: '',
      body: textOf(at + index),
    }))
    await transact(database.db, (tx) => indexDocuments(tx, workspaceId, items))
  }
  return { ctx, workspaceId, ids: blocks.map(({ id }) => id) }
}

test('full segments are followed by new ones, and what is in the oldest is found', async () => {
  const { ctx, workspaceId, ids } = await manyBlocks((index) => `ink number${index} ${index % 1000}`)
  const segments = await database.db.prisma.searchDocument.groupBy({
    by: ['segmentId'],
    where: { workspaceId },
    _count: true,
  })
  expect(segments.length).toBeGreaterThanOrEqual(3)
  expect(Math.max(...segments.map(({ _count }) => _count))).toBeLessThanOrEqual(segmentSize)
  expect((await hits(database.db, workspaceId, 'number0')).map(({ id }) => id)).toEqual([ids[0]])
  expect((await hits(database.db, workspaceId, '7')).map(({ id }) => id)).toEqual(
    [4007, 3007, 2007, 1007, 7].map((index) => ids[index]),
  )
  // A change stays in its segment.
  await transact(database.db, (tx) =>
    indexDocuments(tx, workspaceId, [{ type: 'BLOCK', id: ids[1] ?? '', title: '', body: 'zebra' }]),
  )
  expect((await hits(database.db, workspaceId, 'zebra')).map(({ id }) => id)).toEqual([ids[1]])
  expect(await hits(database.db, workspaceId, 'number1')).not.toContainEqual(
    expect.objectContaining({ id: ids[1] }),
  )
  expect(ctx.actor.workspaceId).toBe(workspaceId)
})

test('of a word that most blocks have, the newest live ones are listed, each once, page by page', async () => {
  const { workspaceId, ids } = await manyBlocks((index) => `${'ink '.repeat(1 + (index % 3))} and paper`)
  await database.db.pool.query(
    `with gone as (insert into deletions (workspace_id, id, kind, item_id, item_count, deleted_at, deleted_by, path, purge_after)
       values ($1, gen_random_uuid(), 'BOOK', gen_random_uuid(), 1, now(), 'owner', '{}', now()) returning id)
     update blocks set deletion_id = gone.id from gone where workspace_id = $1 and blocks.id = any($2::uuid[])`,
    [workspaceId, ids.slice(-2_500)],
  )
  const found: string[] = []
  let after: { key: string; id: string } | null = null
  for (;;) {
    const page = { limit: 100, backward: false, after, before: null }
    const scope = new Map([['BLOCK', []]] as const)
    const { rows, hasNextPage } = await searchPage(database.db, workspaceId, parsed('ink'), scope, page)
    found.push(...rows.map(({ id }) => id))
    const last = rows.at(-1)
    if (!hasNextPage || !last) break
    after = { key: String(last.rank), id: last.id }
  }
  const newestLive = ids.slice(0, -2_500).slice(-maxCandidates)
  expect(found).toHaveLength(maxCandidates)
  expect([...found].sort()).toEqual([...newestLive].sort())
})
