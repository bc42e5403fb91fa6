import { expect, test } from 'vitest'
import { transact } from '../../src/db/client.ts'
import { madeBetween } from '../../src/db/library/copy-sources.ts'
import { AccessDenied } from '../../src/domain/access.ts'
import { copiedAtOnce, type CopyReport, type CopyRequest } from '../../src/domain/copies.ts'
import { Failure } from '../../src/domain/failure.ts'
import { type Ctx, newId } from '../../src/usecases/context.ts'
import { copyBlocks, copyBook, copyBookshelf } from '../../src/usecases/copies/copy-items.ts'
import { runCopy } from '../../src/usecases/copies/run-copy.ts'
import { updateBlock } from '../../src/usecases/library/blocks.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { updateWorkspace } from '../../src/usecases/workspaces.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildPicture,
  buildShelf,
  coverOf,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { buildWholeBook } from '../support/library/copied-library.ts'
import { chainsOf, lastChain } from '../support/media/media-events.ts'
import { hits } from '../support/search/searching.ts'
import { filesBelow, idsOf, listOf, rowsOfWorkspace, stateOf } from '../support/state.ts'
import { countsOf, tagOf } from '../support/tags/tags.ts'
import { expectWhole, fillBlocks } from '../support/trash/purging.ts'

const database = useDatabase()
removeTemporaryFolders()

const everything = { media: true, tags: true, checkpoints: true }
const usedBytes = async ({ db, actor }: Ctx) =>
  (await db.prisma.workspace.findUniqueOrThrow({ where: { id: actor.workspaceId } })).usedBytes

const blocksIn = async ({ db, actor }: Ctx, bookId: string) =>
  db.prisma.block.findMany({
    where: { workspaceId: actor.workspaceId, bookId, deletionId: null },
    orderBy: { position: 'asc' },
  })

const mediaOf = async ({ db, actor }: Ctx, ownerId: string) =>
  db.prisma.media.findMany({ where: { workspaceId: actor.workspaceId, ownerId, deletionId: null } })

const found = async ({ db, actor }: Ctx, query: string) => idsOf(await hits(db, actor.workspaceId, query))

async function copyOf(ctx: Ctx, input: Parameters<typeof copyBook>[1]) {
  const { book, job } = succeeded(await copyBook(ctx, input))
  if (!book || job) throw new Error('It was not copied at once.')
  return book
}

