import { beforeAll, expect, test } from 'vitest'
import { InvalidInput, NotFound } from '../../../src/domain/failure.ts'
import { TooManyTags } from '../../../src/domain/tag-tree.ts'
import { moveBlock } from '../../../src/usecases/library/blocks.ts'
import { moveBook } from '../../../src/usecases/library/books.ts'
import { attachTags, detachTags } from '../../../src/usecases/tags/attach-tags.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import { createTag } from '../../../src/usecases/tags/tags.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildShelf,
  buildTag,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { trash } from '../../support/trash/restoring.ts'
import { rowsOfWorkspace } from '../../support/state.ts'
import { attach, checkTags, idList, idSet, taggedWith } from '../../support/tags/tags.ts'

const database = useDatabase()
removeTemporaryFolders()
let ctx: Ctx
beforeAll(async () => {
  ctx = await buildCtx(database.db)
})

const countsOf = async (id: string) =>
  ctx.db.prisma.tag.findFirstOrThrow({
    where: { id },
    select: { bookshelfCount: true, bookCount: true, blockCount: true, usageCount: true },
  })

test('attaching many tags to many things counts each once, however often it is done', async () => {
  const [one, other] = [await buildTag(ctx), await buildTag(ctx)]
  const shelf = await buildShelf(ctx)
  const book = await buildBook(ctx, { bookshelfId: shelf.id })
  const block = await buildBlock(ctx, { bookId: book.id })
  const input = { tagIds: [one.id, other.id], entityIds: [shelf.id, book.id, block.id] }
  expect(succeeded(await attachTags(ctx, input)).attachedCount).toBe(6)
  expect(succeeded(await attachTags(ctx, input)).attachedCount).toBe(0)
  expect(await countsOf(one.id)).toEqual({ bookshelfCount: 1, bookCount: 1, blockCount: 1, usageCount: 3 })

  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BOOK', id: book.id }))
  expect(await countsOf(one.id)).toEqual({ bookshelfCount: 1, bookCount: 0, blockCount: 0, usageCount: 1 })
  expect(await attachTags(ctx, input)).toBeInstanceOf(NotFound)
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect(await countsOf(one.id)).toEqual({ bookshelfCount: 1, bookCount: 1, blockCount: 1, usageCount: 3 })
  expect(succeeded(await detachTags(ctx, { ...input, tagIds: [one.id] })).detachedCount).toBe(3)
  expect(await countsOf(one.id)).toEqual({ bookshelfCount: 0, bookCount: 0, blockCount: 0, usageCount: 0 })
  expect((await countsOf(other.id)).usageCount).toBe(3)
})

/** What is tagged with what, and when. */
const associations = async () => (await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).tag_associations

/** Runs what must fail, and checks that nothing changed. */
async function refused(attempt: () => Promise<unknown>) {
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const result = await attempt()
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
  return result
}

test('the answer has the tags and the tagged in the order of the input, as they are now', async () => {
  const [one, other] = [await buildTag(ctx), await buildTag(ctx)]
  const block = await buildBlock(ctx)
  const book = await buildBook(ctx)
  const input = { tagIds: [other.id, one.id], entityIds: [block.id, book.id, block.bookId] }
  const entities = [
    { id: block.id, type: 'BLOCK' },
    { id: book.id, type: 'BOOK' },
    { id: block.bookId, type: 'BOOK' },
  ]
  const attached = succeeded(await attachTags(ctx, input))
  expect(attached).toMatchObject({ attachedCount: 6, entities })
  expect(idList(attached.tags)).toEqual(input.tagIds)
  expect(attached.tags).toMatchObject([{ usageCount: 3 }, { usageCount: 3 }])
  const detached = succeeded(await detachTags(ctx, input))
  expect(detached).toMatchObject({ detachedCount: 6, entities, tags: [{ usageCount: 0 }, { usageCount: 0 }] })
})

test('what is given twice is done once', async () => {
  const tag = await buildTag(ctx)
  const book = await buildBook(ctx)
  const input = { tagIds: [tag.id, tag.id], entityIds: [book.id, book.id, book.id] }
  expect(succeeded(await attachTags(ctx, input)).attachedCount).toBe(1)
  expect((await countsOf(tag.id)).usageCount).toBe(1)
  expect(succeeded(await detachTags(ctx, input)).detachedCount).toBe(1)
  expect(succeeded(await detachTags(ctx, input)).detachedCount).toBe(0)
  await checkTags(ctx)
})

test('what is given twice is answered once, in the order of first mention', async () => {
  const [first, second] = [await buildTag(ctx), await buildTag(ctx)]
  const [book, other] = [await buildBook(ctx), await buildBook(ctx)]
  const input = {
    tagIds: [second.id, first.id, second.id],
    entityIds: [other.id, other.id, book.id, other.id],
  }
  for (const change of [attachTags, detachTags]) {
    const { tags, entities } = succeeded(await change(ctx, input))
    expect(idList(tags)).toEqual([second.id, first.id])
    expect(idList(entities)).toEqual([other.id, book.id])
  }
})

test('nothing given is nothing done', async () => {
  const input = { tagIds: [(await buildTag(ctx)).id], entityIds: [(await buildBook(ctx)).id] }
  for (const nothing of [
    { ...input, tagIds: [] },
    { ...input, entityIds: [] },
  ]) {
    expect(succeeded(await attachTags(ctx, nothing)).attachedCount).toBe(0)
    expect(succeeded(await detachTags(ctx, nothing)).detachedCount).toBe(0)
  }
})

