import { expect, test } from 'vitest'
import { transact } from '../../../src/db/client.ts'
import { lockLive } from '../../../src/db/lookup.ts'
import { sql } from '../../../src/db/sql.ts'
import { AccessDenied } from '../../../src/domain/access.ts'
import { NotFound, VersionConflict } from '../../../src/domain/failure.ts'
import { restoreBlockRevision } from '../../../src/usecases/library/block-revisions.ts'
import { moveBlock, updateBlock } from '../../../src/usecases/library/blocks.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { createBlocks } from '../../../src/usecases/library/paste-blocks.ts'
import { purgeDeletion } from '../../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../../src/usecases/trash/run-purge.ts'
import { buildBlock, buildBook, buildCtx, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { restore, trash } from '../../support/trash/restoring.ts'
import { hits } from '../../support/search/searching.ts'
import { rowsOfWorkspace, stateOf } from '../../support/state.ts'
import { untilWaiting } from '../../support/waiting.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const write = async (ctx: Ctx, blockId: string, content: string) =>
  succeeded(await updateBlock(ctx, { blockId, content }))

const earlier = (ctx: Ctx, blockId: string) =>
  ctx.db.prisma.blockRevision.findMany({
    where: { workspaceId: ctx.actor.workspaceId, blockId },
    orderBy: { number: 'asc' },
  })

const numbered = async (ctx: Ctx, blockId: string) =>
  (await earlier(ctx, blockId)).map(({ number, content }) => `${number} ${content}`)

test('a change of the text keeps the text before, with who wrote it and when', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx, { content: 'one' })
  const first = ctx.now()
  expect(block).toMatchObject({ revision: 1, writtenAt: first, writtenBy: 'owner' })
  ctx.clock.ms += 1000
  const second = ctx.now()
  const guest: Ctx = { ...ctx, actor: { ...ctx.actor, id: 'guest', role: 'EDITOR' } }
  expect(await write(guest, block.id, 'two')).toMatchObject({
    revision: 2,
    writtenAt: second,
    writtenBy: 'guest',
  })
  ctx.clock.ms += 1000
  await write(ctx, block.id, 'three')
  const of = { workspaceId: ctx.actor.workspaceId, blockId: block.id }
  expect(await earlier(ctx, block.id)).toEqual([
    { ...of, number: 1, content: 'one', writtenAt: first, writtenBy: 'owner' },
    { ...of, number: 2, content: 'two', writtenAt: second, writtenBy: 'guest' },
  ])
})

test('what does not change the text makes no revision', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx, { content: 'one' })
  ctx.clock.ms += 1000
  const changes = [
    await updateBlock(ctx, { blockId: block.id, kind: 'QUOTE', attributes: { a: 1 } }),
    await updateBlock(ctx, { blockId: block.id, content: 'one' }),
    await moveBlock(ctx, { blockId: block.id, bookId: (await buildBook(ctx)).id }),
  ]
  for (const change of changes) {
    const { revision, writtenAt } = block
    expect(succeeded(change)).toMatchObject({ revision, writtenAt, content: 'one' })
  }
  expect(await earlier(ctx, block.id)).toEqual([])
})

test('new blocks have a first revision and no row besides their own', async () => {
  const ctx = await buildCtx(database.db)
  const { id: bookId } = await buildBook(ctx)
  const blocks = Array.from({ length: 1_000 }, () => ({ content: 'x' }))
  const { results } = succeeded(await createBlocks(ctx, { bookId, blocks }))
  expect(results.map((row) => succeeded(row).revision)).toEqual(blocks.map(() => 1))
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).block_revisions).toEqual([])
})

