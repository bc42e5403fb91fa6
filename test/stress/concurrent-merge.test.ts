import { expect, test } from 'vitest'
import { Failure, NotFound, SelectionChanged } from '../../src/domain/failure.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { moveBlocks } from '../../src/usecases/library/move-selections.ts'
import { createBlocks } from '../../src/usecases/library/paste-blocks.ts'
import { splitBlock } from '../../src/usecases/library/split-block.ts'
import { replayEvents } from '../../src/usecases/media/replay-events.ts'
import { attachTags } from '../../src/usecases/tags/attach-tags.ts'
import { checkTags } from '../../src/usecases/tags/check-tags.ts'
import { mergeBlocks } from '../../src/usecases/trash/merge-blocks.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import {
  buildBook,
  buildCtx,
  buildPicture,
  buildTag,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { listOf } from '../support/state.ts'
import { holdRow, interleave } from '../support/waiting.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

/** A book with blocks whose texts are their numbers, in brackets. */
async function buildNumbered(ctx: Ctx, count: number) {
  const book = await buildBook(ctx)
  const blocks = Array.from({ length: count }, (_, index) => ({ content: `[${index}]` }))
  const { results } = succeeded(await createBlocks(ctx, { bookId: book.id, blocks }))
  const ids = results.map((row) => succeeded(row).id)
  const [a = '', b = '', c = ''] = ids
  return { bookId: book.id, ids, a, b, c }
}

/** The texts of the live blocks of a workspace. */
async function liveTexts(ctx: Ctx) {
  const where = { workspaceId: ctx.actor.workspaceId, deletionId: null }
  return (await ctx.db.prisma.block.findMany({ where })).map(({ content }) => content).join('')
}

async function expectSound(ctx: Ctx) {
  expect(await checkTags(ctx)).toEqual([])
  expect((await replayEvents(ctx)).problems).toEqual([])
}

test('a block that is trashed, moved or merged elsewhere first is not merged again', async () => {
  const ctx = await buildCtx(database.db)
  const elsewhere = await buildBook(ctx)
  const firsts: ((of: Awaited<ReturnType<typeof buildNumbered>>) => Promise<unknown>)[] = [
    ({ b }) => trashItem(ctx, { kind: 'BLOCK', id: b }),
    ({ b }) => moveBlocks(ctx, { blockIds: [b], bookId: elsewhere.id }),
    ({ b, c }) => mergeBlocks(ctx, { blockIds: [c, b] }),
    ({ bookId }) => trashItem(ctx, { kind: 'BOOK', id: bookId }),
  ]
  for (const first of firsts) {
    const book = await buildNumbered(ctx, 3)
    // Each of them waits for this block, and those that lock the book wait there for one another.
    const held = await holdRow(ctx.db, 'blocks', { id: book.b })
    const [done, merged] = await interleave(
      ctx.db,
      held,
      () => first(book),
      () => mergeBlocks(ctx, { blockIds: [book.a, book.b] }),
    )
    succeeded(done)
    expect(merged).toBeInstanceOf(Failure)
    const untouched = await ctx.db.prisma.block.findFirst({ where: { id: book.a } })
    expect(untouched).toMatchObject({ content: '[0]', version: 1 })
  }
})

test('a file or a tag that comes to a block while it is merged is at the block that remains, or refused', async () => {
  const ctx = await buildCtx(database.db)
  const tag = await buildTag(ctx)
  for (let round = 0; round < 6; round += 1) {
    const { a, b, c } = await buildNumbered(ctx, 3)
    const [merged, uploaded, tagged] = await Promise.all([
      mergeBlocks(ctx, { blockIds: [a, b, c] }),
      buildPicture(ctx, imagesOf(b)).catch((error: unknown) => error),
      attachTags(ctx, { tagIds: [tag.id], entityIds: [c] }),
    ])
    succeeded(merged)
    const pictures = await listOf(ctx, 'media', 'block_id', a)
    expect(pictures).toHaveLength(uploaded instanceof Error ? 0 : 1)
    const tags = await ctx.db.prisma.tagAssociation.count({ where: { entityId: a } })
    expect(tags).toBe(tagged instanceof NotFound ? 0 : 1)
  }
  await expectSound(ctx)
})

test('splits, merges and moves of the same blocks at once lose no text, nor have it twice', async () => {
  const ctx = await buildCtx(database.db)
  const target = await buildBook(ctx)
  for (let round = 0; round < 4; round += 1) {
    const { ids } = await buildNumbered(ctx, 8)
    const before = (await liveTexts(ctx)).match(/\d/g)?.sort()
    const [a = '', b = '', c = '', d = ''] = ids
    const results = await Promise.all([
      mergeBlocks(ctx, { blockIds: [a, b, c], separator: '' }),
      mergeBlocks(ctx, { blockIds: [c, d], separator: '' }),
      splitBlock(ctx, { blockId: a, at: [1, 2] }),
      splitBlock(ctx, { blockId: a, at: [1] }),
      moveBlocks(ctx, { blockIds: ids.slice(2), bookId: target.id }),
    ])
    for (const result of results)
      if (result instanceof Failure)
        expect(['SelectionChanged', 'InvalidInput', 'NotFound']).toContain(result.__typename)
    expect((await liveTexts(ctx)).match(/\d/g)?.sort()).toEqual(before)
    for (const { bookId } of [{ bookId: target.id }]) {
      const list = await listOf(ctx, 'blocks', 'book_id', bookId)
      expect(new Set(list.map(({ position }) => position)).size).toBe(list.length)
    }
  }
  await expectSound(ctx)
})

test('a merge and the restore of an earlier one at once are both whole', async () => {
  const ctx = await buildCtx(database.db)
  for (let round = 0; round < 5; round += 1) {
    const { a, b, c, ids } = await buildNumbered(ctx, 4)
    const { deletion } = succeeded(await mergeBlocks(ctx, { blockIds: [a, b, c] }))
    const [restored, merged] = await Promise.all([
      restoreDeletion(ctx, { deletionId: deletion.id }),
      mergeBlocks(ctx, { blockIds: [a, ids[3] ?? ''] }),
    ])
    succeeded(restored)
    expect(merged instanceof SelectionChanged).toBe(false)
    succeeded(merged)
    const live = await ctx.db.prisma.block.findMany({ where: { id: { in: ids }, deletionId: null } })
    expect(live.map(({ id }) => id).sort()).toEqual([a, b, c].sort())
  }
  await expectSound(ctx)
})