test('a book is copied with its blocks, media, tags and checkpoints, and nothing of the source changes', async () => {
  const ctx = await buildCtx(database.db)
  const { shelf, book, first, second, picture, tag, checkpoint } = await buildWholeBook(ctx)
  succeeded(await updateBlock(ctx, { blockId: first.id, content: 'The second stage' }))
  succeeded(await trashItem(ctx, { kind: 'BLOCK', id: (await buildBlock(ctx, { bookId: book.id })).id }))
  // A full workspace: the files need no room.
  const used = await usedBytes(ctx)
  succeeded(await updateWorkspace(ctx, { quotaBytes: used }))
  const [before, files] = [
    await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId),
    await filesBelow(ctx.storageRoot),
  ]
  ctx.clock.ms += 5_000

  const copy = await copyOf(ctx, { bookId: book.id, title: 'Rockets again', include: everything })
  expect(copy).toMatchObject({
    ...{ title: 'Rockets again', summary: 'How they fly', status: 'IN_PROGRESS', version: 1 },
    ...{ bookshelfId: shelf.id, createdAt: ctx.now() },
  })
  expect(idsOf(await listOf(ctx, 'books', 'bookshelf_id', shelf.id))).toEqual([book.id, copy.id])
  const [one, two, ...rest] = await blocksIn(ctx, copy.id)
  if (!one || !two) throw new Error('There are no blocks.')
  expect(rest).toEqual([])
  expect(one).toMatchObject({
    ...{ kind: 'HEADING', content: 'The second stage', attributes: { level: 2, none: null }, revision: 1 },
    ...{ version: 1, writtenBy: ctx.actor.id, writtenAt: ctx.now(), createdAt: ctx.now() },
  })
  expect(one.id < two.id).toBe(true)
  expect(await ctx.db.prisma.blockRevision.count({ where: { blockId: one.id } })).toBe(0)

  const [image] = await mediaOf(ctx, one.id)
  const described = { fileName: 'stage.jpg', altText: 'A stage', category: 'parts', focalX: 0.25, focalY: 1 }
  expect(image).toMatchObject({ blobId: picture.blobId, ...described })
  // What was copied along is named by the texts; what was not stays what it was.
  expect(two.content).toBe(
    `See ![stage](media:${image?.id}), [the first](block:${one.id}), [all](book:${copy.id}) and [x](media:${shelf.id}).`,
  )
  expect(await mediaOf(ctx, copy.id)).toMatchObject([{ role: 'COVER', blobId: picture.blobId }])
  const markers = await ctx.db.prisma.checkpointMarker.findMany({
    where: { checkpoint: { bookId: copy.id } },
  })
  expect(markers).toMatchObject([{ title: 'Chapter one' }])
  expect(await mediaOf(ctx, markers[0]?.id ?? '')).toHaveLength(1)
  expect(await ctx.db.prisma.checkpoint.findMany({ where: { bookId: copy.id } })).toMatchObject([
    { title: 'Draft', reachedAt: checkpoint.reachedAt },
  ])
  expect(await countsOf(ctx, tag)).toEqual([0, 2, 2])
  expect(await usedBytes(ctx)).toBe(used)
  expect(await filesBelow(ctx.storageRoot)).toEqual(files)
  await expectWhole(ctx)

  // Every row that was there is there unchanged, but for the counts.
  const after = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  for (const table of ['bookshelves', 'books', 'blocks', 'media', 'tag_associations'] as const)
    expect(after[table]).toEqual(expect.arrayContaining(before[table]))
  expect(second.content).toContain(`media:${picture.id}`)
})

test('each copied media item has a chain of events that names its source', async () => {
  const ctx = await buildCtx(database.db)
  const { book } = await buildWholeBook(ctx)
  const before = (await chainsOf(ctx)).length
  const copy = await copyOf(ctx, { bookId: book.id, include: everything })
  const chains = (await chainsOf(ctx)).slice(before)
  expect(chains).toHaveLength(3)
  for (const [request, ...others] of chains) {
    expect([request, ...others].map((event) => event?.step)).toEqual(['REQUEST', 'DECISION', 'DB', 'RESULT'])
    expect(request).toMatchObject({ operation: 'COPY', decision: null, request_id: ctx.requestId })
  }
  const [cover] = await mediaOf(ctx, copy.id)
  const chain = chains.find(([, , db]) => db?.media_ids[0] === cover?.id)
  expect(chain?.[2]).toMatchObject({ decision: 'INSERT', owner_id: copy.id, changes: [{ change: 'put' }] })
  expect(await lastChain(ctx)).toMatchObject({ operation: 'COPY', decision: 'INSERT', changes: ['put'] })
})

test('what is not included is left out, and the defaults leave the checkpoints', async () => {
  const ctx = await buildCtx(database.db)
  const { book, tag, picture } = await buildWholeBook(ctx)
  const bare = await copyOf(ctx, { bookId: book.id, include: { media: false, tags: false } })
  const [one, two] = await blocksIn(ctx, bare.id)
  expect(await mediaOf(ctx, one?.id ?? '')).toEqual([])
  // Its picture was not copied: the text names the one that there is.
  expect(two?.content).toContain(`media:${picture.id}`)
  expect(await countsOf(ctx, tag)).toEqual([0, 1, 1])
  const usual = await copyOf(ctx, { bookId: book.id })
  expect(await mediaOf(ctx, usual.id)).toHaveLength(1)
  expect(await countsOf(ctx, tag)).toEqual([0, 2, 2])
  expect(await ctx.db.prisma.checkpoint.count({ where: { bookId: { in: [bare.id, usual.id] } } })).toBe(0)
  await expectWhole(ctx)
})

