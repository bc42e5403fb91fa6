import { expect, test } from 'vitest'
import { NotFound, SelectionChanged } from '../../../src/domain/failure.ts'
import { type Ctx, newId } from '../../../src/usecases/context.ts'
import { restoreBlockRevision } from '../../../src/usecases/library/block-revisions.ts'
import { updateBlock } from '../../../src/usecases/library/blocks.ts'
import { splitBlock } from '../../../src/usecases/library/split-block.ts'
import { replayEvents } from '../../../src/usecases/media/replay-events.ts'
import { attachTags } from '../../../src/usecases/tags/attach-tags.ts'
import { checkTags } from '../../../src/usecases/tags/check-tags.ts'
import { mergeBlocks } from '../../../src/usecases/trash/merge-blocks.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import { restoreItem } from '../../../src/usecases/trash/restore-item.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildPicture,
  buildTag,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { lastChain } from '../../support/media/media-events.ts'
import { photograph } from '../../support/media/pictures.ts'
import { hits } from '../../support/search/searching.ts'
import { idsOf, listOf, rowsOfWorkspace } from '../../support/state.ts'
import { statementsOf } from '../../support/statements.ts'

const database = useDatabase()
removeTemporaryFolders()

const blocksIn = async (ctx: Ctx, bookId: string) => idsOf(await listOf(ctx, 'blocks', 'book_id', bookId))
const picturesOf = async (ctx: Ctx, blockId: string) => idsOf(await listOf(ctx, 'media', 'block_id', blockId))

/** A book with three blocks: their texts are `one`, `two` and `three`. */
async function buildThree(ctx: Ctx) {
  const book = await buildBook(ctx)
  const ids: string[] = []
  for (const content of ['one', 'two', 'three'])
    ids.push((await buildBlock(ctx, { bookId: book.id, content })).id)
  const [a = '', b = '', c = ''] = ids
  return { bookId: book.id, ids, a, b, c }
}

test('a split keeps the block with its media and tags, and puts the other parts after it', async () => {
  const ctx = await buildCtx(database.db)
  const { bookId, a, b, c } = await buildThree(ctx)
  const heading = { kind: 'HEADING', attributes: { level: 2 }, content: 'first second third' } as const
  succeeded(await updateBlock(ctx, { blockId: b, ...heading }))
  const { media } = await buildPicture(ctx, imagesOf(b))
  const tag = await buildTag(ctx)
  succeeded(await attachTags(ctx, { tagIds: [tag.id], entityIds: [b] }))
  const blocks = succeeded(await splitBlock(ctx, { blockId: b, at: [6, 13], expectedVersion: 2 }))
  expect(blocks).toMatchObject([
    { id: b, kind: 'HEADING', attributes: { level: 2 }, content: 'first ', revision: 3, version: 3 },
    { kind: 'TEXT', attributes: {}, content: 'second ', version: 1, bookId },
    { kind: 'TEXT', attributes: {}, content: 'third', version: 1, bookId },
  ])
  expect(await blocksIn(ctx, bookId)).toEqual([a, ...idsOf(blocks), c])
  expect(await picturesOf(ctx, b)).toEqual([media.id])
  expect(await ctx.db.prisma.tagAssociation.count({ where: { tagId: tag.id } })).toBe(1)
  expect(await hits(ctx.db, ctx.actor.workspaceId, 'third')).toHaveLength(1)
  const restored = succeeded(await restoreBlockRevision(ctx, { blockId: b, number: 2 }))
  expect(restored.content).toBe('first second third')
})

