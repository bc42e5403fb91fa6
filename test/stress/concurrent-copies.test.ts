import { expect, test } from 'vitest'
import type { Ctx } from '../../src/usecases/context.ts'
import { Failure } from '../../src/domain/failure.ts'
import { copyBook, copyBookshelf } from '../../src/usecases/copies/copy-items.ts'
import { moveBlock, updateBlock } from '../../src/usecases/library/blocks.ts'
import { attachMedia } from '../../src/usecases/media/attach-media.ts'
import { moveMedia } from '../../src/usecases/media/move-media.ts'
import { collectGarbage } from '../../src/usecases/upkeep/collect-garbage.ts'
import { mergeTags } from '../../src/usecases/tags/merge-tags.ts'
import { purgeTrash } from '../../src/usecases/trash/run-purge.ts'
import { verifyStorage } from '../../src/usecases/upkeep/verify-storage.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildPicture,
  buildTag,
  coverOf,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { attach, countsOf } from '../support/tags/tags.ts'
import { expectWhole, fillBlocks } from '../support/trash/purging.ts'
import { trash } from '../support/trash/restoring.ts'
import { hold, holdRow, interleave, untilWaiting } from '../support/waiting.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const dayMs = 24 * 60 * 60 * 1000
const purgeAll = (ctx: Ctx) => purgeTrash(ctx, { due: { trashedUntil: ctx.now() }, waitMs: 20_000 })

const blobOf = ({ db, actor: { workspaceId } }: Ctx, id: string) =>
  db.prisma.blob.findUnique({ where: { workspaceId_id: { workspaceId, id } } })

const usedBytes = async ({ db, actor }: Ctx) =>
  (await db.prisma.workspace.findUniqueOrThrow({ where: { id: actor.workspaceId } })).usedBytes

/** Rows, counts, quota, events and files agree. */
async function expectExact(ctx: Ctx) {
  await expectWhole(ctx)
  expect((await verifyStorage(ctx, { hash: true })).problems).toEqual([])
}

/** A book with a picture in a block; nothing else has its bytes. */
async function buildPictured() {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const block = await buildBlock(ctx, { bookId: book.id })
  const { media } = await buildPicture(ctx, imagesOf(block.id))
  return { ctx, book, block, media, slot: coverOf('BOOK', book.id) }
}

const holdBlob = ({ db }: Ctx, { blobId }: { blobId: string }) =>
  hold(db, 'select 1 from blobs where id = $1 for no key update', [blobId])

test('20 clients attach pictures as one cover: one is live, each replaced the one before', async () => {
  const { ctx, book, slot } = await buildPictured()
  const pictures = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const block = await buildBlock(ctx, { bookId: book.id })
      return (await buildPicture(ctx, imagesOf(block.id))).media
    }),
  )
  const used = await usedBytes(ctx)
  const results = await Promise.all(
    // The last ten take their picture out of its block.
    pictures.map(({ id }, index) =>
      index < 10 ? attachMedia(ctx, { mediaId: id, slot }) : moveMedia(ctx, { mediaId: id, slot }),
    ),
  )
  const decisions = results.map((result) => (succeeded(result) as { decision: string }).decision)
  expect(decisions.filter((decision) => decision === 'INSERT')).toHaveLength(1)
  expect(decisions.filter((decision) => decision === 'REPLACE')).toHaveLength(19)
  const where = {
    workspaceId: ctx.actor.workspaceId,
    bookId: book.id,
    role: 'COVER',
    deletionId: null,
  } as const
  expect(await ctx.db.prisma.media.count({ where })).toBe(1)
  expect(await usedBytes(ctx)).toBe(used)
  await expectExact(ctx)
})

test('the same picture attached twice at once is there once', async () => {
  const { ctx, media, slot } = await buildPictured()
  const held = await holdBlob(ctx, media)
  const work = () => attachMedia(ctx, { mediaId: media.id, slot })
  const results = await interleave(ctx.db, held, work, work)
  expect(results.map((result) => succeeded(result).decision)).toEqual(['INSERT', 'DUPLICATE'])
  expect(await blobOf(ctx, media.blobId)).toMatchObject({ refCount: 2, orphanedAt: null })
  await expectExact(ctx)
})