test('a bookshelf is copied with its live books, in their order, to its place', async () => {
  const ctx = await buildCtx(database.db)
  const { shelf, shelfTag, shelfCover, tag } = await buildWholeBook(ctx)
  const last = await buildBook(ctx, { bookshelfId: shelf.id, title: 'Last' })
  const other = await buildBook(ctx, { bookshelfId: shelf.id, title: 'First', beforeId: last.id })
  succeeded(await trashItem(ctx, { kind: 'BOOK', id: last.id }))
  const { bookshelf } = succeeded(
    await copyBookshelf(ctx, { bookshelfId: shelf.id, name: 'Twin', beforeId: shelf.id }),
  )
  expect(bookshelf).toMatchObject({ name: 'Twin', description: 'Old', color: '#112233', version: 1 })
  expect(idsOf(await listOf(ctx, 'bookshelves'))).toEqual([bookshelf?.id, shelf.id])
  const where = { bookshelfId: bookshelf?.id ?? '' }
  const books = await ctx.db.prisma.book.findMany({ where, orderBy: { position: 'asc' } })
  expect(books.map(({ title }) => title)).toEqual(['Rockets', other.title])
  expect(await mediaOf(ctx, bookshelf?.id ?? '')).toMatchObject([{ blobId: shelfCover.blobId }])
  expect(await countsOf(ctx, shelfTag)).toEqual([2, 0, 0])
  expect(await countsOf(ctx, tag)).toEqual([0, 2, 2])
  expect(await found(ctx, 'twin')).toContain(bookshelf?.id)
  await expectWhole(ctx)
})

test('blocks are copied in the given order to a place in another book', async () => {
  const ctx = await buildCtx(database.db)
  const { first, second, tag } = await buildWholeBook(ctx)
  const target = await buildBook(ctx)
  const there = await buildBlock(ctx, { bookId: target.id })
  const input = { blockIds: [second.id, first.id], bookId: target.id, beforeId: there.id }
  const { blocks, job } = succeeded(await copyBlocks(ctx, input))
  expect(job).toBeNull()
  expect((await blocksIn(ctx, target.id)).map(({ id }) => id)).toEqual([...idsOf(blocks), there.id])
  expect(blocks.map(({ kind }) => kind)).toEqual(['TEXT', 'HEADING'])
  expect(blocks[0]?.content).toContain(`block:${blocks[1]?.id}`)
  expect(await mediaOf(ctx, blocks[1]?.id ?? '')).toHaveLength(1)
  expect(await countsOf(ctx, tag)).toEqual([0, 1, 2])
  expect(await found(ctx, 'stage')).toEqual(expect.arrayContaining(idsOf(blocks)))
  await expectWhole(ctx)
})

test('a repeated request has the first copy, and the same key for another copy is refused', async () => {
  const ctx = await buildCtx(database.db)
  const { book, shelf, first } = await buildWholeBook(ctx)
  const input = { bookId: book.id, idempotencyKey: 'once' }
  const copy = await copyOf(ctx, input)
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect((await copyOf(ctx, input)).id).toBe(copy.id)
  expect(await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).toEqual(before)
  const reused = { __typename: 'IdempotencyKeyReused' }
  expect(await copyBook(ctx, { ...input, title: 'Other' })).toMatchObject(reused)
  expect(await copyBookshelf(ctx, { bookshelfId: shelf.id, idempotencyKey: 'once' })).toMatchObject(reused)
  const blocks = { blockIds: [first.id], bookId: book.id, idempotencyKey: 'blocks' }
  expect(succeeded(await copyBlocks(ctx, blocks)).blocks).toEqual(
    succeeded(await copyBlocks(ctx, blocks)).blocks,
  )
})