test('a repeated split gives the same blocks and writes nothing', async () => {
  const ctx = await buildCtx(database.db)
  const { a } = await buildThree(ctx)
  const request = { blockId: a, at: [1], idempotencyKey: 'split' }
  const first = succeeded(await splitBlock(ctx, request))
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(succeeded(await splitBlock(ctx, request))).toEqual(first)
  expect(await splitBlock(ctx, { ...request, at: [2] })).toMatchObject({ __typename: 'IdempotencyKeyReused' })
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test.each<[string, object, object]>([
  ['no offset', { at: [] }, { issues: [{ path: 'at' }] }],
  ['offsets that fall', { at: [2, 1] }, { issues: [{ path: 'at.1' }] }],
  ['a negative offset', { at: [-1] }, { issues: [{ path: 'at.0' }] }],
  ['an offset beyond the text', { at: [4] }, { issues: [{ path: 'at.0' }] }],
  ['another version', { at: [1], expectedVersion: 2 }, { current: { version: 1 } }],
  ['no ID', { at: [1], blockId: 'none' }, { __typename: 'NotFound' }],
  ['an unknown ID', { at: [1], blockId: newId() }, { __typename: 'NotFound' }],
])('a split with %s is refused', async (_case, input, failure) => {
  const ctx = await buildCtx(database.db)
  const { a } = await buildThree(ctx)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(await splitBlock(ctx, { blockId: a, at: [1], ...input })).toMatchObject(failure)
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('a merge brings texts, pictures and tags to the first block, and the others to the trash as one', async () => {
  const ctx = await buildCtx(database.db)
  const { bookId, a, b, c } = await buildThree(ctx)
  const bytes = await photograph()
  const own = await buildPicture(ctx, imagesOf(c), { bytes })
  const same = await buildPicture(ctx, imagesOf(a), { bytes })
  const other = await buildPicture(ctx, imagesOf(b))
  const [tag, shared] = [await buildTag(ctx), await buildTag(ctx)]
  succeeded(await attachTags(ctx, { tagIds: [tag.id, shared.id], entityIds: [a] }))
  succeeded(await attachTags(ctx, { tagIds: [shared.id], entityIds: [c] }))
  const { block, deletion } = succeeded(await mergeBlocks(ctx, { blockIds: [c, a, b], separator: ' + ' }))
  expect(block).toMatchObject({ id: c, content: 'three + one + two', revision: 2, bookId })
  expect(deletion).toMatchObject({ kind: 'BLOCK', itemId: a, itemCount: 3, name: 'one' })
  expect(await blocksIn(ctx, bookId)).toEqual([c])
  expect(await picturesOf(ctx, c)).toEqual([own.media.id, other.media.id])
  const left = await ctx.db.prisma.media.findFirst({ where: { id: same.media.id } })
  expect(left).toMatchObject({ blockId: a, deletionId: deletion.id })
  const tags = await ctx.db.prisma.tag.findMany({ where: { id: { in: [tag.id, shared.id] } } })
  expect(tags.map(({ usageCount }) => usageCount)).toEqual([1, 1])
  expect((await replayEvents(ctx)).problems).toEqual([])

  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  succeeded(await restoreBlockRevision(ctx, { blockId: c, number: 1 }))
  expect(await blocksIn(ctx, bookId)).toEqual([a, b, c])
  expect(await picturesOf(ctx, a)).toEqual([same.media.id])
  expect(await checkTags(ctx)).toEqual([])
  expect((await replayEvents(ctx)).problems).toEqual([])
})

test('merged blocks can be restored together to another book, or one of them alone', async () => {
  const ctx = await buildCtx(database.db)
  const [one, two] = [await buildThree(ctx), await buildThree(ctx)]
  const { deletion } = succeeded(await mergeBlocks(ctx, { blockIds: one.ids }))
  succeeded(await trashItem(ctx, { kind: 'BOOK', id: one.bookId }))
  const target = { bookId: two.bookId }
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id, target }))
  expect(await blocksIn(ctx, two.bookId)).toEqual([...two.ids, one.b, one.c])
  expect(await blocksIn(ctx, one.bookId)).toEqual([])

  succeeded(await mergeBlocks(ctx, { blockIds: two.ids }))
  succeeded(await restoreItem(ctx, { itemId: two.c, target }))
  expect(await blocksIn(ctx, two.bookId)).toEqual([two.a, two.c, one.b, one.c])
})

test('a merge that would break a limit changes nothing and names the limit', async () => {
  const whole = await buildCtx(database.db)
  const ctx = { ...whole, limits: { ...whole.limits, filesPerOwner: 1 } }
  const { a, b, c } = await buildThree(ctx)
  for (const id of [a, b]) await buildPicture(ctx, imagesOf(id))
  succeeded(await updateBlock(ctx, { blockId: c, content: 'x'.repeat(100_000) }))
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(await mergeBlocks(ctx, { blockIds: [a, b] })).toMatchObject({ __typename: 'TooManyFiles', limit: 1 })
  expect(await lastChain(ctx)).toMatchObject({
    operation: 'MOVE',
    decision: 'REJECT',
    reason: 'TooManyFiles',
  })
  expect(await mergeBlocks(ctx, { blockIds: [c, a] })).toMatchObject({ issues: [{ path: 'blockIds' }] })
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('a merge that would give a block too many tags changes nothing', async () => {
  const ctx = await buildCtx(database.db)
  const { a, b } = await buildThree(ctx)
  const tagIds: string[] = []
  for (let made = 0; made < 101; made += 1) tagIds.push((await buildTag(ctx)).id)
  succeeded(await attachTags(ctx, { tagIds: tagIds.slice(0, 100), entityIds: [a] }))
  succeeded(await attachTags(ctx, { tagIds: tagIds.slice(99), entityIds: [b] }))
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const refusal = await mergeBlocks(ctx, { blockIds: [a, b] })
  expect(refusal).toMatchObject({ __typename: 'TooManyTags', taggable: { id: a }, limit: 100 })
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('blocks that are gone, stale, foreign, of two books or too few are not merged', async () => {
  const [ctx, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
  const [one, two, foreign] = [await buildThree(ctx), await buildThree(ctx), await buildThree(theirs)]
  succeeded(await trashItem(ctx, { kind: 'BLOCK', id: one.c }))
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const stale = await mergeBlocks(ctx, {
    blockIds: [one.a, one.b, one.c, foreign.a, 'none'],
    expectedVersions: [1, 5, null, null, null],
  })
  expect(stale).toBeInstanceOf(SelectionChanged)
  expect(stale).toMatchObject({
    failures: [{ current: { id: one.b } }, { id: one.c }, { id: foreign.a }, { id: 'none' }],
  })
  for (const blockIds of [[one.a, two.a], [one.a], [one.a, one.a]])
    expect(await mergeBlocks(ctx, { blockIds })).toMatchObject({ __typename: 'InvalidInput' })
  expect(await splitBlock(ctx, { blockId: foreign.a, at: [1] })).toBeInstanceOf(NotFound)
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('many blocks are merged in as many statements as few', async () => {
  const ctx = await buildCtx(database.db)
  const counts: number[] = []
  for (const amount of [3, 12]) {
    const { bookId, a } = await buildThree(ctx)
    const blockIds = [a]
    for (let made = 1; made < amount; made += 1) {
      const block = await buildBlock(ctx, { bookId })
      await buildPicture(ctx, imagesOf(block.id))
      blockIds.push(block.id)
    }
    const sent = await statementsOf(async () => succeeded(await mergeBlocks(ctx, { blockIds })))
    counts.push(sent.length)
  }
  expect(counts[1]).toBe(counts[0])
})