test('a source that is trashed while it is attached stays attached', async () => {
  const { ctx, media, slot } = await buildPictured()
  const held = await holdBlob(ctx, media)
  const [attached] = await interleave(
    ctx.db,
    held,
    () => attachMedia(ctx, { mediaId: media.id, slot }),
    () => trash(ctx, 'MEDIA', media),
  )
  expect(succeeded(attached).decision).toBe('INSERT')
  expect(await blobOf(ctx, media.blobId)).toMatchObject({ refCount: 2 })
  await expectExact(ctx)
})

test.each(['before', 'after'] as const)(
  'a source that is purged %s its bytes are locked for a new place: the bytes stay, and are charged once',
  async (order) => {
    const { ctx, media, slot } = await buildPictured()
    const used = await usedBytes(ctx)
    await trash(ctx, 'MEDIA', media)
    const held = await holdBlob(ctx, media)
    const attaching = () => attachMedia(ctx, { mediaId: media.id, slot, whenInTrash: 'UPLOAD_AGAIN' })
    const purging = () => purgeAll(ctx)
    const results =
      order === 'after'
        ? await interleave<unknown, unknown>(ctx.db, held, attaching, purging)
        : await interleave<unknown, unknown>(ctx.db, held, purging, attaching)
    for (const result of results) if (result instanceof Failure) expect(result.__typename).toBe('NotFound')
    const attached = results.some((result) => (result as { decision?: string }).decision === 'INSERT')
    expect(await blobOf(ctx, media.blobId)).toMatchObject({ refCount: attached ? 1 : 0 })
    expect(await usedBytes(ctx)).toBe(attached ? used : 0n)
    await expectExact(ctx)
    ctx.clock.ms += 8 * dayMs
    await collectGarbage(ctx)
    expect((await blobOf(ctx, media.blobId)) !== null).toBe(attached)
    await expectExact(ctx)
  },
)

test('a source that is purged and collected before its new owner is locked is not found', async () => {
  const { ctx, book, media, slot } = await buildPictured()
  const held = await holdRow(ctx.db, 'books', book)
  const attaching = attachMedia(ctx, { mediaId: media.id, slot })
  await untilWaiting(ctx.db, 1, attaching)
  await trash(ctx, 'MEDIA', media)
  await purgeAll(ctx)
  ctx.clock.ms += 8 * dayMs
  await collectGarbage(ctx)
  expect(await blobOf(ctx, media.blobId)).toBeNull()
  await held.release()
  expect(await attaching).toMatchObject({ __typename: 'NotFound', id: media.id })
  await expectExact(ctx)
})

test('two media items that change places between two covers do not deadlock', async () => {
  const ctx = await buildCtx(database.db)
  const [one, two] = [await buildBook(ctx), await buildBook(ctx)]
  const { media: first } = await buildPicture(ctx, coverOf('BOOK', one.id))
  const { media: second } = await buildPicture(ctx, coverOf('BOOK', two.id))
  const held = await holdRow(ctx.db, 'books', one)
  const results = await interleave(
    ctx.db,
    held,
    () => moveMedia(ctx, { mediaId: first.id, slot: coverOf('BOOK', two.id) }),
    () => moveMedia(ctx, { mediaId: second.id, slot: coverOf('BOOK', one.id) }),
  )
  expect(results.filter((result) => !(result instanceof Failure))).toHaveLength(1)
  await expectExact(ctx)
})

test('a copy shows its source before or after each edit, in the order of the edits', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const [one, two] = [
    await buildBlock(ctx, { bookId: book.id, content: '0' }),
    await buildBlock(ctx, { bookId: book.id, content: '0' }),
  ]
  let written = 0
  const state = { done: false }
  // Always first the one, then the other: a copy in which the other is ahead mixes moments.
  const writer = async () => {
    while (!state.done) {
      written += 1
      for (const { id } of [one, two])
        succeeded(await updateBlock(ctx, { blockId: id, content: String(written) }))
    }
  }
  const copier = async () => {
    for (let count = 0; count < 15; count += 1) {
      const { book: copy } = succeeded(await copyBook(ctx, { bookId: book.id }))
      const blocks = await ctx.db.prisma.block.findMany({
        where: { bookId: copy?.id ?? '' },
        orderBy: { position: 'asc' },
      })
      const [ahead = 0, behind = 0] = blocks.map(({ content }) => Number(content))
      expect(blocks).toHaveLength(2)
      expect([0, 1]).toContain(ahead - behind)
    }
    state.done = true
  }
  await Promise.all([writer(), copier(), copier()])
  await expectExact(ctx)
})

