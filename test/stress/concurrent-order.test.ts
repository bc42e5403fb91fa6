import { expect, test } from 'vitest'
import { transact } from '../../src/db/client.ts'
import { lockLive } from '../../src/db/lookup.ts'
import { Failure, NotFound, SelectionChanged } from '../../src/domain/failure.ts'
import { maxPositionLength } from '../../src/domain/ordering.ts'
import { createBlock, moveBlock } from '../../src/usecases/library/blocks.ts'
import { moveCheckpoint } from '../../src/usecases/library/checkpoints.ts'
import { moveBlocks } from '../../src/usecases/library/move-selections.ts'
import { createBook, moveBook } from '../../src/usecases/library/books.ts'
import { createBookshelf, moveBookshelf } from '../../src/usecases/library/bookshelves.ts'
import type { Place } from '../../src/usecases/ordering.ts'
import { createBlocks } from '../../src/usecases/library/paste-blocks.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import {
  buildBlock,
  buildBook,
  buildCheckpoint,
  buildCtx,
  buildShelf,
  removeTemporaryFolders,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { idsOf, listOf } from '../support/state.ts'
import { holdRow, untilWaiting } from '../support/waiting.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

/** True when no two items of a list have the same position. */
const distinct = (rows: readonly { position: string }[]) =>
  new Set(rows.map(({ position }) => position)).size === rows.length

test('20 clients that add at one place at once lose no item and get different positions', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const first = await buildBlock(ctx, { bookId: book.id })
  const made = await times(20, (index) =>
    createBlock(ctx, { bookId: book.id, ...(index % 2 === 0 ? { afterId: first.id } : {}) }),
  )
  const list = await listOf(ctx, 'blocks', 'book_id', book.id)
  expect(new Set(idsOf(list))).toEqual(new Set([first.id, ...idsOf(made.map(succeeded))]))
  expect(distinct(list)).toBe(true)
})

test('books and bookshelves that are added at once all get a place', async () => {
  const ctx = await buildCtx(database.db)
  const shelf = await buildShelf(ctx)
  const books = await times(10, () => createBook(ctx, { bookshelfId: shelf.id, title: 'Book' }))
  const shelves = await times(10, () => createBookshelf(ctx, { name: 'Shelf', beforeId: shelf.id }))
  const bookList = await listOf(ctx, 'books', 'bookshelf_id', shelf.id)
  const shelfList = await listOf(ctx, 'bookshelves')
  expect(new Set(idsOf(bookList))).toEqual(new Set(idsOf(books.map(succeeded))))
  expect(new Set(idsOf(shelfList))).toEqual(new Set([shelf.id, ...idsOf(shelves.map(succeeded))]))
  expect(idsOf(shelfList).at(-1)).toBe(shelf.id)
  expect(distinct(bookList) && distinct(shelfList)).toBe(true)
})

test('two pastes and a move at one place at once keep each paste together', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const anchor = await buildBlock(ctx, { bookId: book.id })
  const moving = await buildBlock(ctx, { bookId: book.id })
  const paste = async () => {
    const blocks = Array.from({ length: 30 }, (_, index) => ({ content: `${index}` }))
    const { results } = succeeded(await createBlocks(ctx, { bookId: book.id, afterId: anchor.id, blocks }))
    return results.map((row) => succeeded(row).id)
  }
  const [one, other] = await Promise.all([
    paste(),
    paste(),
    moveBlock(ctx, { blockId: moving.id, afterId: anchor.id }),
  ])
  const list = await listOf(ctx, 'blocks', 'book_id', book.id)
  const ids = idsOf(list)
  expect(ids).toHaveLength(62)
  expect(distinct(list)).toBe(true)
  for (const pasted of [one, other]) {
    const start = ids.indexOf(pasted[0] ?? '')
    expect(ids.slice(start, start + 30)).toEqual(pasted)
  }
})

