import { expect, test } from 'vitest'
import { Failure, NotFound } from '../../src/domain/failure.ts'
import { AlreadyInTrash, NotInTrash, RestoreConflict } from '../../src/domain/restore.ts'
import { createBlock } from '../../src/usecases/library/blocks.ts'
import { createBook } from '../../src/usecases/library/books.ts'
import { createBlocks } from '../../src/usecases/library/paste-blocks.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { previewRestore } from '../../src/usecases/trash/restore-item.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildPicture,
  buildShelf,
  coverOf,
  removeTemporaryFolders,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { buildTree } from '../support/library/library-tree.ts'
import { photograph } from '../support/media/pictures.ts'
import { trash } from '../support/trash/restoring.ts'
import { idsOf, listOf, rowsOfWorkspace } from '../support/state.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

const succeededIn = (results: readonly unknown[]) => results.filter((result) => !(result instanceof Failure))

test.each(['BOOK', 'BOOKSHELF'] as const)(
  'what is added while its %s is trashed is in that deletion or refused, never left behind',
  async (kind) => {
    for (let round = 0; round < 5; round += 1) {
      const ctx = await buildCtx(database.db)
      const shelf = await buildShelf(ctx)
      const book = await buildBook(ctx, { bookshelfId: shelf.id })
      const [trashed, ...added] = await Promise.all([
        trashItem(ctx, { kind, id: kind === 'BOOK' ? book.id : shelf.id }),
        createBlock(ctx, { bookId: book.id }),
        createBlocks(ctx, { bookId: book.id, blocks: [{}, {}] }),
        ...(kind === 'BOOKSHELF' ? [createBook(ctx, { bookshelfId: shelf.id, title: 'New' })] : []),
        createBlock(ctx, { bookId: book.id }),
      ])
      for (const result of added) if (result instanceof Failure) expect(result).toBeInstanceOf(NotFound)
      const { deletion } = succeeded(trashed)
      const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
      const below = [...rows.books, ...rows.blocks]
      expect(below.every((row) => row.deletion_id === deletion.id)).toBe(true)
      expect(deletion.itemCount).toBe(below.length + (kind === 'BOOKSHELF' ? 1 : 0))
    }
  },
)

test('of 10 who trash one thing at once one does, and the others are told of its deletion', async () => {
  const ctx = await buildCtx(database.db)
  const { book } = await buildTree(ctx)
  const results = await times(10, () => trashItem(ctx, { kind: 'BOOK', id: book.id }))
  const [won] = succeededIn(results) as { deletion: { id: string; itemCount: number } }[]
  expect(succeededIn(results)).toHaveLength(1)
  for (const result of results) {
    if (result instanceof AlreadyInTrash) expect(result.deletion).toEqual(won?.deletion)
  }
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).deletions).toMatchObject([{ item_count: 7 }])
})

test('parents and children that are trashed at once are each in one deletion, whose count is right', async () => {
  for (let round = 0; round < 4; round += 1) {
    const ctx = await buildCtx(database.db)
    const { shelf, book, block, image } = await buildTree(ctx)
    await Promise.all([
      trashItem(ctx, { kind: 'MEDIA', id: image.id }),
      trashItem(ctx, { kind: 'BLOCK', id: block.id }),
      trashItem(ctx, { kind: 'BOOK', id: book.id }),
      trashItem(ctx, { kind: 'BOOKSHELF', id: shelf.id }),
    ])
    const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
    const items = [...rows.bookshelves, ...rows.books, ...rows.blocks, ...rows.media]
    for (const deletion of rows.deletions) {
      const held = items.filter((row) => row.deletion_id === deletion.id)
      expect(held).toHaveLength(Number(deletion['item_count']))
    }
    expect(items.filter((row) => row.deletion_id === null)).toEqual([])
  }
})

test('of 10 who restore one deletion at once one does', async () => {
  const ctx = await buildCtx(database.db)
  const { shelf } = await buildTree(ctx)
  const deletion = await trash(ctx, 'BOOKSHELF', shelf)
  const results = await times(10, () => restoreDeletion(ctx, { deletionId: deletion.id }))
  expect(succeededIn(results)).toHaveLength(1)
  expect(results.filter((result) => result instanceof NotInTrash)).toHaveLength(9)
})

