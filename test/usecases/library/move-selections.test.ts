import { expect, test } from 'vitest'
import { NotFound, SelectionChanged } from '../../../src/domain/failure.ts'
import { maxPositionLength } from '../../../src/domain/ordering.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { newId } from '../../../src/usecases/context.ts'
import { updateBlock } from '../../../src/usecases/library/blocks.ts'
import { moveCheckpoint } from '../../../src/usecases/library/checkpoints.ts'
import { moveBlocks, moveBooks } from '../../../src/usecases/library/move-selections.ts'
import { createBlocks } from '../../../src/usecases/library/paste-blocks.ts'
import type { Place } from '../../../src/usecases/ordering.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import {
  buildBook,
  buildCheckpoint,
  buildCtx,
  buildMarker,
  buildPicture,
  buildShelf,
  markerImagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { idsOf, listOf, rowsOfWorkspace } from '../../support/state.ts'
import { statementsOf } from '../../support/statements.ts'

const database = useDatabase()
removeTemporaryFolders()

const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']

/** A book with blocks that are called a, b, c, …, and how its list reads. */
async function buildOpenBook(ctx: Ctx, count: number, prefix = '') {
  const book = await buildBook(ctx)
  const names = letters.slice(0, count).map((letter) => prefix + letter)
  const { results } = succeeded(
    await createBlocks(ctx, { bookId: book.id, blocks: names.map((content) => ({ content })) }),
  )
  const ids = results.map((row) => succeeded(row).id)
  return {
    bookId: book.id,
    ids,
    of: (text: string) => text.split('').map((one) => ids[letters.indexOf(one)] ?? ''),
  }
}

async function textOf(ctx: Ctx, bookId: string) {
  const ids = idsOf(await listOf(ctx, 'blocks', 'book_id', bookId))
  const rows = await ctx.db.prisma.block.findMany({ where: { bookId } })
  return ids.map((id) => rows.find((row) => row.id === id)?.content).join('')
}

test.each<[string, string, (of: (text: string) => string[]) => Place, string]>([
  ['a run after another block', 'bc', (of) => ({ afterId: of('e')[0] }), 'adebcf'],
  [
    'blocks from several places, in the order of the selection',
    'eb',
    (of) => ({ afterId: of('c')[0] }),
    'acebdf',
  ],
  ['to the front', 'fda', (of) => ({ beforeId: of('b')[0] }), 'fdabce'],
  ['to the end', 'ba', (of) => ({ afterId: of('f')[0] }), 'cdefba'],
  ['a run in another order at its own place', 'cb', (of) => ({ afterId: of('a')[0] }), 'acbdef'],
  ['to the first place', 'fc', () => ({ place: 'FIRST' }), 'fcabde'],
  ['to the last place', 'ca', () => ({ place: 'LAST' }), 'bdefca'],
  ['all but one', 'fedcb', (of) => ({ beforeId: of('a')[0] }), 'fedcba'],
])('%s', async (_case, moved, place, expected) => {
  const ctx = await buildCtx(database.db)
  const { bookId, of } = await buildOpenBook(ctx, 6)
  const blockIds = of(moved)
  const rows = succeeded(await moveBlocks(ctx, { blockIds, ...place(of) }))
  expect(idsOf(rows)).toEqual(blockIds)
  expect(await textOf(ctx, bookId)).toBe(expected)
})

test('blocks of several books go to one place, keep their IDs, and no other row changes', async () => {
  const ctx = await buildCtx(database.db)
  const [one, other, target] = [
    await buildOpenBook(ctx, 3),
    await buildOpenBook(ctx, 3, '2'),
    await buildOpenBook(ctx, 2, '3'),
  ]
  const blockIds = [...other.of('c'), ...one.of('a'), ...target.of('b')]
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  ctx.clock.ms += 1000
  const moved = succeeded(
    await moveBlocks(ctx, { blockIds, bookId: target.bookId, afterId: target.of('a')[0] }),
  )
  expect(moved).toMatchObject(
    blockIds.map((id) => ({ id, bookId: target.bookId, version: 2, updatedAt: ctx.now() })),
  )
  expect(await textOf(ctx, target.bookId)).toBe('3a2ca3b')
  expect([await textOf(ctx, one.bookId), await textOf(ctx, other.bookId)]).toEqual(['bc', '2a2b'])
  const after = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const others = (rows: typeof after) => ({
    ...rows,
    blocks: rows.blocks.filter(({ id }) => !blockIds.includes(id)),
  })
  expect(others(after)).toEqual(others(before))
})

