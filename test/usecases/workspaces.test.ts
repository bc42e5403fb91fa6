import { expect, test } from 'vitest'
import { AccessDenied, defaultWorkspaceId, type Role } from '../../src/domain/access.ts'
import { InvalidInput, VersionConflict } from '../../src/domain/failure.ts'
import { createBlock, moveBlock, updateBlock } from '../../src/usecases/library/blocks.ts'
import { createBook, moveBook, updateBook } from '../../src/usecases/library/books.ts'
import { createBookshelf, moveBookshelf, updateBookshelf } from '../../src/usecases/library/bookshelves.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { attachMedia } from '../../src/usecases/media/attach-media.ts'
import { moveMedia } from '../../src/usecases/media/move-media.ts'
import { openMedia } from '../../src/usecases/media/open-media.ts'
import { createBlocks } from '../../src/usecases/library/paste-blocks.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { previewRestore } from '../../src/usecases/trash/restore-item.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { createWorkspace, updateWorkspace } from '../../src/usecases/workspaces.ts'
import { buildCtx, removeTemporaryFolders, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { stateOf } from '../support/state.ts'

const database = useDatabase()
removeTemporaryFolders()

test('an installation begins with the default workspace', async () => {
  const where = { id: defaultWorkspaceId }
  expect(await database.db.prisma.workspace.findUnique({ where })).toMatchObject({
    name: 'Library',
    version: 1,
  })
})

test('a new workspace has its name and nothing in it', async () => {
  const ctx = await buildCtx(database.db)
  const workspace = succeeded(await createWorkspace(ctx, { name: '书房' }))
  expect(workspace).toMatchObject({ name: '书房', version: 1, createdAt: ctx.now(), updatedAt: ctx.now() })
  const shelves = await database.db.prisma.bookshelf.count({ where: { workspaceId: workspace.id } })
  expect(shelves).toBe(0)
})

test('a workspace is renamed, at the expected version only', async () => {
  const ctx = await buildCtx(database.db)
  const renamed = await updateWorkspace(ctx, { name: 'New', expectedVersion: 1 })
  expect(renamed).toMatchObject({ id: ctx.actor.workspaceId, name: 'New', version: 2 })
  const conflict = await updateWorkspace(ctx, { name: 'Newer', expectedVersion: 1 })
  expect(conflict).toBeInstanceOf(VersionConflict)
  expect(conflict).toMatchObject({ current: { __typename: 'Workspace', name: 'New', version: 2 } })
})

test.each(['', ' ', 'x'.repeat(201), 'a\0'])('a workspace is not named %j', async (name) => {
  const ctx = await buildCtx(database.db)
  const workspaces = () => database.db.prisma.workspace.findMany({ orderBy: { id: 'asc' } })
  const before = await workspaces()
  expect(await createWorkspace(ctx, { name })).toBeInstanceOf(InvalidInput)
  expect(await updateWorkspace(ctx, { name })).toBeInstanceOf(InvalidInput)
  expect(await workspaces()).toEqual(before)
})

const id = '01900000-0000-7000-8000-0000000000ff'
const edits: Record<string, (ctx: Ctx) => Promise<unknown>> = {
  createBookshelf: (ctx) => createBookshelf(ctx, { name: 'A' }),
  updateBookshelf: (ctx) => updateBookshelf(ctx, { bookshelfId: id, name: 'A' }),
  moveBookshelf: (ctx) => moveBookshelf(ctx, { bookshelfId: id, place: 'LAST' }),
  createBook: (ctx) => createBook(ctx, { bookshelfId: id, title: 'A' }),
  updateBook: (ctx) => updateBook(ctx, { bookId: id, title: 'A' }),
  moveBook: (ctx) => moveBook(ctx, { bookId: id, place: 'LAST' }),
  createBlock: (ctx) => createBlock(ctx, { bookId: id }),
  createBlocks: (ctx) => createBlocks(ctx, { bookId: id, blocks: [{}] }),
  updateBlock: (ctx) => updateBlock(ctx, { blockId: id }),
  moveBlock: (ctx) => moveBlock(ctx, { blockId: id, place: 'LAST' }),
  moveMedia: (ctx) => moveMedia(ctx, { mediaId: id, place: 'LAST' }),
  attachMedia: (ctx) =>
    attachMedia(ctx, { mediaId: id, slot: { ownerType: 'BOOK', ownerId: id, role: 'COVER' } }),
  trashItem: (ctx) => trashItem(ctx, { kind: 'BOOK', id }),
  restoreDeletion: (ctx) => restoreDeletion(ctx, { deletionId: id }),
}
const manages: Record<string, (ctx: Ctx) => Promise<unknown>> = {
  createWorkspace: (ctx) => createWorkspace(ctx, { name: 'A' }),
  updateWorkspace: (ctx) => updateWorkspace(ctx, { name: 'A' }),
}

const as = (ctx: Awaited<ReturnType<typeof buildCtx>>, role: Role) => ({
  ...ctx,
  actor: { ...ctx.actor, role },
})

test.each(Object.entries({ ...edits, ...manages }))('a viewer may not %s', async (_name, run) => {
  const ctx = await buildCtx(database.db)
  const before = await stateOf(ctx)
  await expect(run(as(ctx, 'VIEWER'))).rejects.toThrow(AccessDenied)
  expect(await stateOf(ctx)).toEqual(before)
})

test.each(Object.entries(manages))('an editor may not %s', async (_name, run) => {
  const ctx = await buildCtx(database.db)
  await expect(run(as(ctx, 'EDITOR'))).rejects.toThrow(AccessDenied)
})

test('a viewer may look at pictures, and is not told what a restore would do', async () => {
  const ctx = as(await buildCtx(database.db), 'VIEWER')
  await expect(previewRestore(ctx, { deletionId: id })).rejects.toThrow(AccessDenied)
  expect(await openMedia(ctx, { id, variant: undefined, trashed: false })).toBeUndefined()
})