test('20 moves to one place at once lose no item and end with different positions', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const blocks = await times(6, () => buildBlock(ctx, { bookId: book.id }))
  const [anchor, ...others] = blocks
  await times(20, async (index) =>
    succeeded(
      await moveBlock(ctx, { blockId: others[index % others.length]?.id ?? '', afterId: anchor?.id }),
    ),
  )
  const list = await listOf(ctx, 'blocks', 'book_id', book.id)
  expect(new Set(idsOf(list))).toEqual(new Set(idsOf(blocks)))
  expect(distinct(list)).toBe(true)
})

test('bookshelves that move at once all keep a place', async () => {
  const ctx = await buildCtx(database.db)
  const shelves = await times(5, () => buildShelf(ctx))
  const [first] = shelves
  await times(12, async (index) => {
    const shelf = shelves[1 + (index % 4)]
    succeeded(await moveBookshelf(ctx, { bookshelfId: shelf?.id ?? '', beforeId: first?.id }))
  })
  const list = await listOf(ctx, 'bookshelves')
  expect(new Set(idsOf(list))).toEqual(new Set(idsOf(shelves)))
  expect(distinct(list)).toBe(true)
})

type TestCtx = Awaited<ReturnType<typeof buildCtx>>

test.each([
  [
    'blocks',
    async (ctx: TestCtx) => {
      const { id: bookId } = await buildBook(ctx)
      return {
        list: () => listOf(ctx, 'blocks', 'book_id', bookId),
        build: async () => (await buildBlock(ctx, { bookId })).id,
        move: (blockId: string, place: Place) => moveBlock(ctx, { blockId, ...place }),
      }
    },
  ],
  [
    'bookshelves',
    (ctx: TestCtx) => ({
      list: () => listOf(ctx, 'bookshelves'),
      build: async () => (await buildShelf(ctx)).id,
      move: (bookshelfId: string, place: Place) => moveBookshelf(ctx, { bookshelfId, ...place }),
    }),
  ],
])(
  '10 clients that move %s at once into a gap without room have the list renumbered, and lose none',
  async (table, of) => {
    const ctx = await buildCtx(database.db)
    const { list, build, move } = await of(ctx)
    const [left, right] = [await build(), await build()]
    const moving = await times(10, build)
    const last = await build()
    const narrow = `update ${table} set position = 'a0' || repeat('0', $2) || '1' where id = $1`
    await ctx.db.pool.query(narrow, [right, maxPositionLength - 3])

    const moves = await Promise.all(
      moving.map((id, index) => move(id, index % 2 === 0 ? { afterId: left } : { beforeId: right })),
    )
    moves.forEach(succeeded)
    const rows = await list()
    const ids = idsOf(rows)
    expect(new Set(ids.slice(1, 6))).toEqual(new Set(moving.filter((_, index) => index % 2 === 0)))
    expect(new Set(ids.slice(6, 11))).toEqual(new Set(moving.filter((_, index) => index % 2 === 1)))
    expect([ids[0], ...ids.slice(11)]).toEqual([left, right, last])
    expect(distinct(rows)).toBe(true)
    expect(rows.every(({ position }) => position.length < 10)).toBe(true)
  },
)

test('blocks that move between two books in both directions at once are all there afterwards', async () => {
  const ctx = await buildCtx(database.db)
  const [one, other] = [await buildBook(ctx), await buildBook(ctx)]
  const inOne = await times(5, () => buildBlock(ctx, { bookId: one.id }))
  const inOther = await times(5, () => buildBlock(ctx, { bookId: other.id }))
  for (let round = 0; round < 4; round += 1) {
    const [there, back] = round % 2 === 0 ? [other, one] : [one, other]
    const moves = await Promise.all([
      ...inOne.map(({ id }) => moveBlock(ctx, { blockId: id, bookId: there.id })),
      ...inOther.map(({ id }) => moveBlock(ctx, { blockId: id, bookId: back.id })),
    ])
    moves.forEach(succeeded)
    const lists = [
      await listOf(ctx, 'blocks', 'book_id', there.id),
      await listOf(ctx, 'blocks', 'book_id', back.id),
    ]
    expect(lists.map((list) => new Set(idsOf(list)))).toEqual([
      new Set(idsOf(inOne)),
      new Set(idsOf(inOther)),
    ])
    expect(lists.every(distinct)).toBe(true)
  }
})

