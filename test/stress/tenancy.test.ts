import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { NotFound } from '../../src/domain/failure.ts'
import type { Slot } from '../../src/domain/slots.ts'
import { moveBlocks, moveBooks } from '../../src/usecases/library/move-selections.ts'
import { restoreBlockRevision } from '../../src/usecases/library/block-revisions.ts'
import { createBlock, moveBlock, updateBlock } from '../../src/usecases/library/blocks.ts'
import { createBook, moveBook, updateBook } from '../../src/usecases/library/books.ts'
import { createBookshelf, moveBookshelf, updateBookshelf } from '../../src/usecases/library/bookshelves.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { attachMedia } from '../../src/usecases/media/attach-media.ts'
import { moveMedia } from '../../src/usecases/media/move-media.ts'
import { openMedia } from '../../src/usecases/media/open-media.ts'
import { createBlocks } from '../../src/usecases/library/paste-blocks.ts'
import { renderThumbnails } from '../../src/usecases/media/render-thumbnails.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { previewRestore } from '../../src/usecases/trash/restore-item.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import { buildBlock, buildCtx, coverOf, imagesOf, removeTemporaryFolders } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { buildTree, type Tree } from '../support/library/library-tree.ts'
import { photograph } from '../support/media/pictures.ts'
import { restore, trash } from '../support/trash/restoring.ts'
import { stateOf } from '../support/state.ts'

const database = useDatabase()
removeTemporaryFolders()

const upload = async (ctx: Ctx, slot: Slot) =>
  uploadMedia(ctx, { slot, fileName: 'a.jpg', stream: Readable.from([await photograph()]) })

/** Each operation with an id of another workspace: `mine` is who asks, in whose tree everything else is. */
const attempts: Record<string, (ctx: Ctx, theirs: Tree, mine: Tree) => Promise<unknown>> = {
  updateBookshelf: (ctx, { shelf }) => updateBookshelf(ctx, { bookshelfId: shelf.id, name: 'Mine' }),
  moveBookshelf: (ctx, { shelf }) => moveBookshelf(ctx, { bookshelfId: shelf.id, place: 'FIRST' }),
  'moveBookshelf after': (ctx, { shelf }, mine) =>
    moveBookshelf(ctx, { bookshelfId: mine.shelf.id, afterId: shelf.id }),
  'createBookshelf before': (ctx, { shelf }) => createBookshelf(ctx, { name: 'Mine', beforeId: shelf.id }),
  createBook: (ctx, { shelf }) => createBook(ctx, { bookshelfId: shelf.id, title: 'Mine' }),
  'createBook after': (ctx, { book }, mine) =>
    createBook(ctx, { bookshelfId: mine.shelf.id, title: 'Mine', afterId: book.id }),
  updateBook: (ctx, { book }) => updateBook(ctx, { bookId: book.id, title: 'Mine' }),
  moveBook: (ctx, { book }, mine) => moveBook(ctx, { bookId: book.id, bookshelfId: mine.shelf.id }),
  'moveBook to': (ctx, { shelf }, mine) => moveBook(ctx, { bookId: mine.book.id, bookshelfId: shelf.id }),
  'moveBook before': (ctx, { book }, mine) => moveBook(ctx, { bookId: mine.book.id, beforeId: book.id }),
  createBlock: (ctx, { book }) => createBlock(ctx, { bookId: book.id }),
  'createBlock after': (ctx, { block }, mine) =>
    createBlock(ctx, { bookId: mine.book.id, afterId: block.id }),
  createBlocks: (ctx, { book }) => createBlocks(ctx, { bookId: book.id, blocks: [{}] }),
  'createBlocks before': (ctx, { block }, mine) =>
    createBlocks(ctx, { bookId: mine.book.id, blocks: [{}], beforeId: block.id }),
  updateBlock: (ctx, { block }) => updateBlock(ctx, { blockId: block.id, content: 'Mine' }),
  restoreBlockRevision: (ctx, { block }) => restoreBlockRevision(ctx, { blockId: block.id, number: 1 }),
  moveBlock: (ctx, { block }, mine) => moveBlock(ctx, { blockId: block.id, bookId: mine.book.id }),
  'moveBlock to': (ctx, { book }, mine) => moveBlock(ctx, { blockId: mine.block.id, bookId: book.id }),
  'moveBlock after': (ctx, { block }, mine) => moveBlock(ctx, { blockId: mine.block.id, afterId: block.id }),
  'moveBlocks to': (ctx, { book }, mine) => moveBlocks(ctx, { blockIds: [mine.block.id], bookId: book.id }),
  'moveBlocks after': (ctx, { block }, mine) =>
    moveBlocks(ctx, { blockIds: [mine.block.id], afterId: block.id }),
  'moveBooks to': (ctx, { shelf }, mine) =>
    moveBooks(ctx, { bookIds: [mine.book.id], bookshelfId: shelf.id }),
  moveMedia: (ctx, { image }) => moveMedia(ctx, { mediaId: image.id, place: 'FIRST' }),
  'moveMedia after': (ctx, { image }, mine) => moveMedia(ctx, { mediaId: mine.image.id, afterId: image.id }),
  'moveMedia to': (ctx, { block }, mine) =>
    moveMedia(ctx, { mediaId: mine.image.id, slot: imagesOf(block.id) }),
  attachMedia: (ctx, { image }, mine) =>
    attachMedia(ctx, { mediaId: image.id, slot: coverOf('BOOK', mine.book.id) }),
  'attachMedia to': (ctx, { book }, mine) =>
    attachMedia(ctx, { mediaId: mine.image.id, slot: coverOf('BOOK', book.id) }),
  'uploadMedia to a bookshelf': (ctx, { shelf }) => upload(ctx, coverOf('BOOKSHELF', shelf.id)),
  'uploadMedia to a book': (ctx, { book }) => upload(ctx, coverOf('BOOK', book.id)),
  'uploadMedia to a block': (ctx, { block }) => upload(ctx, imagesOf(block.id)),
  'trashItem of a bookshelf': (ctx, { shelf }) => trashItem(ctx, { kind: 'BOOKSHELF', id: shelf.id }),
  'trashItem of a book': (ctx, { book }) => trashItem(ctx, { kind: 'BOOK', id: book.id }),
  'trashItem of a block': (ctx, { block }) => trashItem(ctx, { kind: 'BLOCK', id: block.id }),
  'trashItem of a picture': (ctx, { image }) => trashItem(ctx, { kind: 'MEDIA', id: image.id }),
}

