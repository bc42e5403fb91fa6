import { expect, test } from 'vitest'
import type { TrashableKind } from '../../../src/db/rows.ts'
import { AlreadyInTrash } from '../../../src/domain/restore.ts'
import { InvalidInput, NotFound } from '../../../src/domain/failure.ts'
import { createBlock, moveBlock, updateBlock } from '../../../src/usecases/library/blocks.ts'
import { createBook, moveBook, updateBook } from '../../../src/usecases/library/books.ts'
import { moveBookshelf, updateBookshelf } from '../../../src/usecases/library/bookshelves.ts'
import { newId } from '../../../src/usecases/context.ts'
import { moveMedia } from '../../../src/usecases/media/move-media.ts'
import { createBlocks } from '../../../src/usecases/library/paste-blocks.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { updateWorkspace } from '../../../src/usecases/workspaces.ts'
import { buildBook, buildCtx, buildShelf, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { buildTree, type Tree } from '../../support/library/library-tree.ts'
import { filesBelow, rowsOfWorkspace } from '../../support/state.ts'

const database = useDatabase()
removeTemporaryFolders()

/** The names in a tree of what a deletion holds. */
async function heldBy(ctx: Awaited<ReturnType<typeof buildCtx>>, tree: Tree, deletionId: string) {
  const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const held = [...rows.bookshelves, ...rows.books, ...rows.blocks, ...rows.media]
    .filter((row) => row.deletion_id === deletionId)
    .map((row) => row.id)
  return Object.entries(tree)
    .filter(([, { id }]) => held.includes(id))
    .map(([name]) => name)
}

const everything = [
  'shelf',
  'shelfCover',
  'book',
  'bookCover',
  'block',
  'second',
  'third',
  'image',
  'otherImage',
]

const kinds: [TrashableKind, keyof Tree, string[], (tree: Tree) => object][] = [
  ['BOOKSHELF', 'shelf', everything, () => ({ parentKind: null, parentId: null, path: [] })],
  [
    'BOOK',
    'book',
    everything.slice(2),
    ({ shelf }) => ({ parentKind: 'BOOKSHELF', parentId: shelf.id, path: [shelf.name] }),
  ],
  [
    'BLOCK',
    'block',
    ['block', 'image', 'otherImage'],
    ({ shelf, book }) => ({ parentKind: 'BOOK', parentId: book.id, path: [shelf.name, book.title] }),
  ],
  [
    'MEDIA',
    'image',
    ['image'],
    ({ shelf, book, block }) => ({
      parentKind: 'BLOCK',
      parentId: block.id,
      path: [shelf.name, book.title],
    }),
  ],
  [
    'MEDIA',
    'bookCover',
    ['bookCover'],
    ({ shelf, book }) => ({ parentKind: 'BOOK', parentId: book.id, path: [shelf.name, book.title] }),
  ],
  [
    'MEDIA',
    'shelfCover',
    ['shelfCover'],
    ({ shelf }) => ({ parentKind: 'BOOKSHELF', parentId: shelf.id, path: [shelf.name] }),
  ],
]

test.each(kinds)(
  'a %s (%s) goes to the trash with all that is live below it, as one deletion',
  async (kind, name, held, origin) => {
    const ctx = await buildCtx(database.db)
    const [tree, bystanders] = [await buildTree(ctx), await buildTree(ctx)]
    const files = await filesBelow(ctx.storageRoot)
    ctx.clock.ms += 1000
    const { item, deletion } = succeeded(
      await trashItem(ctx, { kind, id: tree[name].id, reason: 'Not needed.' }),
    )
    expect(item).toEqual({ ...tree[name], deletionId: deletion.id })
    expect(deletion).toMatchObject({
      kind,
      itemId: tree[name].id,
      itemCount: held.length,
      deletedAt: ctx.now(),
      deletedBy: 'owner',
      reason: 'Not needed.',
      position: tree[name].position,
      purgeAfter: new Date(ctx.clock.ms + 30 * 24 * 60 * 60 * 1000),
      restoredAt: null,
      ...origin(tree),
    })
    expect(await heldBy(ctx, tree, deletion.id)).toEqual(held)
    expect(await heldBy(ctx, bystanders, deletion.id)).toEqual([])
    expect(await filesBelow(ctx.storageRoot)).toEqual(files)
  },
)

test('what was in the trash before stays in its own deletion', async () => {
  const ctx = await buildCtx(database.db)
  const tree = await buildTree(ctx)
  const ids: string[] = []
  for (const [kind, name] of [
    ['MEDIA', 'image'],
    ['BLOCK', 'block'],
    ['BOOK', 'book'],
    ['BOOKSHELF', 'shelf'],
  ] as const) {
    const { deletion } = succeeded(await trashItem(ctx, { kind, id: tree[name].id }))
    ids.push(deletion.id)
  }
  expect(await Promise.all(ids.map((id) => heldBy(ctx, tree, id)))).toEqual([
    ['image'],
    ['block', 'otherImage'],
    ['book', 'bookCover', 'second', 'third'],
    ['shelf', 'shelfCover'],
  ])
  const { deletions } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const counts = new Map(deletions.map((row) => [row.id, row['item_count']]))
  expect(ids.map((id) => counts.get(id))).toEqual([1, 2, 4, 2])
})

test.each(kinds.slice(0, 4))('a %s is trashed once, by itself or with its parent', async (kind, name) => {
  const ctx = await buildCtx(database.db)
  const tree = await buildTree(ctx)
  const { deletion } = succeeded(await trashItem(ctx, { kind, id: tree[name].id }))
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const again = await trashItem(ctx, { kind, id: tree[name].id })
  expect(again).toBeInstanceOf(AlreadyInTrash)
  expect(again).toMatchObject({ deletion })
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)

  const other = await buildTree(ctx)
  const whole = succeeded(await trashItem(ctx, { kind: 'BOOKSHELF', id: other.shelf.id }))
  expect(await trashItem(ctx, { kind, id: other[name].id })).toMatchObject({
    deletion: { id: whole.deletion.id },
  })
})