test('one block that many move to different books at once ends in one of them', async () => {
  const ctx = await buildCtx(database.db)
  const books = await times(4, () => buildBook(ctx))
  const block = await buildBlock(ctx, { bookId: books[0]?.id ?? '' })
  const moves = await times(12, (index) =>
    moveBlock(ctx, { blockId: block.id, bookId: books[index % 4]?.id ?? '' }),
  )
  moves.forEach(succeeded)
  const places = await Promise.all(books.map(({ id }) => listOf(ctx, 'blocks', 'book_id', id)))
  expect(places.flat().map(({ id }) => id)).toEqual([block.id])
})

test('books that change their bookshelves at once are all there afterwards', async () => {
  const ctx = await buildCtx(database.db)
  const [one, other] = [await buildShelf(ctx), await buildShelf(ctx)]
  const left = await times(4, () => buildBook(ctx, { bookshelfId: one.id }))
  const right = await times(4, () => buildBook(ctx, { bookshelfId: other.id }))
  const moves = await Promise.all([
    ...left.map(({ id }) => moveBook(ctx, { bookId: id, bookshelfId: other.id })),
    ...right.map(({ id }) => moveBook(ctx, { bookId: id, bookshelfId: one.id })),
  ])
  moves.forEach(succeeded)
  const lists = [
    await listOf(ctx, 'books', 'bookshelf_id', other.id),
    await listOf(ctx, 'books', 'bookshelf_id', one.id),
  ]
  expect(lists.map((list) => new Set(idsOf(list)))).toEqual([new Set(idsOf(left)), new Set(idsOf(right))])
})

test('a move waits for who holds its list, and finds the list as that one left it', async () => {
  const ctx = await buildCtx(database.db)
  const [from, to] = [await buildBook(ctx), await buildBook(ctx)]
  const block = await buildBlock(ctx, { bookId: from.id })
  const held = await transact(ctx.db, async (tx) => {
    await lockLive(tx, 'books', ctx.actor.workspaceId, to.id)
    const waiting = moveBlock(ctx, { blockId: block.id, bookId: to.id })
    let moved = false
    const settled = waiting.then(() => (moved = true))
    await untilWaiting(database.db, 1, waiting)
    expect(moved).toBe(false)
    const where = { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id: to.id } }
    const deletion = await tx.deletion.create({
      data: {
        workspaceId: ctx.actor.workspaceId,
        id: to.id,
        kind: 'BOOK',
        itemId: to.id,
        itemCount: 1,
        deletedAt: ctx.now(),
        deletedBy: 'owner',
        position: to.position,
        path: [],
        purgeAfter: ctx.now(),
      },
    })
    await tx.book.update({ where, data: { deletionId: deletion.id } })
    return { waiting, settled }
  })
  expect(await held.waiting).toBeInstanceOf(NotFound)
  await held.settled
  expect(idsOf(await listOf(ctx, 'blocks', 'book_id', from.id))).toEqual([block.id])
})

test('a block that moves while it is trashed is either moved or in the trash, and nothing is lost', async () => {
  const ctx = await buildCtx(database.db)
  for (let round = 0; round < 8; round += 1) {
    const [from, to] = [await buildBook(ctx), await buildBook(ctx)]
    const block = await buildBlock(ctx, { bookId: from.id })
    const [moved, trashed] = await Promise.all([
      moveBlock(ctx, { blockId: block.id, bookId: to.id }),
      trashItem(ctx, { kind: 'BOOK', id: from.id }),
    ])
    const inTo = idsOf(await listOf(ctx, 'blocks', 'book_id', to.id))
    if (moved instanceof Failure) expect(moved).toBeInstanceOf(NotFound)
    expect(inTo).toEqual(moved instanceof Failure ? [] : [block.id])
    expect(succeeded(trashed).deletion.itemCount).toBe(moved instanceof Failure ? 2 : 1)
  }
})

