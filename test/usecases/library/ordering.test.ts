import { expect, test } from 'vitest'
import { InvalidInput, NotFound } from '../../../src/domain/failure.ts'
import { maxPositionLength } from '../../../src/domain/ordering.ts'
import { createBlock, moveBlock } from '../../../src/usecases/library/blocks.ts'
import { createBook, moveBook } from '../../../src/usecases/library/books.ts'
import { moveBookshelf } from '../../../src/usecases/library/bookshelves.ts'
import { type Ctx, newId } from '../../../src/usecases/context.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildShelf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { idsOf, listOf, rowsOfWorkspace } from '../../support/state.ts'

const database = useDatabase()
removeTemporaryFolders()

const blocksIn = async (ctx: Ctx, bookId: string) => idsOf(await listOf(ctx, 'blocks', 'book_id', bookId))

async function buildBlocks(ctx: Ctx, count: number) {
  const book = await buildBook(ctx)
  const ids: string[] = []
  for (let made = 0; made < count; made += 1) ids.push((await buildBlock(ctx, { bookId: book.id })).id)
  const [a = '', b = '', c = '', d = ''] = ids
  return { bookId: book.id, ids, a, b, c, d }
}

test('new items come to the end, or to the place that is given', async () => {
  const ctx = await buildCtx(database.db)
  const { bookId, a, b } = await buildBlocks(ctx, 2)
  const between = await buildBlock(ctx, { bookId, afterId: a })
  const first = await buildBlock(ctx, { bookId, beforeId: a })
  const last = await buildBlock(ctx, { bookId, afterId: b })
  const atStart = await buildBlock(ctx, { bookId, place: 'FIRST' })
  const atEnd = await buildBlock(ctx, { bookId, place: 'LAST' })
  const order = [atStart.id, first.id, a, between.id, b, last.id, atEnd.id]
  expect(await blocksIn(ctx, bookId)).toEqual(order)
  succeeded(await moveBlock(ctx, { blockId: between.id, place: 'FIRST' }))
  expect(await blocksIn(ctx, bookId)).toEqual([between.id, ...order.filter((id) => id !== between.id)])
})

test.each<[string, (of: { a: string; b: string; c: string; d: string }) => object, string]>([
  ['after another', ({ c }) => ({ afterId: c }), 'bcad'],
  ['after the last', ({ d }) => ({ afterId: d }), 'bcda'],
  ['before another', ({ d }) => ({ beforeId: d }), 'bcad'],
  ['to the end', () => ({ place: 'LAST' }), 'bcda'],
  ['nowhere when it is the first already', () => ({ place: 'FIRST' }), 'abcd'],
  ['nowhere when it is before its follower already', ({ b }) => ({ beforeId: b }), 'abcd'],
])('the first block moves %s', async (_case, place, order) => {
  const ctx = await buildCtx(database.db)
  const { bookId, ...of } = await buildBlocks(ctx, 4)
  succeeded(await moveBlock(ctx, { blockId: of.a, ...place(of) }))
  const letters = new Map([
    [of.a, 'a'],
    [of.b, 'b'],
    [of.c, 'c'],
    [of.d, 'd'],
  ])
  expect((await blocksIn(ctx, bookId)).map((id) => letters.get(id)).join('')).toBe(order)
})

test('a move rewrites the row of what moves and no other', async () => {
  const ctx = await buildCtx(database.db)
  const { a, c } = await buildBlocks(ctx, 4)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  ctx.clock.ms += 1000
  succeeded(await moveBlock(ctx, { blockId: c, beforeId: a }))
  const after = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const others = (rows: typeof after) => ({ ...rows, blocks: rows.blocks.filter(({ id }) => id !== c) })
  expect(others(after)).toEqual(others(before))
  expect(after.blocks.find(({ id }) => id === c)).toMatchObject({ version: 2, updated_at: ctx.now() })
})