test('what is not there, is no id, or is of another kind is not trashed', async () => {
  const ctx = await buildCtx(database.db)
  const { book, shelf } = await buildTree(ctx)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(await trashItem(ctx, { kind: 'BOOK', id: newId() })).toBeInstanceOf(NotFound)
  expect(await trashItem(ctx, { kind: 'MEDIA', id: 'cover' })).toBeInstanceOf(NotFound)
  expect(await trashItem(ctx, { kind: 'BOOKSHELF', id: book.id })).toMatchObject({ entity: 'Bookshelf' })
  expect(await trashItem(ctx, { kind: 'BLOCK', id: shelf.id })).toMatchObject({ entity: 'Block' })
  for (const reason of ['x'.repeat(1001), 'a\0']) {
    expect(await trashItem(ctx, { kind: 'BOOK', id: book.id, reason })).toBeInstanceOf(InvalidInput)
  }
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('what is in the trash is not changed, moved or filled', async () => {
  const ctx = await buildCtx(database.db)
  const { shelf, book, block, second, image, otherImage } = await buildTree(ctx)
  const elsewhere = await buildBook(ctx)
  succeeded(await trashItem(ctx, { kind: 'BOOKSHELF', id: shelf.id }))
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const results = [
    await updateBookshelf(ctx, { bookshelfId: shelf.id, name: 'A' }),
    await moveBookshelf(ctx, { bookshelfId: shelf.id, place: 'FIRST' }),
    await createBook(ctx, { bookshelfId: shelf.id, title: 'A' }),
    await updateBook(ctx, { bookId: book.id, title: 'A' }),
    await moveBook(ctx, { bookId: book.id, place: 'LAST' }),
    await moveBook(ctx, { bookId: book.id, bookshelfId: elsewhere.bookshelfId }),
    await moveBook(ctx, { bookId: elsewhere.id, bookshelfId: shelf.id }),
    await createBlock(ctx, { bookId: book.id }),
    await createBlocks(ctx, { bookId: book.id, blocks: [{}] }),
    await updateBlock(ctx, { blockId: block.id, content: 'A' }),
    await moveBlock(ctx, { blockId: block.id, afterId: second.id }),
    await moveBlock(ctx, { blockId: block.id, bookId: elsewhere.id }),
    await moveMedia(ctx, { mediaId: image.id, afterId: otherImage.id }),
  ]
  for (const result of results) expect(result).toBeInstanceOf(NotFound)
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('an empty bookshelf is one item, and the retention is the configured one', async () => {
  const ctx = await buildCtx(database.db)
  const shelf = await buildShelf(ctx)
  const short = { ...ctx, limits: { ...ctx.limits, retentionDays: 1 } }
  const { deletion } = succeeded(await trashItem(short, { kind: 'BOOKSHELF', id: shelf.id }))
  expect(deletion).toMatchObject({
    itemCount: 1,
    reason: null,
    purgeAfter: new Date(ctx.clock.ms + 24 * 60 * 60 * 1000),
  })
})

test('the retention of a workspace applies to what is trashed from then on', async () => {
  const ctx = await buildCtx(database.db)
  const [before, after] = [await buildShelf(ctx), await buildShelf(ctx)]
  const days = async (id: string) => {
    const { deletion } = succeeded(await trashItem(ctx, { kind: 'BOOKSHELF', id }))
    return (deletion.purgeAfter.getTime() - ctx.clock.ms) / (24 * 60 * 60 * 1000)
  }
  expect(await days(before.id)).toBe(30)
  succeeded(await updateWorkspace(ctx, { retentionDays: 7 }))
  expect(await days(after.id)).toBe(7)
  const { workspaceId } = ctx.actor
  const kept = await ctx.db.prisma.deletion.findFirstOrThrow({ where: { workspaceId, itemId: before.id } })
  expect(kept.purgeAfter).toEqual(new Date(ctx.clock.ms + 30 * 24 * 60 * 60 * 1000))
})
