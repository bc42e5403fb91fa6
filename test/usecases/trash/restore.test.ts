import { expect, test } from 'vitest'
import type { TrashableKind } from '../../../src/db/rows.ts'
import { NotInTrash, RetentionExpired } from '../../../src/domain/restore.ts'
import { newId } from '../../../src/usecases/context.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import { previewRestore } from '../../../src/usecases/trash/restore-item.ts'
import { buildCtx, buildPicture, coverOf, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { buildTree, type Tree } from '../../support/library/library-tree.ts'
import { restore, trash } from '../../support/trash/restoring.ts'
import { idsOf, rowsOfWorkspace } from '../../support/state.ts'

const database = useDatabase()
removeTemporaryFolders()

const dayMs = 24 * 60 * 60 * 1000

const kinds: [TrashableKind, keyof Tree][] = [
  ['BOOKSHELF', 'shelf'],
  ['BOOK', 'book'],
  ['BLOCK', 'block'],
  ['BLOCK', 'second'],
  ['MEDIA', 'image'],
  ['MEDIA', 'bookCover'],
  ['MEDIA', 'shelfCover'],
]

test.each(kinds)('a %s (%s) comes back with all that went with it, exactly as it was', async (kind, name) => {
  const ctx = await buildCtx(database.db)
  const tree = await buildTree(ctx)
  await buildTree(ctx)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const deletion = await trash(ctx, kind, tree[name])
  ctx.clock.ms += 1000
  const { item, deletion: restored } = succeeded(await restore(ctx, deletion.id))
  expect(item).toMatchObject({ id: tree[name].id, deletionId: null })
  expect(restored).toEqual({ ...deletion, restoredAt: ctx.now() })
  const { deletions, ...after } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect({ ...after, deletions: [] }).toEqual(before)
  expect(deletions).toHaveLength(1)
})

test('what was trashed earlier stays in the trash and comes back by itself', async () => {
  const ctx = await buildCtx(database.db)
  const tree = await buildTree(ctx)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const image = await trash(ctx, 'MEDIA', tree.image)
  const block = await trash(ctx, 'BLOCK', tree.second)
  const shelf = await trash(ctx, 'BOOKSHELF', tree.shelf)
  succeeded(await restore(ctx, shelf.id))
  const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const trashed = [...rows.bookshelves, ...rows.books, ...rows.blocks, ...rows.media].filter(
    (row) => row.deletion_id !== null,
  )
  expect(new Set(idsOf(trashed))).toEqual(new Set([tree.image.id, tree.second.id]))
  succeeded(await restore(ctx, block.id))
  succeeded(await restore(ctx, image.id))
  const { deletions, ...after } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect({ ...after, deletions: [] }).toEqual(before)
  expect(deletions).toHaveLength(3)
})

test.each<[TrashableKind, keyof Tree, TrashableKind, keyof Tree]>([
  ['BOOK', 'book', 'BOOKSHELF', 'shelf'],
  ['BLOCK', 'block', 'BOOK', 'book'],
  ['MEDIA', 'image', 'BLOCK', 'block'],
  ['MEDIA', 'bookCover', 'BOOK', 'book'],
  ['MEDIA', 'shelfCover', 'BOOKSHELF', 'shelf'],
])(
  'a %s (%s) does not come back into a %s that is in the trash',
  async (kind, name, parentKind, parentName) => {
    const ctx = await buildCtx(database.db)
    const tree = await buildTree(ctx)
    const deletion = await trash(ctx, kind, tree[name])
    const parentDeletion = await trash(ctx, parentKind, tree[parentName])
    expect(await restore(ctx, deletion.id)).toMatchObject({
      __typename: 'RestoreConflict',
      reason: 'PARENT_TRASHED',
      blockedBy: { id: tree[parentName].id, deletionId: parentDeletion.id },
      options: ['RESTORE_PARENT_FIRST', 'CHOOSE_TARGET'],
    })
    succeeded(await restore(ctx, parentDeletion.id))
    succeeded(await restore(ctx, deletion.id))
  },
)

test('a block whose book is in the trash with its bookshelf is told of the book', async () => {
  const ctx = await buildCtx(database.db)
  const tree = await buildTree(ctx)
  const deletion = await trash(ctx, 'BLOCK', tree.block)
  await trash(ctx, 'BOOKSHELF', tree.shelf)
  expect(await restore(ctx, deletion.id)).toMatchObject({
    reason: 'PARENT_TRASHED',
    blockedBy: { __typename: 'Book', id: tree.book.id },
  })
})

test.each(['BOOK', 'BOOKSHELF'] as const)(
  'a cover of a %s does not push another one away',
  async (ownerType) => {
    const ctx = await buildCtx(database.db)
    const tree = await buildTree(ctx)
    const [owner, cover] = ownerType === 'BOOK' ? [tree.book, tree.bookCover] : [tree.shelf, tree.shelfCover]
    const { media: occupant } = await buildPicture(ctx, coverOf(ownerType, owner.id))
    const where = { kind: 'MEDIA' as const, itemId: cover.id }
    const { id: deletionId } = await ctx.db.prisma.deletion.findFirstOrThrow({ where })
    expect(await restore(ctx, deletionId)).toMatchObject({
      __typename: 'RestoreConflict',
      reason: 'SLOT_TAKEN',
      blockedBy: { __typename: 'Media', id: occupant.id },
      options: ['REPLACE_OCCUPANT', 'TRASH_OCCUPANT_FIRST', 'CHOOSE_TARGET'],
    })
    await trash(ctx, 'MEDIA', occupant)
    expect(succeeded(await restore(ctx, deletionId)).item).toMatchObject({ id: cover.id })
  },
)

test.each(kinds.slice(0, 5))(
  'a %s (%s) can be restored until 30 days are over, and not a moment longer',
  async (kind, name) => {
    const ctx = await buildCtx(database.db)
    const tree = await buildTree(ctx)
    const deletion = await trash(ctx, kind, tree[name])
    ctx.clock.ms += 30 * dayMs
    const expired = await restore(ctx, deletion.id)
    expect(expired).toBeInstanceOf(RetentionExpired)
    expect(expired).toMatchObject({ purgeAfter: ctx.now() })
    ctx.clock.ms -= 1
    succeeded(await restore(ctx, deletion.id))
  },
)

test('a deletion is restored once', async () => {
  const ctx = await buildCtx(database.db)
  const { book } = await buildTree(ctx)
  const deletion = await trash(ctx, 'BOOK', book)
  succeeded(await restore(ctx, deletion.id))
  expect(await restore(ctx, deletion.id)).toBeInstanceOf(NotInTrash)
  const again = await trash(ctx, 'BOOK', book)
  expect(again.id).not.toBe(deletion.id)
  expect(await restore(ctx, deletion.id)).toBeInstanceOf(NotInTrash)
  succeeded(await restore(ctx, again.id))
})

test.each([newId(), 'deletion', ''])(
  'there is nothing to restore or to preview of %j',
  async (deletionId) => {
    const ctx = await buildCtx(database.db)
    expect(await previewRestore(ctx, { deletionId })).toBeNull()
    expect(await restoreDeletion(ctx, { deletionId })).toMatchObject({
      __typename: 'NotFound',
      entity: 'Deletion',
    })
  },
)
