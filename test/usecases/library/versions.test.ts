import { expect, test } from 'vitest'
import { Failure, VersionConflict } from '../../../src/domain/failure.ts'
import { moveBlock, updateBlock } from '../../../src/usecases/library/blocks.ts'
import { moveBook, updateBook } from '../../../src/usecases/library/books.ts'
import { moveBookshelf, updateBookshelf } from '../../../src/usecases/library/bookshelves.ts'
import { moveMedia } from '../../../src/usecases/media/move-media.ts'
import { updateWorkspace } from '../../../src/usecases/workspaces.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildPicture,
  buildShelf,
  imagesOf,
  removeTemporaryFolders,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { rowsOfWorkspace } from '../../support/state.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

type Prepare = (ctx: Awaited<ReturnType<typeof buildCtx>>) => Promise<(text: string) => Promise<unknown>>

test.each<[string, Prepare]>([
  [
    'a bookshelf',
    async (ctx) => {
      const { id: bookshelfId } = await buildShelf(ctx)
      return (name) => updateBookshelf(ctx, { bookshelfId, name, expectedVersion: 1 })
    },
  ],
  [
    'a book',
    async (ctx) => {
      const { id: bookId } = await buildBook(ctx)
      return (title) => updateBook(ctx, { bookId, title, expectedVersion: 1 })
    },
  ],
  [
    'a block',
    async (ctx) => {
      const { id: blockId } = await buildBlock(ctx)
      return (content) => updateBlock(ctx, { blockId, content, expectedVersion: 1 })
    },
  ],
  ['a workspace', async (ctx) => (name) => updateWorkspace(ctx, { name, expectedVersion: 1 })],
])('of 10 updates of %s at once with the same expected version one wins', async (_case, prepare) => {
  const ctx = await buildCtx(database.db)
  const update = await prepare(ctx)
  const results = await times(10, (index) => update(`Name ${index}`))
  const wins = results.filter((result) => !(result instanceof Failure))
  const conflicts = results.filter((result) => result instanceof VersionConflict)
  expect([wins.length, conflicts.length]).toEqual([1, 9])
  const [winner] = wins as object[]
  expect(winner).toMatchObject({ version: 2 })
  for (const conflict of conflicts) expect(conflict.current).toMatchObject({ ...winner })
})

test('of 10 moves at once with the same expected version one wins', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const block = await buildBlock(ctx, { bookId: book.id })
  const others = await times(10, () => buildBlock(ctx, { bookId: book.id }))
  const results = await times(10, (index) =>
    moveBlock(ctx, { blockId: block.id, afterId: others[index]?.id, expectedVersion: 1 }),
  )
  expect(results.filter((result) => !(result instanceof Failure))).toHaveLength(1)
  expect(results.filter((result) => result instanceof VersionConflict)).toHaveLength(9)
})

test('a move of another version than the expected one is refused with the item as it is, and nothing moves', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const book = await ctx.db.prisma.book.findFirstOrThrow({ where: { id: block.bookId } })
  const { media } = await buildPicture(ctx, imagesOf(block.id))
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const old = { place: 'FIRST', expectedVersion: 99 } as const
  const results = [
    await moveBookshelf(ctx, { bookshelfId: book.bookshelfId, ...old }),
    await moveBook(ctx, { bookId: book.id, ...old }),
    await moveBlock(ctx, { blockId: block.id, ...old }),
    await moveMedia(ctx, { mediaId: media.id, ...old }),
  ]
  for (const result of results) expect(result).toBeInstanceOf(VersionConflict)
  expect(results).toMatchObject([
    { current: { __typename: 'Bookshelf', id: book.bookshelfId, version: 1 } },
    { current: { __typename: 'Book', id: book.id, version: 1 } },
    { current: { __typename: 'Block', id: block.id, version: 1 } },
    { current: { __typename: 'Media', id: media.id, version: 1 } },
  ])
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('without an expected version all of 10 updates at once are done, one after the other', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const results = await times(10, (index) => updateBlock(ctx, { blockId: block.id, content: `${index}` }))
  const versions = results.map((row) => (row instanceof Failure ? 0 : row.version))
  expect(versions.sort((one, other) => one - other)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
})

test('an update keeps what is not given', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx, { kind: 'CODE', content: 'a', attributes: { language: 'go' } })
  ctx.clock.ms += 1000
  expect(await updateBlock(ctx, { blockId: block.id, content: 'b' })).toEqual({
    ...block,
    content: 'b',
    revision: 2,
    writtenAt: ctx.now(),
    version: 2,
    updatedAt: ctx.now(),
  })
  const book = await buildBook(ctx, { summary: 'S', status: 'DONE' })
  expect(await updateBook(ctx, { bookId: book.id, title: 'T' })).toMatchObject({
    summary: 'S',
    status: 'DONE',
  })
  expect(await updateBook(ctx, { bookId: book.id, summary: null })).toMatchObject({
    title: 'T',
    summary: null,
  })
})