test('of several covers that are restored at once one comes back, and the others are told of it', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const covers = []
  for (let count = 0; count < 4; count += 1)
    covers.push((await buildPicture(ctx, coverOf('BOOK', book.id))).media)
  const last = covers.at(-1)
  if (last) await trash(ctx, 'MEDIA', last)
  const deletions = await ctx.db.prisma.deletion.findMany({ where: { workspaceId: ctx.actor.workspaceId } })
  const results = await Promise.all(deletions.map(({ id }) => restoreDeletion(ctx, { deletionId: id })))
  expect(succeededIn(results)).toHaveLength(1)
  const { media } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const live = media.filter((row) => row.deletion_id === null)
  expect(live).toHaveLength(1)
  for (const result of results) {
    if (result instanceof Failure)
      expect(result).toMatchObject({ reason: 'SLOT_TAKEN', blockedBy: { id: live[0]?.id } })
  }
})

test('a cover that is restored while another one comes in never makes two, and none is lost', async () => {
  for (let round = 0; round < 5; round += 1) {
    const ctx = await buildCtx(database.db)
    const slot = coverOf('BOOK', (await buildBook(ctx)).id)
    const { media } = await buildPicture(ctx, slot)
    const deletion = await trash(ctx, 'MEDIA', media)
    const bytes = await photograph()
    const [restored, uploaded] = await Promise.all([
      restoreDeletion(ctx, { deletionId: deletion.id }),
      buildPicture(ctx, slot, { bytes }),
    ])
    const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
    expect(rows.media).toHaveLength(2)
    expect(idsOf(rows.media.filter((row) => row.deletion_id === null))).toEqual([uploaded.media.id])
    if (restored instanceof Failure) expect(restored).toBeInstanceOf(RestoreConflict)
    else expect(uploaded.replaced?.id).toBe(media.id)
  }
})

test('a block that is restored while its book is trashed is live in a live book or in the trash', async () => {
  for (let round = 0; round < 6; round += 1) {
    const ctx = await buildCtx(database.db)
    const block = await buildBlock(ctx)
    const deletion = await trash(ctx, 'BLOCK', block)
    const [restored, trashed] = await Promise.all([
      restoreDeletion(ctx, { deletionId: deletion.id }),
      trashItem(ctx, { kind: 'BOOK', id: block.bookId }),
    ])
    const bookDeletion = succeeded(trashed).deletion
    const { blocks } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
    const inTrash = restored instanceof Failure ? deletion.id : bookDeletion.id
    expect(blocks).toMatchObject([{ deletion_id: inTrash }])
    if (restored instanceof Failure) expect(restored).toMatchObject({ reason: 'PARENT_TRASHED' })
  }
})

test('a child and its parent that are restored at once are both live, or the child is told to wait', async () => {
  for (let round = 0; round < 5; round += 1) {
    const ctx = await buildCtx(database.db)
    const tree = await buildTree(ctx)
    const child = await trash(ctx, 'BLOCK', tree.block)
    const parent = await trash(ctx, 'BOOKSHELF', tree.shelf)
    const [childResult, parentResult] = await Promise.all([
      restoreDeletion(ctx, { deletionId: child.id }),
      restoreDeletion(ctx, { deletionId: parent.id }),
    ])
    succeeded(parentResult)
    const live = idsOf(await listOf(ctx, 'blocks', 'book_id', tree.book.id))
    if (childResult instanceof Failure) {
      expect(childResult).toMatchObject({ reason: 'PARENT_TRASHED' })
      succeeded(await restoreDeletion(ctx, { deletionId: child.id }))
    } else expect(live).toContain(tree.block.id)
  }
})

test('previews at once with restoring disturb nobody', async () => {
  const ctx = await buildCtx(database.db)
  const { book } = await buildTree(ctx)
  const deletion = await trash(ctx, 'BOOK', book)
  const [restored, ...previews] = await Promise.all([
    restoreDeletion(ctx, { deletionId: deletion.id }),
    ...Array.from({ length: 10 }, () => previewRestore(ctx, { deletionId: deletion.id })),
  ])
  succeeded(restored)
  for (const preview of previews) {
    if (preview?.problem) expect(preview.problem).toBeInstanceOf(NotInTrash)
    else expect(preview).toMatchObject({ problem: null })
  }
})
