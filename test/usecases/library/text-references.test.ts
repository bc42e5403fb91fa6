import { expect, test } from 'vitest'
import { transact } from '../../../src/db/client.ts'
import { restoreBlockRevision } from '../../../src/usecases/library/block-revisions.ts'
import { updateBlock } from '../../../src/usecases/library/blocks.ts'
import { createBlocks } from '../../../src/usecases/library/paste-blocks.ts'
import { type Ctx, newId } from '../../../src/usecases/context.ts'
import { indexLibrary } from '../../../src/usecases/search/index-library.ts'
import { checkReferences, referenceBatch } from '../../../src/usecases/search/text-references.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import { buildBlock, buildBook, buildCtx, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { statementsOf } from '../../support/statements.ts'
import { purge } from '../../support/trash/purging.ts'
import { trash } from '../../support/trash/restoring.ts'
import { untilWaiting } from '../../support/waiting.ts'

const database = useDatabase()
removeTemporaryFolders()

/** What is stored of a block, in order. */
const stored = async ({ db, actor: { workspaceId } }: Ctx, blockId: string) =>
  (
    await db.prisma.textReference.findMany({ where: { workspaceId, blockId }, orderBy: { place: 'asc' } })
  ).map(({ targetType, targetId, text }) => [targetType, targetId, text])

const link = (text: string, id: string) => `[${text}](book:${id})`

test('every write of a text stores what it names, in its transaction', async () => {
  const ctx = await buildCtx(database.db)
  const [one, two] = [newId(), newId()]
  const block = await buildBlock(ctx, { content: `${link('a', one)} ![b](media:${two})` })
  expect(await stored(ctx, block.id)).toEqual([
    ['BOOK', one, 'a'],
    ['MEDIA', two, 'b'],
  ])
  succeeded(await updateBlock(ctx, { blockId: block.id, content: link('c', two) }))
  expect(await stored(ctx, block.id)).toEqual([['BOOK', two, 'c']])
  succeeded(await updateBlock(ctx, { blockId: block.id, content: 'nothing' }))
  expect(await stored(ctx, block.id)).toEqual([])
  succeeded(await restoreBlockRevision(ctx, { blockId: block.id, number: 1 }))
  expect(await stored(ctx, block.id)).toHaveLength(2)
  const { results } = succeeded(
    await createBlocks(ctx, {
      bookId: block.bookId,
      blocks: [
        { content: link('d', one) },
        { content: 'x'.repeat(200_000) },
        {},
        { content: link('e', two) },
      ],
    }),
  )
  const ids = results.map((result) => ('id' in result ? result.id : ''))
  expect(await Promise.all(ids.map(async (id) => (id === '' ? [] : stored(ctx, id))))).toEqual([
    [['BOOK', one, 'd']],
    [],
    [],
    [['BOOK', two, 'e']],
  ])
  expect(await checkReferences(ctx)).toEqual([])
})

test('a block that becomes a program names nothing any more, and again when it becomes a text', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx, { content: link('a', newId()) })
  succeeded(await updateBlock(ctx, { blockId: block.id, kind: 'CODE' }))
  expect(await stored(ctx, block.id)).toEqual([])
  succeeded(await updateBlock(ctx, { blockId: block.id, kind: 'QUOTE' }))
  expect(await stored(ctx, block.id)).toHaveLength(1)
})

test('a new text that names nothing takes no statement more', async () => {
  const ctx = await buildCtx(database.db)
  const { id: bookId } = await buildBook(ctx)
  const sent = await statementsOf(() => buildBlock(ctx, { bookId, content: 'See media: and book:1.' }))
  expect(sent.filter(({ text }) => text.includes('text_references'))).toEqual([])
  const naming = await statementsOf(() => buildBlock(ctx, { bookId, content: link('a', newId()) }))
  expect(naming.filter(({ text }) => text.includes('text_references'))).toHaveLength(1)
})

test('what a text names stays with it in the trash, and goes with it when it is purged', async () => {
  const ctx = await buildCtx(database.db)
  const target = await buildBook(ctx)
  const block = await buildBlock(ctx, { content: link('a', target.id) })
  const deletion = await trash(ctx, 'BLOCK', block)
  expect(await stored(ctx, block.id)).toHaveLength(1)
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect(await stored(ctx, block.id)).toHaveLength(1)
  await purge(ctx, await trash(ctx, 'BOOK', target))
  expect(await stored(ctx, block.id)).toHaveLength(1)
  await purge(ctx, await trash(ctx, 'BLOCK', block))
  expect(await stored(ctx, block.id)).toEqual([])
})

/** A text from before there were references. */
async function oldText(ctx: Ctx, content: string) {
  const block = await buildBlock(ctx, { content })
  await database.db.prisma.textReference.deleteMany({ where: { blockId: block.id } })
  return block
}

const leaveWork = ({ actor: { workspaceId } }: Ctx) =>
  database.db.prisma.referenceBackfill.create({ data: { workspaceId } })

test('older texts are read by the job that indexes the library', async () => {
  const ctx = await buildCtx(database.db)
  const [book, other] = [await buildBook(ctx), await buildCtx(database.db)]
  const naming = await oldText(ctx, link('a', book.id))
  await buildBlock(ctx, { content: 'nothing' })
  const theirs = await oldText(other, link('a', book.id))
  expect(await checkReferences(ctx)).toHaveLength(1)
  await leaveWork(ctx)
  expect(await checkReferences(ctx)).toEqual([])
  await indexLibrary(ctx)
  expect(await stored(ctx, naming.id)).toEqual([['BOOK', book.id, 'a']])
  expect(await stored(other, theirs.id)).toEqual([])
  expect(await database.db.prisma.referenceBackfill.count()).toBe(0)
})

test('a change waits for the job that reads the same text, and wins', async () => {
  const ctx = await buildCtx(database.db)
  const block = await oldText(ctx, link('a', newId()))
  await leaveWork(ctx)
  const last = newId()
  const { change } = await transact(database.db, async (tx) => {
    expect(await referenceBatch(tx)).toBe(true)
    const change = updateBlock(ctx, { blockId: block.id, content: link('b', last) })
    await untilWaiting(database.db, 1, change)
    return { change }
  })
  succeeded(await change)
  expect(await stored(ctx, block.id)).toEqual([['BOOK', last, 'b']])
  await indexLibrary(ctx)
})

test('the check reports texts of which something else is stored', async () => {
  const ctx = await buildCtx(database.db)
  const [missing, surplus] = [await oldText(ctx, link('a', newId())), await buildBlock(ctx)]
  const { workspaceId } = ctx.actor
  await database.db.prisma.textReference.create({
    data: { workspaceId, blockId: surplus.id, place: 0, targetType: 'TAG', targetId: newId(), text: '' },
  })
  const found = await checkReferences(ctx)
  expect(found).toHaveLength(2)
  expect(found[0]).toContain(`block ${missing.id}: stored references [], its text names [["BOOK"`)
  expect(found[1]).toContain(`block ${surplus.id}: stored references [["TAG"`)
})