test('books move to another bookshelf as one run', async () => {
  const ctx = await buildCtx(database.db)
  const [from, to] = [await buildShelf(ctx), await buildShelf(ctx)]
  const [a, b, c] = [
    await buildBook(ctx, { bookshelfId: from.id }),
    await buildBook(ctx, { bookshelfId: from.id }),
    await buildBook(ctx, { bookshelfId: to.id }),
  ]
  const moved = succeeded(await moveBooks(ctx, { bookIds: [b.id, a.id], bookshelfId: to.id, beforeId: c.id }))
  expect(moved).toMatchObject([{ title: b.title }, { title: a.title }])
  expect(idsOf(await listOf(ctx, 'books', 'bookshelf_id', to.id))).toEqual([b.id, a.id, c.id])
})

test('a selection that is already at the place stays as it is, with its versions', async () => {
  const ctx = await buildCtx(database.db)
  const { bookId, of } = await buildOpenBook(ctx, 5)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  succeeded(await moveBlocks(ctx, { blockIds: of('bcd'), afterId: of('a')[0] }))
  succeeded(await moveBlocks(ctx, { blockIds: of('cd'), bookId, beforeId: of('e')[0] }))
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('items in the trash keep their places between those that move', async () => {
  const ctx = await buildCtx(database.db)
  const { bookId, of } = await buildOpenBook(ctx, 5)
  const [gone = ''] = of('c')
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'BLOCK', id: gone }))
  succeeded(await moveBlocks(ctx, { blockIds: of('eb'), afterId: of('a')[0] }))
  await ctx.db.prisma.block.updateMany({ where: { deletionId: deletion.id }, data: { deletionId: null } })
  expect(await textOf(ctx, bookId)).toBe('aebcd')
})

test('what has changed or gone is named, all of it, and nothing moves', async () => {
  const ctx = await buildCtx(database.db)
  const { bookId, ids, of } = await buildOpenBook(ctx, 5)
  const [, b = '', c = '', d = ''] = ids
  succeeded(await updateBlock(ctx, { blockId: b, content: 'B' }))
  succeeded(await trashItem(ctx, { kind: 'BLOCK', id: d }))
  const unknown = newId()
  const blockIds = [c, b, 'no-id', d, unknown]
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const input = { blockIds, bookId, afterId: of('e')[0], expectedVersions: [1, 1, null, 1, null] }
  const refusal = await moveBlocks(ctx, input)
  expect(refusal).toBeInstanceOf(SelectionChanged)
  expect(refusal).toMatchObject({
    failures: [
      { __typename: 'VersionConflict', current: { __typename: 'Block', id: b, version: 2 } },
      { __typename: 'NotFound', id: 'no-id' },
      { __typename: 'NotFound', id: d },
      { __typename: 'NotFound', id: unknown },
    ],
  })
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
  const current = { ...input, blockIds: [c, b], expectedVersions: [1, 2] }
  expect(succeeded(await moveBlocks(ctx, current))).toMatchObject([{ version: 2 }, { version: 3 }])
})

test('a selection whose books are all in the trash is gone', async () => {
  const ctx = await buildCtx(database.db)
  const { bookId, ids, of } = await buildOpenBook(ctx, 2)
  succeeded(await trashItem(ctx, { kind: 'BOOK', id: bookId }))
  const refusal = await moveBlocks(ctx, { blockIds: ids, afterId: of('a')[0] })
  expect(refusal).toMatchObject({ __typename: 'SelectionChanged', failures: ids.map((id) => ({ id })) })
})

test.each<[string, (of: Awaited<ReturnType<typeof buildOpenBook>>) => object, object]>([
  ['no IDs', () => ({ blockIds: [] }), { issues: [{ path: 'blockIds' }] }],
  ['an ID twice', ({ of }) => ({ blockIds: of('aba') }), { issues: [{ path: 'blockIds.2' }] }],
  [
    'a version too few',
    ({ of }) => ({ blockIds: of('ab'), expectedVersions: [1] }),
    { issues: [{ path: 'expectedVersions' }] },
  ],
  [
    'a place in the selection',
    ({ of }) => ({ blockIds: of('ab'), afterId: of('b')[0] }),
    { issues: [{ path: 'afterId' }] },
  ],
  [
    'more than 1,000 IDs',
    () => ({ blockIds: Array.from({ length: 1_001 }, newId) }),
    { issues: [{ path: 'blockIds', message: 'Give 1 to 1000 IDs; you gave 1001.' }] },
  ],
  ['no place', ({ of }) => ({ blockIds: of('a'), afterId: null }), { issues: [{ path: 'place' }] }],
  ['another book that does not exist', ({ of }) => ({ blockIds: of('a'), bookId: 'none' }), { id: 'none' }],
  ['a place that does not exist', ({ of }) => ({ blockIds: of('a'), afterId: 'none' }), { id: 'none' }],
])('%s is refused, and nothing moves', async (_case, input, failure) => {
  const ctx = await buildCtx(database.db)
  const book = await buildOpenBook(ctx, 3)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const place = { afterId: book.of('c')[0] }
  expect(await moveBlocks(ctx, { blockIds: [], ...place, ...input(book) })).toMatchObject(failure)
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
})