test('what cannot be copied changes nothing', async () => {
  const [ctx, stranger] = [await buildCtx(database.db), await buildCtx(database.db)]
  const { shelf, book, first } = await buildWholeBook(ctx)
  const foreign = await buildWholeBook(stranger)
  const gone = await buildBlock(ctx, { bookId: book.id })
  succeeded(await trashItem(ctx, { kind: 'BLOCK', id: gone.id }))
  const notFound = (entity: string, id: string) => ({ __typename: 'NotFound', entity, id })
  const refused: [object, () => Promise<unknown>][] = [
    [notFound('Book', foreign.book.id), () => copyBook(ctx, { bookId: foreign.book.id })],
    [notFound('Book', 'x'), () => copyBook(ctx, { bookId: 'x', bookshelfId: shelf.id })],
    [
      notFound('Bookshelf', foreign.shelf.id),
      () => copyBook(ctx, { bookId: book.id, bookshelfId: foreign.shelf.id }),
    ],
    [notFound('Book', gone.id), () => copyBook(ctx, { bookId: book.id, afterId: gone.id })],
    [notFound('Bookshelf', foreign.shelf.id), () => copyBookshelf(ctx, { bookshelfId: foreign.shelf.id })],
    [notFound('Block', gone.id), () => copyBlocks(ctx, { blockIds: [first.id, gone.id], bookId: book.id })],
    [
      notFound('Book', newId().slice(1)),
      () => copyBlocks(ctx, { blockIds: [first.id], bookId: newId().slice(1) }),
    ],
    [{ __typename: 'InvalidInput' }, () => copyBlocks(ctx, { blockIds: [], bookId: book.id })],
    [
      { __typename: 'InvalidInput' },
      () => copyBlocks(ctx, { blockIds: [first.id, first.id], bookId: book.id }),
    ],
    [{ __typename: 'InvalidInput' }, () => copyBook(ctx, { bookId: book.id, title: ' ' })],
    [{ __typename: 'InvalidInput' }, () => copyBookshelf(ctx, { bookshelfId: shelf.id, name: ' ' })],
    [{ __typename: 'InvalidInput' }, () => copyBook(ctx, { bookId: book.id, idempotencyKey: ' ' })],
  ]
  const before = [await stateOf(ctx), await stateOf(stranger)]
  for (const [failure, work] of refused) {
    const result = await work()
    expect(result).toBeInstanceOf(Failure)
    if ('id' in failure && String(failure.id).length === 35)
      expect(result).toMatchObject({ __typename: 'NotFound', entity: 'Book' })
    else expect(result).toMatchObject(failure)
  }
  const viewer: Ctx = { ...ctx, actor: { ...ctx.actor, role: 'VIEWER' } }
  await expect(copyBook(viewer, { bookId: book.id })).rejects.toThrow(AccessDenied)
  await expect(copyBookshelf(viewer, { bookshelfId: shelf.id })).rejects.toThrow(AccessDenied)
  await expect(copyBlocks(viewer, { blockIds: [first.id], bookId: book.id })).rejects.toThrow(AccessDenied)
  expect([await stateOf(ctx), await stateOf(stranger)]).toEqual(before)
})

test('bytes that lost their last media item meanwhile are charged again, or do not fit', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const { media } = await buildPicture(ctx, coverOf('BOOK', book.id))
  // As a purge leaves it that takes the source between the snapshot and the lock of the blob.
  const uncount = () =>
    transact(ctx.db, async (tx) => {
      await tx.blob.updateMany({ where: { id: media.blobId }, data: { refCount: 0, orphanedAt: ctx.now() } })
      await tx.workspace.update({ where: { id: ctx.actor.workspaceId }, data: { usedBytes: 0n } })
    })
  await uncount()
  await copyOf(ctx, { bookId: book.id })
  expect(await usedBytes(ctx)).toBe(media.sizeBytes)
  await uncount()
  succeeded(await updateWorkspace(ctx, { quotaBytes: media.sizeBytes - 1n }))
  expect(await copyBook(ctx, { bookId: book.id })).toMatchObject({ __typename: 'QuotaExceeded' })
})