test('a block that moves to another book of a bookshelf meanwhile is in the copy once', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const other = await buildBook(ctx, { bookshelfId: book.bookshelfId })
  const block = await buildBlock(ctx, { bookId: book.id })
  const state = { done: false }
  const mover = async () => {
    while (!state.done)
      for (const { id } of [other, book])
        succeeded(await moveBlock(ctx, { blockId: block.id, bookId: id, place: 'LAST' }))
  }
  const copier = async () => {
    for (let count = 0; count < 15; count += 1) {
      const { bookshelf } = succeeded(await copyBookshelf(ctx, { bookshelfId: book.bookshelfId }))
      const books = await ctx.db.prisma.book.findMany({
        where: { bookshelfId: bookshelf?.id ?? '' },
        include: { blocks: true },
      })
      expect(books.flatMap(({ blocks }) => blocks)).toHaveLength(1)
    }
    state.done = true
  }
  await Promise.all([mover(), copier()])
  await expectExact(ctx)
})

test.each(['trashed', 'purged', 'merged away'] as const)(
  'a copy whose sources are %s meanwhile has all of them, and every count is exact',
  async (fate) => {
    const { ctx, book, block, media } = await buildPictured()
    const [tag, target] = [await buildTag(ctx), await buildTag(ctx)]
    await attach(ctx, [tag], [book, block])
    const used = await usedBytes(ctx)
    // The copy has read its sources and written its rows, and waits until it may refer to the bytes.
    const held = await hold(ctx.db, 'select 1 from blobs where id = $1 for update', [media.blobId])
    const fates = {
      trashed: () => trash(ctx, 'BOOK', book),
      purged: async () => {
        await trash(ctx, 'MEDIA', media)
        return purgeAll(ctx)
      },
      'merged away': () => mergeTags(ctx, { sourceTagId: tag.id, targetTagId: target.id }),
    }
    const [copied] = await interleave<Awaited<ReturnType<typeof copyBook>>, unknown>(
      ctx.db,
      held,
      () => copyBook(ctx, { bookId: book.id }),
      fates[fate],
    )
    const { book: copy } = succeeded(copied)
    const where = { workspaceId: ctx.actor.workspaceId, deletionId: null }
    const [copiedBlock] = await ctx.db.prisma.block.findMany({ where: { ...where, bookId: copy?.id ?? '' } })
    expect(await ctx.db.prisma.media.count({ where: { ...where, blockId: copiedBlock?.id ?? '' } })).toBe(1)
    expect(await blobOf(ctx, media.blobId)).toMatchObject({
      refCount: fate === 'purged' ? 1 : 2,
      orphanedAt: null,
    })
    expect(await usedBytes(ctx)).toBe(used)
    const live = fate === 'trashed' ? [0, 1, 1] : [0, 2, 2]
    expect(await countsOf(ctx, fate === 'merged away' ? target : tag)).toEqual(live)
    await expectExact(ctx)
  },
)

test('ten copies of one book at once all stand in their bookshelf, and count their files and tags once each', async () => {
  const { ctx, book, block, media } = await buildPictured()
  const tag = await buildTag(ctx)
  await attach(ctx, [tag], [block])
  await fillBlocks(ctx, book, 50)
  const used = await usedBytes(ctx)
  const copies = await Promise.all(Array.from({ length: 10 }, () => copyBook(ctx, { bookId: book.id })))
  const ids = copies.map((copy) => succeeded(copy).book?.id)
  expect(new Set(ids).size).toBe(10)
  const where = { workspaceId: ctx.actor.workspaceId, bookshelfId: book.bookshelfId }
  expect(await ctx.db.prisma.book.count({ where })).toBe(11)
  expect(await blobOf(ctx, media.blobId)).toMatchObject({ refCount: 11 })
  expect(await countsOf(ctx, tag)).toEqual([0, 0, 11])
  expect(await usedBytes(ctx)).toBe(used)
  await expectExact(ctx)
})

test('ten requests with one idempotency key make one copy', async () => {
  const { ctx, book } = await buildPictured()
  const copies = await Promise.all(
    Array.from({ length: 10 }, () => copyBook(ctx, { bookId: book.id, idempotencyKey: 'one' })),
  )
  expect(new Set(copies.map((copy) => succeeded(copy).book?.id)).size).toBe(1)
  await expectExact(ctx)
})
