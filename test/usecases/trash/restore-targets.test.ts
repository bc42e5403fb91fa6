import { expect, test } from 'vitest'
import type { TrashableKind } from '../../../src/db/rows.ts'
import { InvalidInput, NotFound } from '../../../src/domain/failure.ts'
import { type Ctx, newId } from '../../../src/usecases/context.ts'
import type { RestoreTarget } from '../../../src/usecases/trash/restore-target.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildShelf,
  coverOf,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { buildTree, type Tree } from '../../support/library/library-tree.ts'
import { restore, trash } from '../../support/trash/restoring.ts'
import { idsOf, listOf, rowsOfWorkspace } from '../../support/state.ts'

const database = useDatabase()
removeTemporaryFolders()

const placed = async (ctx: Ctx, kind: TrashableKind, { id }: { id: string }, target: RestoreTarget) => {
  const deletion = await trash(ctx, kind, { id })
  return succeeded(await restore(ctx, deletion.id, target)).item
}

test('a book, a block and a picture come back to the end of another place', async () => {
  const ctx = await buildCtx(database.db)
  const [tree, other] = [await buildTree(ctx), await buildTree(ctx)]
  const slot = imagesOf(other.block.id)
  expect(await placed(ctx, 'MEDIA', tree.image, { slot })).toMatchObject({
    blockId: other.block.id,
    version: 2,
  })
  expect(idsOf(await listOf(ctx, 'media', 'block_id', other.block.id)).at(-1)).toBe(tree.image.id)
  await placed(ctx, 'BLOCK', tree.block, { bookId: other.book.id })
  expect(idsOf(await listOf(ctx, 'blocks', 'book_id', other.book.id)).at(-1)).toBe(tree.block.id)
  await placed(ctx, 'BOOK', tree.book, { bookshelfId: other.shelf.id })
  expect(idsOf(await listOf(ctx, 'books', 'bookshelf_id', other.shelf.id))).toEqual([
    other.book.id,
    tree.book.id,
  ])
})

test('a picture comes back as a cover, a cover as a picture of a block, and each back again', async () => {
  const ctx = await buildCtx(database.db)
  const tree = await buildTree(ctx)
  const book = await buildBook(ctx)
  const cover = await placed(ctx, 'MEDIA', tree.image, { slot: coverOf('BOOK', book.id) })
  expect(cover).toMatchObject({ role: 'COVER', bookId: book.id, blockId: null, bookshelfId: null })
  const image = await placed(ctx, 'MEDIA', tree.bookCover, { slot: imagesOf(tree.block.id) })
  expect(image).toMatchObject({ role: 'IMAGE', bookId: null, blockId: tree.block.id })
  expect(idsOf(await listOf(ctx, 'media', 'block_id', tree.block.id))).toEqual([
    tree.otherImage.id,
    tree.bookCover.id,
  ])
  await placed(ctx, 'MEDIA', tree.bookCover, { slot: coverOf('BOOK', tree.book.id) })
  await placed(ctx, 'MEDIA', tree.image, { slot: imagesOf(tree.block.id) })
  expect(idsOf(await listOf(ctx, 'media', 'block_id', tree.block.id))).toEqual([
    tree.otherImage.id,
    tree.image.id,
  ])
})

test('a target that is the old place means the old place', async () => {
  const ctx = await buildCtx(database.db)
  const tree = await buildTree(ctx)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  await placed(ctx, 'BLOCK', tree.block, { bookId: tree.book.id })
  await placed(ctx, 'BOOK', tree.book, { bookshelfId: tree.shelf.id, bookId: null, slot: null })
  await placed(ctx, 'MEDIA', tree.image, { slot: imagesOf(tree.block.id) })
  await placed(ctx, 'MEDIA', tree.bookCover, {})
  const { deletions, ...after } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect({ ...after, deletions: [] }).toEqual(before)
  expect(deletions).toHaveLength(4)
})

test('a target is a way out when the old parent is in the trash', async () => {
  const ctx = await buildCtx(database.db)
  const [tree, shelf] = [await buildTree(ctx), await buildShelf(ctx)]
  const block = await trash(ctx, 'BLOCK', tree.block)
  const book = await trash(ctx, 'BOOK', tree.book)
  await trash(ctx, 'BOOKSHELF', tree.shelf)
  succeeded(await restore(ctx, book.id, { bookshelfId: shelf.id }))
  succeeded(await restore(ctx, block.id))
  expect(idsOf(await listOf(ctx, 'books', 'bookshelf_id', shelf.id))).toEqual([tree.book.id])
  expect(idsOf(await listOf(ctx, 'blocks', 'book_id', tree.book.id))[0]).toBe(tree.block.id)
})

test.each<[string, TrashableKind, keyof Tree, (other: Tree) => RestoreTarget, object]>([
  [
    'a bookshelf to any target',
    'BOOKSHELF',
    'shelf',
    (other) => ({ bookshelfId: other.shelf.id }),
    { path: 'target' },
  ],
  ['a book to a book', 'BOOK', 'book', (other) => ({ bookId: other.book.id }), { path: 'target' }],
  [
    'a block to a bookshelf',
    'BLOCK',
    'block',
    (other) => ({ bookshelfId: other.shelf.id }),
    { path: 'target' },
  ],
  ['a picture to a book', 'MEDIA', 'image', (other) => ({ bookId: other.book.id }), { path: 'target' }],
  [
    'a block to two places',
    'BLOCK',
    'block',
    (other) => ({ bookId: other.book.id, bookshelfId: other.shelf.id }),
    { path: 'target' },
  ],
  [
    'a picture to a slot that no block has',
    'MEDIA',
    'image',
    (other) => ({ slot: { ownerType: 'BLOCK', ownerId: other.block.id, role: 'COVER' } }),
    { path: 'target.slot.role' },
  ],
])('%s is refused', async (_case, kind, name, target, issue) => {
  const ctx = await buildCtx(database.db)
  const [tree, other] = [await buildTree(ctx), await buildTree(ctx)]
  const deletion = await trash(ctx, kind, tree[name])
  const refusal = await restore(ctx, deletion.id, target(other))
  expect(refusal).toBeInstanceOf(InvalidInput)
  expect(refusal).toMatchObject({ issues: [issue] })
})

test('a target that is not there, in the trash or taken is refused', async () => {
  const ctx = await buildCtx(database.db)
  const [tree, other] = [await buildTree(ctx), await buildTree(ctx)]
  const gone = await buildBlock(ctx)
  await trash(ctx, 'BLOCK', gone)
  const image = await trash(ctx, 'MEDIA', tree.image)
  const book = await trash(ctx, 'BOOK', tree.book)
  expect(await restore(ctx, book.id, { bookshelfId: newId() })).toBeInstanceOf(NotFound)
  expect(await restore(ctx, book.id, { bookshelfId: 'shelf' })).toBeInstanceOf(NotFound)
  expect(await restore(ctx, image.id, { slot: imagesOf(gone.id) })).toMatchObject({
    entity: 'Block',
    id: gone.id,
  })
  expect(await restore(ctx, image.id, { slot: coverOf('BOOK', other.book.id) })).toMatchObject({
    reason: 'SLOT_TAKEN',
    blockedBy: { id: other.bookCover.id },
  })
})
