import { expect, test } from 'vitest'
import { Failure, InvalidInput, NotFound } from '../../../src/domain/failure.ts'
import { createBlocks, maxBlocksPerCall } from '../../../src/usecases/library/paste-blocks.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { buildBlock, buildBook, buildCtx, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { idsOf, listOf, rowsOfWorkspace } from '../../support/state.ts'
import { statementsOf } from '../../support/statements.ts'

const database = useDatabase()
removeTemporaryFolders()

const paragraphs = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ content: `Paragraph ${index}` }))

async function buildOpenBook() {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const contents = async () => {
    const ids = idsOf(await listOf(ctx, 'blocks', 'book_id', book.id))
    const rows = await ctx.db.prisma.block.findMany({ where: { bookId: book.id } })
    return ids.map((id) => rows.find((row) => row.id === id)?.content)
  }
  return { ctx, bookId: book.id, contents }
}

test('500 paragraphs come in order, in one call', async () => {
  const { ctx, bookId, contents } = await buildOpenBook()
  const blocks = paragraphs(500)
  const { results } = succeeded(await createBlocks(ctx, { bookId, blocks }))
  expect(results.map((row) => succeeded(row).content)).toEqual(blocks.map(({ content }) => content))
  expect(await contents()).toEqual(blocks.map(({ content }) => content))
})

test('a paste between two blocks stays between them, however often it is done', async () => {
  const { ctx, bookId, contents } = await buildOpenBook()
  const first = await buildBlock(ctx, { bookId, content: 'first' })
  await buildBlock(ctx, { bookId, content: 'last' })
  const expected: string[] = []
  for (let round = 0; round < 30; round += 1) {
    const blocks = paragraphs(20).map(({ content }) => ({ content: `${round} ${content}` }))
    succeeded(await createBlocks(ctx, { bookId, afterId: first.id, blocks }))
    expected.unshift(...blocks.map(({ content }) => content))
  }
  expect(await contents()).toEqual(['first', ...expected, 'last'])
})

test('what breaks a rule is left out, and its failure is in its place', async () => {
  const { ctx, bookId, contents } = await buildOpenBook()
  const blocks = [
    { content: 'one' },
    { content: 'x'.repeat(100_001) },
    { content: 'two', kind: 'HEADING' as const, attributes: { level: 2 } },
    { content: 'nul\0' },
    { content: 'three' },
  ]
  const { results } = succeeded(await createBlocks(ctx, { bookId, blocks }))
  expect(results).toMatchObject([
    { content: 'one', kind: 'TEXT', attributes: {}, bookId, version: 1 },
    { __typename: 'InvalidInput', issues: [{ path: 'blocks.1.content' }] },
    { content: 'two', kind: 'HEADING', attributes: { level: 2 } },
    { __typename: 'InvalidInput', issues: [{ path: 'blocks.3.content' }] },
    { content: 'three' },
  ])
  expect(await contents()).toEqual(['one', 'two', 'three'])
})

test('a call whose blocks all break a rule makes none and tells all', async () => {
  const { ctx, bookId, contents } = await buildOpenBook()
  const { results } = succeeded(
    await createBlocks(ctx, { bookId, blocks: [{ content: '\0' }, { content: '\0' }] }),
  )
  expect(results).toHaveLength(2)
  expect(results.every((result) => result instanceof InvalidInput)).toBe(true)
  expect(await contents()).toEqual([])
})

test.each([
  ['no blocks', 0],
  ['one block more than a call may have', maxBlocksPerCall + 1],
])('%s: nothing is made', async (_case, count) => {
  const { ctx, bookId, contents } = await buildOpenBook()
  const refusal = await createBlocks(ctx, { bookId, blocks: paragraphs(count) })
  expect(refusal).toMatchObject({ __typename: 'InvalidInput', issues: [{ path: 'blocks' }] })
  expect(await contents()).toEqual([])
})

test('a call may have as many blocks as the limit says', async () => {
  const { ctx, bookId, contents } = await buildOpenBook()
  succeeded(await createBlocks(ctx, { bookId, blocks: paragraphs(maxBlocksPerCall) }))
  expect(await contents()).toHaveLength(maxBlocksPerCall)
})