test('only what is new is added to what was attached before, whose time stays', async () => {
  const [tag, other] = [await buildTag(ctx), await buildTag(ctx)]
  const [book, second] = [await buildBook(ctx), await buildBook(ctx)]
  await attach(ctx, [tag], [book])
  const before = await associations()
  const later = { ...ctx, now: () => new Date(ctx.now().getTime() + 1_000) }
  expect((await attach(later, [tag, other], [book, second])).attachedCount).toBe(3)
  expect(await associations()).toEqual(expect.arrayContaining(before))
})

test('tagging changes neither the version nor the time of the tag and of what is tagged', async () => {
  const tag = await buildTag(ctx)
  const block = await buildBlock(ctx)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const later = { ...ctx, now: () => new Date(ctx.now().getTime() + 1_000) }
  await attach(later, [tag], [block, { id: block.bookId }])
  const { blocks, books, tags } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect({ blocks, books }).toEqual({ blocks: before.blocks, books: before.books })
  expect(tags.find(({ id }) => id === tag.id)).toMatchObject({ version: 1, updated_at: tag.updatedAt })
  succeeded(await detachTags(later, { tagIds: [tag.id], entityIds: [block.id, block.bookId] }))
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).tags).toEqual(before.tags)
})

test('tags of a bookshelf, of its books and of their blocks have nothing to do with each other', async () => {
  const [onShelf, onBook, onBlock] = [await buildTag(ctx), await buildTag(ctx), await buildTag(ctx)]
  const shelf = await buildShelf(ctx)
  const book = await buildBook(ctx, { bookshelfId: shelf.id })
  const block = await buildBlock(ctx, { bookId: book.id })
  await attach(ctx, [onShelf], [shelf])
  await attach(ctx, [onBook], [book])
  await attach(ctx, [onBlock], [block])
  const later = [await buildBook(ctx, { bookshelfId: shelf.id }), await buildBlock(ctx, { bookId: book.id })]
  for (const [tag, entity] of [
    [onShelf, shelf],
    [onBook, book],
    [onBlock, block],
  ] as const)
    expect(await taggedWith(ctx, tag)).toEqual(idSet([entity]))
  succeeded(
    await detachTags(ctx, { tagIds: [onShelf.id, onBlock.id], entityIds: [...idList(later), shelf.id] }),
  )
  expect(await taggedWith(ctx, onBlock)).toEqual(idSet([block]))
  expect(await taggedWith(ctx, onShelf)).toEqual(new Set())
})

test('moving a book or a block touches no tags', async () => {
  const tag = await buildTag(ctx)
  const [from, to] = [await buildShelf(ctx), await buildShelf(ctx)]
  const book = await buildBook(ctx, { bookshelfId: from.id })
  const block = await buildBlock(ctx, { bookId: book.id })
  await attach(ctx, [tag], [from, to, book, block])
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const other = await buildBook(ctx, { bookshelfId: to.id })
  succeeded(await moveBook(ctx, { bookId: book.id, bookshelfId: to.id }))
  succeeded(await moveBlock(ctx, { blockId: block.id, bookId: other.id }))
  const after = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(after.tag_associations).toEqual(before.tag_associations)
  expect(after.tags).toEqual(before.tags)
  await trash(ctx, 'BOOKSHELF', from)
  expect(await countsOf(tag.id)).toMatchObject({ bookshelfCount: 1, bookCount: 1, blockCount: 1 })
  await trash(ctx, 'BOOKSHELF', to)
  expect(await countsOf(tag.id)).toMatchObject({ bookshelfCount: 0, bookCount: 0, blockCount: 0 })
  await checkTags(ctx)
})

test('when one id is unknown, foreign, in the trash or of another kind nothing is done at all', async () => {
  const other = await buildCtx(database.db)
  const [tag, trashedTag, theirTag] = [await buildTag(ctx), await buildTag(ctx), await buildTag(other)]
  const [book, theirBook] = [await buildBook(ctx), await buildBook(other)]
  const block = await buildBlock(ctx)
  await trash(ctx, 'TAG', trashedTag)
  await trash(ctx, 'BOOK', { id: block.bookId })
  for (const operation of [attachTags, detachTags]) {
    for (const id of [trashedTag.id, theirTag.id, book.id, tag.id.toUpperCase(), '', 'x']) {
      const result = await refused(() => operation(ctx, { tagIds: [tag.id, id], entityIds: [book.id] }))
      expect(result).toBeInstanceOf(NotFound)
      expect(result).toMatchObject({ entity: 'Tag', id })
    }
    for (const id of [block.id, block.bookId, theirBook.id, tag.id, '', 'x']) {
      const result = await refused(() => operation(ctx, { tagIds: [tag.id], entityIds: [book.id, id] }))
      expect(result).toMatchObject({ __typename: 'NotFound', entity: 'Taggable', id })
    }
  }
})

test('a call with more ids than it takes is refused, and says which', async () => {
  const ids = (count: number) => Array.from({ length: count }, () => 'x')
  for (const operation of [attachTags, detachTags]) {
    const result = await refused(() => operation(ctx, { tagIds: ids(101), entityIds: ids(1_001) }))
    expect(result).toBeInstanceOf(InvalidInput)
    expect(result).toMatchObject({ issues: [{ path: 'tagIds' }, { path: 'entityIds' }] })
  }
})

test('of many who attach to one thing at once exactly as many succeed as it may have', async () => {
  const book = await buildBook(ctx)
  const tags = []
  for (let count = 0; count < 108; count += 1)
    tags.push(succeeded(await createTag(ctx, { name: `Crowd ${count}` })))
  await attach(ctx, tags.slice(0, 96), [book])
  const results = await Promise.all(
    tags.slice(96).map(({ id }) => attachTags(ctx, { tagIds: [id], entityIds: [book.id] })),
  )
  expect(results.filter((result) => result instanceof TooManyTags)).toHaveLength(8)
  expect(results.filter((result) => 'attachedCount' in result)).toHaveLength(4)
  await checkTags(ctx)
})