test('blocks of several books need the book that they go to', async () => {
  const ctx = await buildCtx(database.db)
  const [one, other] = [await buildOpenBook(ctx, 2), await buildOpenBook(ctx, 2)]
  const blockIds = [...one.of('a'), ...other.of('a')]
  expect(await moveBlocks(ctx, { blockIds, afterId: one.of('b')[0] })).toMatchObject({
    __typename: 'InvalidInput',
    issues: [{ path: 'bookId' }],
  })
})

test('a gap without room is widened, and the selection still comes together', async () => {
  const ctx = await buildCtx(database.db)
  const { bookId, of } = await buildOpenBook(ctx, 6)
  const narrow = `update blocks set position = 'a0' || repeat('0', $2) || '1' where id = $1`
  await ctx.db.pool.query(narrow, [of('b')[0], maxPositionLength - 3])
  succeeded(await moveBlocks(ctx, { blockIds: of('fd'), afterId: of('a')[0] }))
  expect(await textOf(ctx, bookId)).toBe('afdbce')
})

test('many blocks of many books move in as many statements as few of two', async () => {
  const ctx = await buildCtx(database.db)
  const target = await buildOpenBook(ctx, 1)
  const counts: number[] = []
  for (const amount of [2, 8]) {
    const books = []
    for (let made = 0; made < amount; made += 1) books.push(await buildOpenBook(ctx, amount))
    const blockIds = books.flatMap(({ ids }) => ids)
    const sent = await statementsOf(async () =>
      succeeded(await moveBlocks(ctx, { blockIds, bookId: target.bookId })),
    )
    counts.push(sent.length)
  }
  expect(counts[1]).toBe(counts[0])
})

test('a checkpoint moves to another book with its markers and their pictures', async () => {
  const ctx = await buildCtx(database.db)
  const checkpoint = await buildCheckpoint(ctx)
  const marker = await buildMarker(ctx, { checkpointId: checkpoint.id })
  await buildPicture(ctx, markerImagesOf(marker.id))
  const { id: bookId } = await buildBook(ctx)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  const moved = succeeded(
    await moveCheckpoint(ctx, { checkpointId: checkpoint.id, bookId, expectedVersion: 1 }),
  )
  expect(moved).toMatchObject({ id: checkpoint.id, bookId, version: 2 })
  const after = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect({ ...after, checkpoints: [] }).toEqual({ ...before, checkpoints: [] })

  expect(succeeded(await moveCheckpoint(ctx, { checkpointId: checkpoint.id, bookId }))).toEqual(moved)
  const stale = { checkpointId: checkpoint.id, bookId: checkpoint.bookId, expectedVersion: 1 }
  expect(await moveCheckpoint(ctx, stale)).toMatchObject({ current: { id: checkpoint.id, version: 2 } })
  for (const missing of [{ bookId: newId() }, { bookId: 'none' }, { checkpointId: newId() }])
    expect(await moveCheckpoint(ctx, { ...stale, expectedVersion: null, ...missing })).toBeInstanceOf(
      NotFound,
    )
})

test('neither a trashed checkpoint nor a trashed book takes part in a move', async () => {
  const ctx = await buildCtx(database.db)
  const [checkpoint, book] = [await buildCheckpoint(ctx), await buildBook(ctx)]
  succeeded(await trashItem(ctx, { kind: 'BOOK', id: book.id }))
  const move = () => moveCheckpoint(ctx, { checkpointId: checkpoint.id, bookId: book.id })
  expect(await move()).toMatchObject({ __typename: 'NotFound', entity: 'Book', id: book.id })
  succeeded(await trashItem(ctx, { kind: 'CHECKPOINT', id: checkpoint.id }))
  expect(await move()).toMatchObject({ entity: 'Checkpoint', id: checkpoint.id })
})

test('only editors move', async () => {
  const ctx = await buildCtx(database.db)
  const { of } = await buildOpenBook(ctx, 2)
  const viewer: Ctx = { ...ctx, actor: { ...ctx.actor, role: 'VIEWER' } }
  await expect(moveBlocks(viewer, { blockIds: of('b'), beforeId: of('a')[0] })).rejects.toThrow()
  await expect(moveCheckpoint(viewer, { checkpointId: newId(), bookId: newId() })).rejects.toThrow()
})