test('a book or a place that is not there is refused, and nothing is written', async () => {
  const { ctx, bookId } = await buildOpenBook()
  const elsewhere = await buildBlock(ctx)
  const trashed = await buildBook(ctx)
  succeeded(await trashItem(ctx, { kind: 'BOOK', id: trashed.id }))
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const blocks = paragraphs(3)
  const idempotencyKey = 'refused'
  const refusals = [
    await createBlocks(ctx, { bookId: trashed.id, blocks, idempotencyKey }),
    await createBlocks(ctx, { bookId: 'book', blocks, idempotencyKey }),
    await createBlocks(ctx, { bookId, blocks, afterId: elsewhere.id, idempotencyKey }),
  ]
  for (const refusal of refusals) expect(refusal).toBeInstanceOf(NotFound)
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('a repeated call gives the same blocks and failures again and writes nothing', async () => {
  const { ctx, bookId } = await buildOpenBook()
  const blocks = [...paragraphs(20), { content: '\0' }, { content: 'last' }]
  const request = { bookId, blocks, idempotencyKey: 'paste-1' }
  const first = succeeded(await createBlocks(ctx, request))
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  ctx.clock.ms += 1000
  const again = succeeded(await createBlocks(ctx, { ...request, blocks: [...blocks] }))
  expect(again).toEqual(first)
  expect(again.results.filter((result) => result instanceof Failure)).toHaveLength(1)
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('a repeated call gives blocks that are in the trash too, in as many statements for many as for few', async () => {
  const counts: number[] = []
  for (const amount of [2, 20]) {
    const { ctx, bookId } = await buildOpenBook()
    const request = { bookId, blocks: paragraphs(amount), idempotencyKey: 'paste-1' }
    const { results } = succeeded(await createBlocks(ctx, request))
    const ids = results.map((block) => succeeded(block).id)
    for (const id of ids) succeeded(await trashItem(ctx, { kind: 'BLOCK', id }))
    const sent = await statementsOf(async () => {
      const again = succeeded(await createBlocks(ctx, request))
      expect(again.results.map((block) => succeeded(block).id)).toEqual(ids)
    })
    counts.push(sent.length)
  }
  expect(counts[1]).toBe(counts[0])
})

test('null is the default in a new block, so that a repeated call may leave it out', async () => {
  const { ctx, bookId } = await buildOpenBook()
  const send = (first: object) =>
    createBlocks(ctx, {
      bookId,
      blocks: [{ content: 'one', ...first }, { content: 'two' }],
      idempotencyKey: 'key',
    })
  const nulls = { kind: null, attributes: null }
  const { results } = succeeded(await send(nulls))
  expect(results).toMatchObject([{ content: 'one', kind: 'TEXT', attributes: {} }, { content: 'two' }])
  expect(succeeded(await send({})).results).toEqual(results)
})

test('a repeated call whose blocks all broke a rule gives their failures again', async () => {
  const { ctx, bookId } = await buildOpenBook()
  const request = { bookId, blocks: [{ content: '\0' }], idempotencyKey: 'paste-1' }
  const first = succeeded(await createBlocks(ctx, request))
  expect(succeeded(await createBlocks(ctx, request))).toEqual(first)
})

test('10 same calls at once make the blocks once', async () => {
  const { ctx, bookId, contents } = await buildOpenBook()
  const request = { bookId, blocks: paragraphs(5), idempotencyKey: 'paste-1' }
  const answers = await Promise.all(Array.from({ length: 10 }, () => createBlocks(ctx, request)))
  const ids = answers.map((answer) => succeeded(answer).results.map((row) => succeeded(row).id))
  for (const each of ids) expect(each).toEqual(ids[0])
  expect(await contents()).toHaveLength(5)
})

test('the same key with other blocks is refused', async () => {
  const { ctx, bookId, contents } = await buildOpenBook()
  succeeded(await createBlocks(ctx, { bookId, blocks: paragraphs(2), idempotencyKey: 'paste-1' }))
  const refusal = await createBlocks(ctx, { bookId, blocks: paragraphs(3), idempotencyKey: 'paste-1' })
  expect(refusal).toMatchObject({ __typename: 'IdempotencyKeyReused', idempotencyKey: 'paste-1' })
  expect(await contents()).toHaveLength(2)
})
