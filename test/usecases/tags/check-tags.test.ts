import { expect, test } from 'vitest'
import { checkTags } from '../../../src/usecases/tags/check-tags.ts'
import { attachTags } from '../../../src/usecases/tags/attach-tags.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import {
  buildBook,
  buildCtx,
  buildShelf,
  buildTag,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'

const database = useDatabase()
removeTemporaryFolders()

async function taggedLibrary() {
  const ctx = await buildCtx(database.db)
  const parent = await buildTag(ctx)
  const tag = await buildTag(ctx, { parentId: parent.id, name: 'Harbour\n港' })
  const shelf = await buildShelf(ctx)
  const [book, trashed] = [await buildBook(ctx), await buildBook(ctx)]
  succeeded(await attachTags(ctx, { tagIds: [tag.id], entityIds: [shelf.id, book.id, trashed.id] }))
  succeeded(await trashItem(ctx, { kind: 'BOOK', id: trashed.id }))
  return { ctx, parent, tag, book }
}

test('a library that only operations have changed has no drift', async () => {
  const { ctx } = await taggedLibrary()
  expect(await checkTags(ctx)).toEqual([])
})

test('a count that is off is told with what was counted, in its own workspace only', async () => {
  const { ctx, tag } = await taggedLibrary()
  const other = await taggedLibrary()
  await ctx.db.pool.query('update tags set book_count = 2, usage_count = 3 where id = $1', [tag.id])
  expect(await checkTags(ctx)).toEqual([
    `tag ${tag.id} ("Harbour\\n港"): stored {"total":3,"bookshelves":1,"books":2,"blocks":0}, ` +
      'counted {"total":2,"bookshelves":1,"books":1,"blocks":0}',
  ])
  expect(await checkTags(other.ctx)).toEqual([])
})

test('a count without any association is told', async () => {
  const { ctx, parent } = await taggedLibrary()
  await ctx.db.pool.query('update tags set block_count = 1, usage_count = 1 where id = $1', [parent.id])
  expect(await checkTags(ctx)).toEqual([expect.stringContaining(`tag ${parent.id}`)])
})

test('an association that nobody counted is told', async () => {
  const { ctx, parent, book } = await taggedLibrary()
  await ctx.db.pool.query(
    `insert into tag_associations (workspace_id, tag_id, entity_type, entity_id, created_at)
     values ($1, $2, 'BOOK', $3, now())`,
    [ctx.actor.workspaceId, parent.id, book.id],
  )
  expect(await checkTags(ctx)).toEqual([expect.stringContaining('"books":1')])
})

test('a path that is not that of the parent is told, and a live tag below one in the trash', async () => {
  const { ctx, parent, tag } = await taggedLibrary()
  const other = await buildTag(ctx)
  await ctx.db.pool.query('update tags set ancestor_ids = array[$2, parent_id] where id = $1', [
    tag.id,
    other.id,
  ])
  expect(await checkTags(ctx)).toEqual([expect.stringContaining(`tag ${tag.id}`)])

  await ctx.db.pool.query('update tags set ancestor_ids = array[parent_id] where id = $1', [tag.id])
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'TAG', id: parent.id }))
  await ctx.db.pool.query('update tags set deletion_id = null where id = $1', [tag.id])
  expect(await checkTags(ctx)).toEqual([expect.stringContaining(`tag ${tag.id}`)])
  expect(deletion.itemCount).toBe(2)
})
