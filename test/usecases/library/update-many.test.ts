import { expect, test } from 'vitest'
import { Failure } from '../../../src/domain/failure.ts'
import { type Ctx, newId } from '../../../src/usecases/context.ts'
import { restoreBlockRevision } from '../../../src/usecases/library/block-revisions.ts'
import { updateBlocks, updateBooks } from '../../../src/usecases/library/update-many.ts'
import { hits } from '../../support/search/searching.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildShelf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { rowsOfWorkspace } from '../../support/state.ts'
import { statementsOf } from '../../support/statements.ts'

const database = useDatabase()
removeTemporaryFolders()

async function buildBlocks(ctx: Ctx, count: number) {
  const book = await buildBook(ctx)
  const blocks = []
  for (let made = 0; made < count; made += 1)
    blocks.push(await buildBlock(ctx, { bookId: book.id, content: `old ${made}` }))
  return blocks
}

test('each change of blocks succeeds or fails on its own, in the order of the input', async () => {
  const ctx = await buildCtx(database.db)
  const [one, two, three, four, gone] = await buildBlocks(ctx, 5)
  succeeded(await trashItem(ctx, { kind: 'BLOCK', id: gone?.id ?? '' }))
  ctx.clock.ms += 1000
  const blocks = [
    { blockId: four?.id ?? '', content: 'new', kind: 'QUOTE' as const, expectedVersion: 1 },
    { blockId: three?.id ?? '', content: '\0' },
    { blockId: gone?.id ?? '', content: 'new' },
    { blockId: two?.id ?? '', content: 'new', expectedVersion: 7 },
    { blockId: 'none', content: 'new' },
    { blockId: one?.id ?? '', attributes: { level: 2 } },
  ]
  const { results } = succeeded(await updateBlocks(ctx, { blocks }))
  const [now, by] = [ctx.now(), ctx.actor.id]
  expect(results).toMatchObject([
    { id: four?.id, kind: 'QUOTE', content: 'new', version: 2, revision: 2, writtenAt: now, writtenBy: by },
    { __typename: 'InvalidInput', issues: [{ path: 'blocks.1.content' }] },
    { __typename: 'NotFound', id: gone?.id },
    { __typename: 'VersionConflict', current: { __typename: 'Block', id: two?.id, version: 1 } },
    { __typename: 'NotFound', id: 'none' },
    { id: one?.id, content: 'old 0', attributes: { level: 2 }, version: 2, revision: 1, updatedAt: now },
  ])
  const untouched = await ctx.db.prisma.block.findMany({
    where: { id: { in: [two?.id ?? '', three?.id ?? ''] } },
  })
  expect(untouched).toMatchObject([{ version: 1 }, { version: 1 }])
})

test('texts that are replaced are kept, and both texts are where a search expects them', async () => {
  const ctx = await buildCtx(database.db)
  const blocks = await buildBlocks(ctx, 3)
  const changes = blocks.map(({ id }, index) => ({ blockId: id, content: `zebra ${index}` }))
  succeeded(await updateBlocks(ctx, { blocks: changes }))
  expect(await hits(ctx.db, ctx.actor.workspaceId, 'zebra')).toHaveLength(3)
  expect(await hits(ctx.db, ctx.actor.workspaceId, 'old')).toHaveLength(0)
  const [first] = blocks
  const restored = await restoreBlockRevision(ctx, { blockId: first?.id ?? '', number: 1 })
  expect(succeeded(restored)).toMatchObject({ content: 'old 0', revision: 3 })
})

test('only as many revisions as configured are kept, whether texts change alone or together', async () => {
  const whole = await buildCtx(database.db)
  const ctx = { ...whole, limits: { ...whole.limits, blockRevisions: 3 } }
  const [one, other] = await buildBlocks(ctx, 2)
  const ids = [one?.id ?? '', other?.id ?? '']
  for (let round = 0; round < 4; round += 1)
    succeeded(await updateBlocks(ctx, { blocks: ids.map((blockId) => ({ blockId, content: `${round}` })) }))
  const kept = await ctx.db.prisma.blockRevision.findMany({ where: { blockId: { in: ids } } })
  expect(kept.map(({ content }) => content).sort()).toEqual(['1', '1', '2', '2'])
})