test('a move to where it is changes nothing, not even the version', async () => {
  const ctx = await buildCtx(database.db)
  const { a, b } = await buildBlocks(ctx, 2)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(succeeded(await moveBlock(ctx, { blockId: b, afterId: a }))).toMatchObject({ version: 1 })
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test.each<[string, (of: { a: string; b: string }) => object, typeof InvalidInput | typeof NotFound]>([
  ['after itself', ({ a }) => ({ afterId: a }), InvalidInput],
  ['before itself', ({ a }) => ({ beforeId: a }), InvalidInput],
  ['after one and before another', ({ b }) => ({ afterId: b, beforeId: b }), InvalidInput],
  ['before one and to an end', ({ b }) => ({ beforeId: b, place: 'LAST' }), InvalidInput],
  ['without saying where to', () => ({}), InvalidInput],
  ['to null', () => ({ bookId: null, afterId: null, beforeId: null, place: null }), InvalidInput],
  ['after what is not there', () => ({ afterId: newId() }), NotFound],
  ['after what is no id', () => ({ afterId: 'first' }), NotFound],
  ['to a book that is not there', () => ({ bookId: newId() }), NotFound],
  ['to what is no id', () => ({ bookId: 'mine' }), NotFound],
])('a block does not move %s, and stays where it is', async (_case, place, failure) => {
  const ctx = await buildCtx(database.db)
  const of = await buildBlocks(ctx, 2)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(await moveBlock(ctx, { blockId: of.a, ...place(of) })).toBeInstanceOf(failure)
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('an item of another list or in the trash is no place', async () => {
  const ctx = await buildCtx(database.db)
  const [here, there] = [await buildBlocks(ctx, 2), await buildBlocks(ctx, 2)]
  expect(await moveBlock(ctx, { blockId: here.a, afterId: there.a })).toMatchObject({ id: there.a })
  succeeded(await trashItem(ctx, { kind: 'BLOCK', id: here.b }))
  expect(await moveBlock(ctx, { blockId: here.a, afterId: here.b })).toBeInstanceOf(NotFound)
  expect(await createBlock(ctx, { bookId: here.bookId, beforeId: here.b })).toBeInstanceOf(NotFound)
})

test('a block moves to a place in another book, a book to another bookshelf, and a bookshelf in the list', async () => {
  const ctx = await buildCtx(database.db)
  const [from, to] = [await buildBlocks(ctx, 3), await buildBlocks(ctx, 2)]
  succeeded(await moveBlock(ctx, { blockId: from.b, bookId: to.bookId, afterId: to.a }))
  expect(await blocksIn(ctx, from.bookId)).toEqual([from.a, from.c])
  expect(await blocksIn(ctx, to.bookId)).toEqual([to.a, from.b, to.b])

  const shelf = await buildShelf(ctx)
  succeeded(await moveBook(ctx, { bookId: from.bookId, bookshelfId: shelf.id }))
  succeeded(await moveBook(ctx, { bookId: to.bookId, bookshelfId: shelf.id, beforeId: from.bookId }))
  expect(idsOf(await listOf(ctx, 'books', 'bookshelf_id', shelf.id))).toEqual([to.bookId, from.bookId])

  const [first = ''] = idsOf(await listOf(ctx, 'bookshelves'))
  succeeded(await moveBookshelf(ctx, { bookshelfId: shelf.id, beforeId: first }))
  expect(idsOf(await listOf(ctx, 'bookshelves'))[0]).toBe(shelf.id)
})

test.each<[string, (ctx: Ctx, id: string) => Promise<unknown>, string]>([
  ['block', (ctx, blockId) => moveBlock(ctx, { blockId }), '`bookId`'],
  ['book', (ctx, bookId) => moveBook(ctx, { bookId }), '`bookshelfId`'],
  ['bookshelf', (ctx, bookshelfId) => moveBookshelf(ctx, { bookshelfId }), '`place`'],
])('a move of a %s that names no place is refused, saying what to give', async (_what, move, field) => {
  const refused = await move(await buildCtx(database.db), newId())
  const message = expect.stringContaining(field) as string
  expect(refused).toMatchObject({ __typename: 'InvalidInput', issues: [{ path: 'place', message }] })
})

test('an end is the end of the list as it is shown and as it was, with what is in the trash', async () => {
  const ctx = await buildCtx(database.db)
  const { bookId, a, b, c } = await buildBlocks(ctx, 3)
  const [first, last] = [
    succeeded(await trashItem(ctx, { kind: 'BLOCK', id: a })).deletion,
    succeeded(await trashItem(ctx, { kind: 'BLOCK', id: c })).deletion,
  ]
  const [top, bottom] = [
    await buildBlock(ctx, { bookId, place: 'FIRST' }),
    await buildBlock(ctx, { bookId, place: 'LAST' }),
  ]
  for (const { id } of [first, last]) succeeded(await restoreDeletion(ctx, { deletionId: id }))
  expect(await blocksIn(ctx, bookId)).toEqual([top.id, a, b, c, bottom.id])
})

test('what is in the trash keeps its place while its neighbours move', async () => {
  const ctx = await buildCtx(database.db)
  const { bookId, a, b, c, d } = await buildBlocks(ctx, 4)
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BLOCK', id: b }))
  succeeded(await moveBlock(ctx, { blockId: d, afterId: a }))
  expect(await blocksIn(ctx, bookId)).toEqual([a, d, c])
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect(await blocksIn(ctx, bookId)).toEqual([a, d, b, c])
})

test('500 moves into one gap renumber the list in its order, with what is in the trash in its place', async () => {
  const ctx = await buildCtx(database.db)
  const { bookId, a, b, c, d } = await buildBlocks(ctx, 5)
  const trashed = await buildBlock(ctx, { bookId, afterId: a })
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BLOCK', id: trashed.id }))
  let longest = 0
  let renumbered = false
  for (let move = 0; move < 500; move += 1) {
    const blockId = move % 2 === 0 ? c : b
    const { position } = succeeded(await moveBlock(ctx, { blockId, afterId: a }))
    renumbered ||= position.length < longest
    longest = Math.max(longest, position.length)
  }
  expect(longest).toBeLessThanOrEqual(maxPositionLength)
  expect(renumbered).toBe(true)
  const list = await listOf(ctx, 'blocks', 'book_id', bookId)
  expect(idsOf(list).slice(0, 4)).toEqual([a, b, c, d])
  expect(new Set(list.map(({ position }) => position)).size).toBe(5)
  // A renumbering is no change of an item: nobody's expected version is spoilt by it.
  expect(list.filter(({ id }) => id === a || id === d)).toMatchObject([{ version: 1 }, { version: 1 }])
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect((await blocksIn(ctx, bookId)).slice(0, 5)).toEqual([a, b, c, trashed.id, d])
})

test('a renumbering takes what is in the trash along, so that it comes back to its place', async () => {
  const ctx = await buildCtx(database.db)
  const { bookId, a, b, c, d } = await buildBlocks(ctx, 4)
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BLOCK', id: c }))
  await ctx.db.pool.query(`update blocks set position = 'a0' || repeat('0', 47) || '1' where id = $1`, [b])
  succeeded(await moveBlock(ctx, { blockId: d, beforeId: b }))
  for (const { position } of await listOf(ctx, 'blocks', 'book_id', bookId)) {
    expect(position.length).toBeLessThan(10)
  }
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect(await blocksIn(ctx, bookId)).toEqual([a, d, b, c])
})

test('books and bookshelves are renumbered too', async () => {
  const ctx = await buildCtx(database.db)
  const [first, second, third] = [await buildShelf(ctx), await buildShelf(ctx), await buildShelf(ctx)]
  const bookshelfId = first.id
  const book = await buildBook(ctx, { bookshelfId })
  const books = [await buildBook(ctx, { bookshelfId }), await buildBook(ctx, { bookshelfId })]
  const tighten = async (table: string) =>
    ctx.db.pool.query(
      `update ${table} set position = 'a0' || repeat('0', 47) || '1'
       where id = any($1)`,
      [[second.id, books[0]?.id]],
    )
  await tighten('bookshelves')
  await tighten('books')
  succeeded(await moveBookshelf(ctx, { bookshelfId: third.id, beforeId: second.id }))
  succeeded(await moveBook(ctx, { bookId: books[1]?.id ?? '', beforeId: books[0]?.id }))
  expect(idsOf(await listOf(ctx, 'bookshelves'))).toEqual([first.id, third.id, second.id])
  expect(idsOf(await listOf(ctx, 'books', 'bookshelf_id', bookshelfId))).toEqual([
    book.id,
    books[1]?.id,
    books[0]?.id,
  ])
  for (const { position } of await listOf(ctx, 'bookshelves')) expect(position.length).toBeLessThan(10)
})

test('a book without a title or of a bookshelf that is not there is refused', async () => {
  const ctx = await buildCtx(database.db)
  const shelf = await buildShelf(ctx)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(await createBook(ctx, { bookshelfId: shelf.id, title: ' ' })).toBeInstanceOf(InvalidInput)
  expect(await createBook(ctx, { bookshelfId: newId(), title: 'A' })).toBeInstanceOf(NotFound)
  expect(await createBook(ctx, { bookshelfId: 'shelf', title: 'A' })).toBeInstanceOf(NotFound)
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})