test.each(Object.entries(attempts))(
  "%s with another workspace's id finds nothing and changes nothing",
  async (_name, attempt) => {
    const [mine, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
    const trees = [await buildTree(theirs), await buildTree(mine)] as const
    const before = [await stateOf(mine), await stateOf(theirs)]
    const result = await attempt(mine, ...trees)
    expect(result).toBeInstanceOf(NotFound)
    const theirIds = Object.values(trees[0]).map(({ id }) => id)
    expect(theirIds).toContain((result as NotFound).id)
    expect([await stateOf(mine), await stateOf(theirs)]).toEqual(before)
  },
)

test("another workspace's deletion is neither seen nor restored", async () => {
  const [mine, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
  const deletion = await trash(theirs, 'BOOK', (await buildTree(theirs)).book)
  const before = await stateOf(theirs)
  expect(await previewRestore(mine, { deletionId: deletion.id })).toBeNull()
  expect(await restoreDeletion(mine, { deletionId: deletion.id })).toBeInstanceOf(NotFound)
  expect(await stateOf(theirs)).toEqual(before)
})

test('nothing is restored into another workspace', async () => {
  const [mine, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
  const [tree, other] = [await buildTree(mine), await buildTree(theirs)]
  const image = await trash(mine, 'MEDIA', tree.image)
  const block = await trash(mine, 'BLOCK', tree.block)
  const book = await trash(mine, 'BOOK', tree.book)
  const before = await stateOf(theirs)
  const refusals = [
    await restore(mine, image.id, { slot: imagesOf(other.block.id) }),
    await restore(mine, image.id, { slot: coverOf('BOOK', other.book.id) }),
    await restore(mine, block.id, { bookId: other.book.id }),
    await restore(mine, book.id, { bookshelfId: other.shelf.id }),
  ]
  for (const refusal of refusals) expect(refusal).toBeInstanceOf(NotFound)
  expect(await stateOf(theirs)).toEqual(before)
})

test("another workspace's picture is not opened, in no variant, live or in the trash", async () => {
  const [mine, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
  const { image, otherImage } = await buildTree(theirs)
  await trash(theirs, 'MEDIA', otherImage)
  const storage = theirs.storage
  for (const variant of [undefined, 'thumbnail', 'preview']) {
    expect(await openMedia({ ...mine, storage }, { id: image.id, variant, trashed: false })).toBeUndefined()
    expect(
      await openMedia({ ...mine, storage }, { id: otherImage.id, variant, trashed: true }),
    ).toBeUndefined()
  }
  const before = await stateOf(theirs)
  await renderThumbnails({ ...mine, storage }, { blobId: image.blobId })
  expect(await stateOf(theirs)).toEqual(before)
})

test('a refusal in the own workspace and one for another workspace look the same', async () => {
  const [mine, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
  const [gone, foreign] = [await buildBlock(mine), await buildBlock(theirs)]
  await trash(mine, 'BLOCK', gone)
  const refusals = [
    await updateBlock(mine, { blockId: gone.id, content: 'A', expectedVersion: 9 }),
    await updateBlock(mine, { blockId: foreign.id, content: 'A', expectedVersion: 9 }),
  ]
  expect(refusals).toEqual([new NotFound('Block', gone.id), new NotFound('Block', foreign.id)])
})
