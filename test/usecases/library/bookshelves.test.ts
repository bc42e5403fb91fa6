import { expect, test } from 'vitest'
import { listColumns } from '../../../src/db/rows.ts'
import { NotFound, VersionConflict } from '../../../src/domain/failure.ts'
import { updateBookshelf } from '../../../src/usecases/library/bookshelves.ts'
import { buildCtx, buildShelf, removeTemporaryFolders } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'

const database = useDatabase()
removeTemporaryFolders()

test('an update changes what is given, leaves the rest and raises the version', async () => {
  const ctx = await buildCtx(database.db)
  const shelf = await buildShelf(ctx, { description: 'Old', color: '#112233' })
  const updated = await updateBookshelf(ctx, { bookshelfId: shelf.id, description: null })
  expect(updated).toMatchObject({ name: shelf.name, description: null, color: '#112233', version: 2 })
})

test('an update of another version than the expected one is refused with the current row', async () => {
  const ctx = await buildCtx(database.db)
  const shelf = await buildShelf(ctx)
  await updateBookshelf(ctx, { bookshelfId: shelf.id, name: 'Second', expectedVersion: 1 })
  const conflict = await updateBookshelf(ctx, { bookshelfId: shelf.id, name: 'Third', expectedVersion: 1 })
  expect(conflict).toBeInstanceOf(VersionConflict)
  expect(conflict).toMatchObject({ current: { name: 'Second', version: 2 } })
})

test("another workspace's bookshelf is not found, and stays as it is", async () => {
  const [mine, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
  const shelf = await buildShelf(theirs)
  expect(await updateBookshelf(mine, { bookshelfId: shelf.id, name: 'Mine' })).toBeInstanceOf(NotFound)
  const where = { workspaceId_id: { workspaceId: shelf.workspaceId, id: shelf.id } }
  expect(await database.db.prisma.bookshelf.findUnique({ where, omit: listColumns })).toEqual(shelf)
})