test('a block keeps so many revisions, and less when the limit was lowered', async () => {
  const base = await buildCtx(database.db)
  const limited = (blockRevisions: number): Ctx => ({ ...base, limits: { ...base.limits, blockRevisions } })
  const [block, other] = [await buildBlock(base, { content: '1' }), await buildBlock(base, { content: '1' })]
  await write(base, other.id, '2')
  for (let text = 2; text <= 6; text += 1) await write(limited(4), block.id, `${text}`)
  expect(await numbered(base, block.id)).toEqual(['3 3', '4 4', '5 5'])
  expect(succeeded(await updateBlock(limited(2), { blockId: block.id, kind: 'CODE' })).revision).toBe(6)
  expect(await earlier(base, block.id)).toHaveLength(3)
  await write(limited(2), block.id, '7')
  expect(await numbered(base, block.id)).toEqual(['6 6'])
  expect(await write(limited(1), block.id, '8')).toMatchObject({ revision: 8 })
  expect(await numbered(base, block.id)).toEqual([])
  await write(limited(3), block.id, '9')
  expect(await numbered(base, block.id)).toEqual(['8 8'])
  expect(await numbered(base, other.id)).toEqual(['1 1'])
})

test('restoring a revision writes its text again, as a new one, and nothing else', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx, { content: 'zebra', kind: 'TEXT' })
  await write(ctx, block.id, 'giraffe')
  succeeded(await updateBlock(ctx, { blockId: block.id, kind: 'CODE', attributes: { language: 'go' } }))
  ctx.clock.ms += 1000
  const guest: Ctx = { ...ctx, actor: { ...ctx.actor, id: 'guest' } }
  const restored = succeeded(
    await restoreBlockRevision(guest, { blockId: block.id, number: 1, expectedVersion: 3 }),
  )
  expect(restored).toMatchObject({
    content: 'zebra',
    kind: 'CODE',
    attributes: { language: 'go' },
    revision: 3,
    version: 4,
    writtenAt: ctx.now(),
    writtenBy: 'guest',
    updatedAt: ctx.now(),
    createdAt: block.createdAt,
  })
  expect(await numbered(ctx, block.id)).toEqual(['1 zebra', '2 giraffe'])
  const { workspaceId } = ctx.actor
  expect((await hits(ctx.db, workspaceId, 'zebra')).map(({ id }) => id)).toEqual([block.id])
  expect(await hits(ctx.db, workspaceId, 'giraffe')).toEqual([])
})

test('restoring the text that a block has changes nothing', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx, { content: 'one' })
  await write(ctx, block.id, 'two')
  const current = await write(ctx, block.id, 'one')
  const before = await stateOf(ctx)
  for (const number of [1, 3])
    expect(await restoreBlockRevision(ctx, { blockId: block.id, number })).toEqual(current)
  expect(await stateOf(ctx)).toEqual(before)
})

test('what cannot be restored is told, and nothing is changed', async () => {
  const base = await buildCtx(database.db)
  const ctx = { ...base, limits: { ...base.limits, blockRevisions: 2 } }
  const theirs = await buildCtx(database.db)
  const [block, foreign, gone] = [await buildBlock(ctx), await buildBlock(theirs), await buildBlock(ctx)]
  await write(theirs, foreign.id, 'two')
  for (const text of ['two', 'three']) await write(ctx, block.id, text)
  await write(ctx, gone.id, 'two')
  await trash(ctx, 'BLOCK', gone)
  const before = [await stateOf(ctx), await stateOf(theirs)]
  for (const number of [1, 4, 0, -1, 2_147_483_647]) {
    const refusal = await restoreBlockRevision(ctx, { blockId: block.id, number })
    expect(refusal).toMatchObject({ __typename: 'InvalidInput', issues: [{ path: 'number' }] })
  }
  for (const blockId of [foreign.id, gone.id, 'no id']) {
    const refusal = await restoreBlockRevision(ctx, { blockId, number: 1 })
    expect(refusal).toEqual(new NotFound('Block', blockId))
  }
  expect(await restoreBlockRevision(ctx, { blockId: block.id, number: 2, expectedVersion: 2 })).toMatchObject(
    { __typename: 'VersionConflict', current: { __typename: 'Block', id: block.id, version: 3 } },
  )
  const viewer: Ctx = { ...ctx, actor: { ...ctx.actor, role: 'VIEWER' } }
  await expect(restoreBlockRevision(viewer, { blockId: block.id, number: 2 })).rejects.toThrow(AccessDenied)
  expect([await stateOf(ctx), await stateOf(theirs)]).toEqual(before)
})

const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

