import { beforeEach, expect, test } from 'vitest'
import { taggingLimits } from '../../../src/domain/tag-tree.ts'
import { newId } from '../../../src/usecases/context.ts'
import { detachTags } from '../../../src/usecases/tags/attach-tags.ts'
import { mergeTags } from '../../../src/usecases/tags/merge-tags.ts'
import { restoreDeletions, trashItems } from '../../../src/usecases/trash/bulk-trash.ts'
import { previewRestore, restoreItem } from '../../../src/usecases/trash/restore-item.ts'
import { buildBook, buildCtx, buildTag, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { rowsOfWorkspace } from '../../support/state.ts'
import { fillNamedTags } from '../../support/tags/named-tags.ts'
import { attach, checkTags, idList } from '../../support/tags/tags.ts'
import { purge } from '../../support/trash/purging.ts'
import { restore, trash } from '../../support/trash/restoring.ts'

const database = useDatabase()
removeTemporaryFolders()
let ctx: Awaited<ReturnType<typeof buildCtx>>
beforeEach(async () => {
  ctx = await buildCtx(database.db)
})

const limit = taggingLimits.tagsPerEntity

/** Many tags of the workspace, used by nothing yet. */
async function buildTags(count: number) {
  const names = Array.from({ length: count }, (_, index) => ({ id: newId(), name: `Tag ${index}`, usage: 0 }))
  await fillNamedTags(ctx.db.pool, ctx.actor.workspaceId, names)
  return names
}

async function liveTagsOf({ id }: { id: string }) {
  const where = { workspaceId: ctx.actor.workspaceId, entityId: id, tag: { deletionId: null } }
  return ctx.db.prisma.tagAssociation.count({ where })
}

const conflict = (entity: { id: string }) => ({
  __typename: 'RestoreConflict',
  reason: 'TOO_MANY_TAGS',
  blockedBy: { __typename: 'Book', id: entity.id },
  options: ['MAKE_ROOM_FIRST'],
})

/** A book with one tag less than it may have, and a tag of it that is in the trash. */
async function buildNearlyFull() {
  const book = await buildBook(ctx)
  const [tag, ...others] = await buildTags(limit)
  if (!tag) throw new Error('Not built.')
  await attach(ctx, [tag], [book])
  const deletion = await trash(ctx, 'TAG', tag)
  await attach(ctx, others, [book])
  return { book, tag, others, deletion }
}

test('of many tags that were trashed as many are restored as an object may have', async () => {
  const book = await buildBook(ctx)
  const tags = await buildTags(limit + limit - 2)
  const [first, others] = [tags.slice(0, limit), tags.slice(limit)]
  await attach(ctx, first, [book])
  const trashed = succeeded(await trashItems(ctx, { itemIds: idList(first) }))
  await attach(ctx, others, [book])
  const deletionIds = trashed.map((result) => succeeded(result).deletion.id)
  const results = succeeded(await restoreDeletions(ctx, { deletionIds }))
  expect(results.filter((result) => !('reason' in result))).toHaveLength(2)
  expect(results.filter((result) => 'reason' in result)[0]).toMatchObject(conflict(book))
  expect(await liveTagsOf(book)).toBe(limit)
  await checkTags(ctx)
})

test('a tag is restored to an object that then has as many as it may have, and not to a full one', async () => {
  const { book, tag, others, deletion } = await buildNearlyFull()
  const more = await buildTag(ctx)
  await attach(ctx, [more], [book])
  expect(await restore(ctx, deletion.id)).toMatchObject(conflict(book))
  expect(await restore(ctx, deletion.id, { parentId: more.id })).toMatchObject(conflict(book))
  succeeded(await detachTags(ctx, { tagIds: idList(others.slice(0, 1)), entityIds: [book.id] }))
  succeeded(await restore(ctx, deletion.id))
  expect(await liveTagsOf(book)).toBe(limit)
  await trash(ctx, 'TAG', tag)
})

test('an object in the trash counts, so that it can always be restored, until it is purged', async () => {
  const { book, deletion } = await buildNearlyFull()
  await attach(ctx, [await buildTag(ctx)], [book])
  const ofBook = await trash(ctx, 'BOOK', book)
  expect(await restore(ctx, deletion.id)).toMatchObject(conflict(book))
  succeeded(await restore(ctx, ofBook.id))
  expect(await liveTagsOf(book)).toBe(limit)
  await purge(ctx, await trash(ctx, 'BOOK', book))
  succeeded(await restore(ctx, deletion.id))
})

test('one tag of a deletion counts by itself, with those below it', async () => {
  const book = await buildBook(ctx)
  const top = await buildTag(ctx)
  const [one, other] = [await buildTag(ctx, { parentId: top.id }), await buildTag(ctx, { parentId: top.id })]
  await attach(ctx, [one, other], [book])
  const deletion = await trash(ctx, 'TAG', top)
  await attach(ctx, await buildTags(limit - 1), [book])
  expect(await restore(ctx, deletion.id)).toMatchObject(conflict(book))
  const target = { topLevel: true }
  expect(await previewRestore(ctx, { deletionId: deletion.id, itemId: one.id, target })).toMatchObject({
    problem: null,
  })
  succeeded(await restoreItem(ctx, { itemId: one.id, target }))
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(await restoreItem(ctx, { itemId: other.id, target })).toMatchObject(conflict(book))
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('a merge makes room, which undoing it needs only where the target stays', async () => {
  const [both, brought] = [await buildBook(ctx), await buildBook(ctx)]
  const tags = await buildTags(limit)
  const [source, target] = tags
  if (!source || !target) throw new Error('Not built.')
  await attach(ctx, tags, [both])
  await attach(ctx, [source, ...tags.slice(2)], [brought])
  const merge = async () =>
    succeeded(await mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id })).deletion
  const deletion = await merge()
  const more = await buildTag(ctx)
  await attach(ctx, [more], [both, brought])
  expect([await liveTagsOf(both), await liveTagsOf(brought)]).toEqual([limit, limit])
  expect(await restore(ctx, deletion.id)).toMatchObject(conflict(both))
  succeeded(await detachTags(ctx, { tagIds: [more.id], entityIds: [both.id] }))
  succeeded(await restore(ctx, deletion.id))
  expect([await liveTagsOf(both), await liveTagsOf(brought)]).toEqual([limit, limit])
  await checkTags(ctx)
})