test('a copy of many items is a job: whole at once, then indexed in batches, whatever interrupts it', async () => {
  const ctx = await buildCtx(database.db)
  const { book, shelf, tag, first } = await buildWholeBook(ctx)
  await fillBlocks(ctx, book, copiedAtOnce)
  const input = {
    bookId: book.id,
    title: 'Large',
    afterId: book.id,
    idempotencyKey: 'large',
    include: everything,
  }
  const asked = succeeded(await copyBook(ctx, input))
  if (!asked.job) throw new Error('It is no job.')
  expect(asked).toMatchObject({ book: null, job: { name: 'copy-items', status: 'QUEUED' } })
  expect(succeeded(await copyBook(ctx, input))).toMatchObject({ book: null, job: { id: asked.job.id } })
  expect(idsOf(await listOf(ctx, 'books', 'bookshelf_id', shelf.id))).toEqual([book.id])

  let kept: CopyReport | undefined
  const controller = new AbortController()
  const totals: (number | null)[] = []
  const run = (stopAfter: number) =>
    runCopy(ctx, asked.job?.payload as unknown as CopyRequest, {
      before: kept,
      signal: controller.signal,
      onProgress: (report, done, total) => {
        if (totals.length === stopAfter) throw new Error('The process was killed.')
        totals.push(total)
        kept = report
        expect(done).toBeLessThanOrEqual(total ?? 0)
        return Promise.resolve()
      },
    })
  // Killed before the rows are committed: nothing of it is there.
  await expect(run(0)).rejects.toThrow('killed')
  expect(idsOf(await listOf(ctx, 'books', 'bookshelf_id', shelf.id))).toEqual([book.id])
  // Killed while it is indexed: all of it is there, once.
  await expect(run(3)).rejects.toThrow('killed')
  const report = await run(Infinity)
  const [copyId = ''] = report.itemIds
  expect(idsOf(await listOf(ctx, 'books', 'bookshelf_id', shelf.id))).toEqual([book.id, copyId])
  const [sources, copies] = [await blocksIn(ctx, book.id), await blocksIn(ctx, copyId)]
  expect(copies).toHaveLength(copiedAtOnce + 2)
  expect(copies.slice(2).map(({ content }) => content)).toEqual(
    sources.slice(2).map(({ content }) => content),
  )
  expect([...idsOf(copies)].sort()).toEqual(idsOf(copies))
  expect(report).toMatchObject({ indexing: null, failureMessage: null })
  expect(report.itemCount).toBe(1 + copiedAtOnce + 2 + 1 + 1 + 3)
  expect(report.indexedCount).toBe(report.itemCount)
  expect(new Set(totals)).toEqual(new Set([report.itemCount]))
  const where = { workspaceId: ctx.actor.workspaceId, blockId: { in: idsOf(copies) } }
  expect(await ctx.db.prisma.searchDocument.count({ where })).toBe(copies.length)
  expect((await tagOf(ctx, tag)).blockCount).toBe(2)
  expect(await found(ctx, 'large')).toContain(copyId)
  expect(first.content).toBe('The first stage')
  await expectWhole(ctx)
})