test('a new bookshelf does not wait for an upload that holds the quota, which has locked a book before', async () => {
  const ctx = await buildCtx(database.db)
  const upload = await holdRow(database.db, 'workspaces', { id: ctx.actor.workspaceId })
  expect(await createBookshelf(ctx, { name: 'Meanwhile' })).not.toBeInstanceOf(Failure)
  await upload.release()
})

const isRun = (ids: readonly string[], run: readonly string[]) => {
  const start = ids.indexOf(run[0] ?? '')
  return run.every((id, index) => ids[start + index] === id)
}

test('selections that overlap, a paste and a trashing at once: each move is whole, and no item is lost', async () => {
  const ctx = await buildCtx(database.db)
  const [one, other] = [await buildBook(ctx), await buildBook(ctx)]
  const fill = async (bookId: string) => {
    const { results } = succeeded(
      await createBlocks(ctx, { bookId, blocks: Array.from({ length: 12 }, () => ({})) }),
    )
    return results.map((row) => succeeded(row).id)
  }
  const [left, right] = [await fill(one.id), await fill(other.id)]
  const gone = left[4] ?? ''
  const selections = [
    [...left.slice(0, 6), ...right.slice(0, 3)],
    [...right.slice(0, 6)].reverse(),
    [...left.slice(6), ...right.slice(8)],
  ]
  const moves = await Promise.all([
    ...selections.flatMap((blockIds) =>
      [one.id, other.id].map(async (bookId) => ({
        blockIds,
        result: await moveBlocks(ctx, { blockIds, bookId }),
      })),
    ),
    (async () => ({ blockIds: [] as string[], result: await trashItem(ctx, { kind: 'BLOCK', id: gone }) }))(),
    (async () => ({
      blockIds: [] as string[],
      result: await createBlocks(ctx, { bookId: one.id, blocks: [{}, {}] }),
    }))(),
  ])
  const lists = [
    await listOf(ctx, 'blocks', 'book_id', one.id),
    await listOf(ctx, 'blocks', 'book_id', other.id),
  ]
  expect(lists.every(distinct)).toBe(true)
  const ids = lists.flatMap(idsOf)
  expect(ids).toHaveLength(25)
  expect([...left, ...right].filter((id) => !ids.includes(id))).toEqual([gone])
  for (const { blockIds, result } of moves) {
    // A move that came after the trashing names what is gone.
    if (result instanceof Failure)
      expect(blockIds.includes(gone) && result instanceof SelectionChanged).toBe(true)
  }
  // Whichever of the two moves of the last selection came second, nothing has torn it apart since.
  const last = selections[2] ?? []
  expect(lists.map(idsOf).some((list) => isRun(list, last))).toBe(true)
})

test('a checkpoint that moves while its book or the target is trashed stays in one of them', async () => {
  const ctx = await buildCtx(database.db)
  for (const which of ['from', 'to'] as const) {
    const [from, to] = [await buildBook(ctx), await buildBook(ctx)]
    const checkpoint = await buildCheckpoint(ctx, { bookId: from.id })
    const held = await holdRow(ctx.db, 'books', { from, to }[which])
    const trashing = trashItem(ctx, { kind: 'BOOK', id: { from, to }[which].id })
    await untilWaiting(ctx.db, 1, trashing)
    const moving = moveCheckpoint(ctx, { checkpointId: checkpoint.id, bookId: to.id })
    await untilWaiting(ctx.db, 2, moving)
    await held.release()
    const [{ deletion }, moved] = [succeeded(await trashing), await moving]
    expect(moved).toBeInstanceOf(NotFound)
    const row = await ctx.db.prisma.checkpoint.findFirstOrThrow({ where: { id: checkpoint.id } })
    expect(row).toMatchObject({ bookId: from.id, deletionId: which === 'from' ? deletion.id : null })
  }
})