test('20 changes and restores at once give numbers without gaps, and no text is lost', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx, { content: 'first' })
  await write(ctx, block.id, 'second')
  const results = await times(20, async (index) => {
    const { id: blockId } = block
    // Two at least follow a change by another, so that a restore is one too.
    if (index % 5 === 0) return restoreBlockRevision(ctx, { blockId, number: 1 })
    return updateBlock(ctx, { blockId, content: `text ${index}` })
  })
  for (const result of results) succeeded(result)
  const current = await ctx.db.prisma.block.findFirstOrThrow({ where: { id: block.id } })
  const kept = await earlier(ctx, block.id)
  expect(kept.map(({ number }) => number)).toEqual(kept.map((_, index) => index + 1))
  expect(current.revision).toBe(kept.length + 1)
  const texts = [...kept.map(({ content }) => content), current.content]
  for (let index = 0; index < 20; index += 1)
    if (index % 5 !== 0) expect(texts.filter((text) => text === `text ${index}`)).toHaveLength(1)
})

test('a change waits for the one before it, and keeps the text that that one wrote', async () => {
  const ctx = await buildCtx(database.db)
  const { workspaceId } = ctx.actor
  const block = await buildBlock(ctx, { content: 'first' })
  const second = await transact(ctx.db, async (tx) => {
    await lockLive(tx, 'blocks', workspaceId, block.id)
    await tx.execute(sql`insert into block_revisions select workspace_id, id, 1, content, written_at, written_by
      from blocks where workspace_id = ${workspaceId}::uuid and id = ${block.id}::uuid`)
    await tx.block.update({
      where: { workspaceId_id: { workspaceId, id: block.id } },
      data: { content: 'second', revision: 2 },
    })
    const waiting = write(ctx, block.id, 'third')
    await untilWaiting(ctx.db, 1, waiting)
    return { waiting }
  })
  expect(await second.waiting).toMatchObject({ content: 'third', revision: 3 })
  expect(await numbered(ctx, block.id)).toEqual(['1 first', '2 second'])
})

test('of 10 restores at once with the same expected version one wins', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx, { content: 'one' })
  await write(ctx, block.id, 'two')
  const results = await times(10, () =>
    restoreBlockRevision(ctx, { blockId: block.id, number: 1, expectedVersion: 2 }),
  )
  expect(results.filter((result) => result instanceof VersionConflict)).toHaveLength(9)
  expect(await numbered(ctx, block.id)).toEqual(['1 one', '2 two'])
})

test.each(['BLOCK', 'BOOK', 'BOOKSHELF'] as const)(
  'revisions survive that the %s of a block goes to the trash and comes back',
  async (kind) => {
    const ctx = await buildCtx(database.db)
    const book = await buildBook(ctx)
    const block = await buildBlock(ctx, { bookId: book.id, content: 'one' })
    await write(ctx, block.id, 'two')
    const before = await earlier(ctx, block.id)
    const id = { BLOCK: block.id, BOOK: book.id, BOOKSHELF: book.bookshelfId }[kind]
    const deletion = await trash(ctx, kind, { id })
    expect(await earlier(ctx, block.id)).toEqual(before)
    expect(await restoreBlockRevision(ctx, { blockId: block.id, number: 1 })).toBeInstanceOf(NotFound)
    succeeded(await restore(ctx, deletion.id))
    expect(await earlier(ctx, block.id)).toEqual(before)
    const again = succeeded(await restoreBlockRevision(ctx, { blockId: block.id, number: 1 }))
    expect(again).toMatchObject({ content: 'one', revision: 3 })
  },
)

test('revisions go with their block when it is purged, and with no other', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const [block, other] = [
    await buildBlock(ctx, { bookId: book.id }),
    await buildBlock(ctx, { content: 'one' }),
  ]
  for (const { id } of [block, other]) await write(ctx, id, 'two')
  const { id: deletionId } = await trash(ctx, 'BOOK', book)
  succeeded(await purgeDeletion(ctx, { deletionId }))
  await purgeTrash(ctx, {})
  expect(await ctx.db.prisma.block.findFirst({ where: { id: block.id } })).toBeNull()
  expect(await numbered(ctx, block.id)).toEqual([])
  expect(await numbered(ctx, other.id)).toEqual(['1 one'])
})