test('a job says why nothing was copied, and puts the copy at the end if its sibling is gone', async () => {
  const ctx = await buildCtx(database.db)
  const { book, shelf } = await buildWholeBook(ctx)
  const sibling = await buildBook(ctx, { bookshelfId: shelf.id })
  await fillBlocks(ctx, book, copiedAtOnce)
  const { job } = succeeded(await copyBook(ctx, { bookId: book.id, beforeId: sibling.id }))
  const attempt = {
    before: undefined,
    signal: new AbortController().signal,
    onProgress: () => Promise.resolve(),
  }
  const run = () => runCopy(ctx, job?.payload as unknown as CopyRequest, attempt)
  succeeded(await trashItem(ctx, { kind: 'BOOK', id: sibling.id }))
  const { itemIds } = await run()
  expect(idsOf(await listOf(ctx, 'books', 'bookshelf_id', shelf.id))).toEqual([book.id, ...itemIds])
  succeeded(await trashItem(ctx, { kind: 'BOOK', id: book.id }))
  const report = await run()
  expect(report).toMatchObject({ itemIds: [], itemCount: 0, indexing: null })
  expect(report.failureMessage).toContain('no live book')
  expect(await copyBook(ctx, { bookId: book.id })).toMatchObject({ __typename: 'NotFound', id: book.id })
})

test('the IDs of copies are UUIDs of version 7 within their range, as those of the server are', async () => {
  const ctx = await buildCtx(database.db)
  const shelf = await buildShelf(ctx)
  const book = await buildBook(ctx, { bookshelfId: shelf.id })
  await fillBlocks(ctx, book, 900)
  const copy = await copyOf(ctx, { bookId: book.id })
  const ids = idsOf(await blocksIn(ctx, copy.id))
  const { after, before } = madeBetween(ctx.now(), 901)
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect([after < id, id < before]).toEqual([true, true])
  }
  expect(new Set(ids).size).toBe(900)
  expect(imagesOf(ids[0] ?? '').ownerType).toBe('BLOCK')
})

/** What a copy takes along of each row; everything else of it is made anew. */
const carried = {
  bookshelves: ['color', 'description', 'name', 'sort_key'],
  books: ['sort_key', 'status', 'summary', 'title'],
  blocks: ['attributes', 'content', 'kind'],
  checkpoints: ['description', 'reached_at', 'sort_key', 'title'],
  checkpoint_markers: ['description', 'position', 'title'],
  media: [
    ...[
      'alt_text',
      'blob_id',
      'caption',
      'category',
      'file_name',
      'focal_x',
      'focal_y',
      'list_role',
      'mime_type',
    ],
    ...['position', 'role', 'size_bytes', 'sort_key'],
  ],
}
const made: Record<string, readonly string[]> = {
  all: [
    'created_at',
    'created_by',
    'deletion_id',
    'id',
    'updated_at',
    'updated_by',
    'version',
    'workspace_id',
  ],
  bookshelves: ['last_activity_at', 'position'],
  books: ['bookshelf_id', 'last_activity_at', 'position'],
  blocks: ['book_id', 'position', 'revision', 'written_at', 'written_by'],
  checkpoints: ['book_id'],
  checkpoint_markers: ['checkpoint_id'],
  media: ['block_id', 'book_id', 'bookshelf_id', 'marker_id', 'owner_id'],
}

test('every column of a copied row is taken along, or made anew on purpose', async () => {
  const ctx = await buildCtx(database.db)
  const { shelf, second } = await buildWholeBook(ctx)
  succeeded(await trashItem(ctx, { kind: 'BLOCK', id: second.id }))
  const before = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  succeeded(await copyBookshelf(ctx, { bookshelfId: shelf.id, include: everything }))
  const after = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  for (const [table, columns] of Object.entries(carried) as [keyof typeof carried, string[]][]) {
    const known = new Set(before[table].map(({ id }) => id))
    const [copy] = after[table].filter(({ id }) => !known.has(id))
    const anew = [...(made['all'] ?? []), ...(made[table] ?? [])]
    expect([table, Object.keys(copy ?? {}).sort()]).toEqual([table, [...columns, ...anew].sort()])
    const taken = (row: Readonly<Record<string, unknown>> | undefined) =>
      Object.fromEntries(columns.map((column) => [column, row?.[column]]))
    expect(before[table].map(taken)).toContainEqual(taken(copy))
  }
})