test('many books get one status, and a new title is found and sorted at once', async () => {
  const ctx = await buildCtx(database.db)
  const shelf = await buildShelf(ctx)
  const books = [
    await buildBook(ctx, { bookshelfId: shelf.id, summary: 'kept' }),
    await buildBook(ctx, { bookshelfId: shelf.id, summary: 'removed' }),
  ]
  const [kept, changed] = books
  const { results } = succeeded(
    await updateBooks(ctx, {
      books: [
        { bookId: kept?.id ?? '', status: 'DONE', expectedVersion: 1 },
        { bookId: changed?.id ?? '', status: 'DONE', title: 'Giraffe', summary: null },
      ],
    }),
  )
  expect(results).toMatchObject([
    { title: kept?.title, summary: 'kept', status: 'DONE', version: 2 },
    { title: 'Giraffe', summary: null, status: 'DONE', version: 2 },
  ])
  expect(await hits(ctx.db, ctx.actor.workspaceId, 'giraffe')).toHaveLength(1)
  const where = { id: changed?.id ?? '' }
  const { sortKey } = await ctx.db.prisma.book.findFirstOrThrow({ where })
  const fresh = await buildBook(ctx, { bookshelfId: shelf.id, title: 'Giraffe' })
  expect(await ctx.db.prisma.book.findFirst({ where: { id: fresh.id } })).toMatchObject({ sortKey })
})

test.each<[string, (ids: string[]) => { blockId: string }[], string]>([
  ['no change', () => [], 'blocks'],
  ['1,001 changes', () => Array.from({ length: 1_001 }, () => ({ blockId: newId() })), 'blocks'],
  [
    'two changes of a block',
    ([a = '', b = '']) => [a, b, a].map((blockId) => ({ blockId })),
    'blocks.2.blockId',
  ],
])('%s is refused as a whole', async (_case, changes, path) => {
  const ctx = await buildCtx(database.db)
  const ids = (await buildBlocks(ctx, 2)).map(({ id }) => id)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(await updateBlocks(ctx, { blocks: changes(ids) })).toMatchObject({ issues: [{ path }] })
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('items of another workspace are not found', async () => {
  const [mine, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
  const block = await buildBlock(theirs)
  const before = await rowsOfWorkspace(theirs.db, theirs.actor.workspaceId)
  const blocks = await updateBlocks(mine, { blocks: [{ blockId: block.id, content: 'Mine' }] })
  const books = await updateBooks(mine, { books: [{ bookId: block.bookId, status: 'DONE' }] })
  for (const { results } of [succeeded(blocks), succeeded(books)])
    expect(results).toMatchObject([{ __typename: 'NotFound' }])
  expect(await rowsOfWorkspace(theirs.db, theirs.actor.workspaceId)).toEqual(before)
})

test('many changes are written in as many statements as few', async () => {
  const ctx = await buildCtx(database.db)
  const counts: number[] = []
  for (const amount of [2, 30]) {
    const blocks = (await buildBlocks(ctx, amount)).map(({ id }) => ({ blockId: id, content: 'new' }))
    const sent = await statementsOf(async () => {
      const { results } = succeeded(await updateBlocks(ctx, { blocks }))
      expect(results.some((result) => result instanceof Failure)).toBe(false)
    })
    counts.push(sent.length)
  }
  expect(counts[1]).toBe(counts[0])
})

test('two clients that change the same blocks at once: both are written, and no text is lost', async () => {
  const ctx = await buildCtx(database.db)
  const ids = (await buildBlocks(ctx, 8)).map(({ id }) => id)
  const change = (content: string, order: readonly string[]) =>
    updateBlocks(ctx, { blocks: order.map((blockId) => ({ blockId, content })) })
  const done = await Promise.all([change('one', ids), change('two', [...ids].reverse())])
  done.forEach(succeeded)
  const rows = await ctx.db.prisma.block.findMany({ where: { id: { in: ids } } })
  expect(rows.every(({ version, revision }) => version === 3 && revision === 3)).toBe(true)
  const kept = await ctx.db.prisma.blockRevision.count({ where: { blockId: { in: ids } } })
  expect(kept).toBe(16)
})
