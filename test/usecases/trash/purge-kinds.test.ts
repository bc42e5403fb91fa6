import { expect, test } from 'vitest'
import type { TrashableKind } from '../../../src/db/rows.ts'
import { moveBlock, updateBlock } from '../../../src/usecases/library/blocks.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { mergeTags } from '../../../src/usecases/tags/merge-tags.ts'
import { purgeTrash } from '../../../src/usecases/trash/run-purge.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import {
  buildBlock,
  buildBook,
  buildCheckpoint,
  buildCtx,
  buildMarker,
  buildPicture,
  buildShelf,
  buildTag,
  coverOf,
  imagesOf,
  markerImagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { photograph } from '../../support/media/pictures.ts'
import { everyRow, expectWhole, idsHeld, mentions, purge, type Row } from '../../support/trash/purging.ts'
import { trash } from '../../support/trash/restoring.ts'
import { aliasesOf, attach, buildChain, countsOf, idSet, taggedWith, tagOf } from '../../support/tags/tags.ts'

const database = useDatabase()
removeTemporaryFolders()

/** One of everything, with pictures, texts of before, tags and words of search. */
async function buildLibrary(ctx: Ctx, bytes: Buffer) {
  const shelf = await buildShelf(ctx, { description: 'A shelf' })
  const book = await buildBook(ctx, { bookshelfId: shelf.id, summary: 'A book' })
  const block = await buildBlock(ctx, { bookId: book.id })
  succeeded(await updateBlock(ctx, { blockId: block.id, content: 'Another text' }))
  const checkpoint = await buildCheckpoint(ctx, { bookId: book.id })
  const marker = await buildMarker(ctx, { checkpointId: checkpoint.id })
  const { media: image } = await buildPicture(ctx, imagesOf(block.id), { bytes })
  await buildPicture(ctx, coverOf('BOOKSHELF', shelf.id), { bytes })
  await buildPicture(ctx, coverOf('BOOK', book.id), { bytes })
  await buildPicture(ctx, markerImagesOf(marker.id), { bytes })
  const [tag, inner] = await buildChain(ctx, [`Tag of ${shelf.name}`, `Inner of ${shelf.name}`])
  if (!tag || !inner) throw new Error('There are no tags.')
  await attach(ctx, [tag, inner], [shelf, book, block])
  return { shelf, book, block, checkpoint, marker, image, tag, inner }
}

type Library = Awaited<ReturnType<typeof buildLibrary>>

/** Each kind with its item, and how many items and files go with it. */
const kinds: readonly (readonly [TrashableKind, keyof Library, number, number])[] = [
  ['BOOKSHELF', 'shelf', 9, 4],
  ['BOOK', 'book', 7, 3],
  ['BLOCK', 'block', 2, 1],
  ['CHECKPOINT', 'checkpoint', 3, 1],
  ['CHECKPOINT_MARKER', 'marker', 2, 1],
  ['MEDIA', 'image', 1, 1],
  ['TAG', 'tag', 2, 0],
]

const withoutCounts = (row: Row) => ({ ...row, ref_count: null, orphaned_at: null })

test.each(kinds)('the purge of a %s takes all that names it and nothing else', async (kind, item, items) => {
  const ctx = await buildCtx(database.db)
  const bytes = await photograph()
  await buildLibrary(ctx, bytes)
  const library = await buildLibrary(ctx, bytes)
  const own = await buildPicture(ctx, imagesOf(library.block.id))
  // Each has been in the trash before, and a block that is elsewhere now was once in the book.
  for (const [each, name] of kinds)
    succeeded(await restoreDeletion(ctx, { deletionId: (await trash(ctx, each, library[name])).id }))
  const moved = await buildBlock(ctx, { bookId: library.book.id })
  succeeded(await restoreDeletion(ctx, { deletionId: (await trash(ctx, 'BLOCK', moved)).id }))
  const elsewhere = await buildBook(ctx)
  succeeded(await moveBlock(ctx, { blockId: moved.id, bookId: elsewhere.id }))

  const deletion = await trash(ctx, kind, library[item])
  const held = await idsHeld(ctx, deletion)
  const expected = items + (held.includes(own.media.id) ? 1 : 0)
  expect(held).toHaveLength(expected)
  const before = await everyRow(ctx)
  const report = await purge(ctx, deletion)
  const orphaned = held.includes(own.media.id) ? 1 : 0
  expect(report).toMatchObject({
    deletionCount: 1,
    itemCount: expected,
    orphanedFileCount: orphaned,
    heldItemCount: 0,
  })

  const ids = [...held, deletion.id]
  const after = await everyRow(ctx)
  for (const [table, rows] of after) {
    expect(rows.filter((row) => mentions(row, ids))).toEqual([])
    const forgetting = (before.get(table) ?? []).map((row) =>
      table === 'deletions' && ids.includes(String(row['parent_id'])) && !ids.includes(String(row['item_id']))
        ? { ...row, parent_id: null, parent_kind: null }
        : row,
    )
    const left = forgetting.filter((row) => !mentions(row, ids))
    expect({ table, rows: rows.map(withoutCounts) }).toEqual({ table, rows: left.map(withoutCounts) })
  }
  await expectWhole(ctx)
  // Nothing is left to do.
  expect(await purgeTrash(ctx, { due: { trashedUntil: ctx.now() } })).toMatchObject({
    deletionCount: 0,
    itemCount: 0,
  })
})

test('what a merge brought stays with the target when the tag that went is purged', async () => {
  const ctx = await buildCtx(database.db)
  const [source, target, child] = [
    await buildTag(ctx, { name: 'Ink' }),
    await buildTag(ctx),
    await buildTag(ctx),
  ]
  const [below] = await buildChain(ctx, ['Below'], source)
  const [one, two] = [await buildBlock(ctx), await buildBlock(ctx)]
  await attach(ctx, [source], [one, two])
  await attach(ctx, [target, child], [one])
  const { deletion } = succeeded(await mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id }))
  expect(await purge(ctx, deletion)).toMatchObject({ deletionCount: 1, itemCount: 1, heldItemCount: 0 })
  expect(await taggedWith(ctx, target)).toEqual(idSet([one, two]))
  expect(await countsOf(ctx, target)).toEqual([0, 0, 2])
  expect(await aliasesOf(ctx, target)).toEqual(['Ink'])
  expect(await tagOf(ctx, below ?? child)).toMatchObject({ parentId: target.id })
  const rows = [...(await everyRow(ctx)).values()].flat()
  expect(rows.filter((row) => mentions(row, [source.id, deletion.id]))).toEqual([])
  await expectWhole(ctx)
})

test('what two merges brought stays with the target when one is purged and the other is undone, whichever came first', async () => {
  for (const purgedLater of [true, false]) {
    const ctx = await buildCtx(database.db)
    const [one, other, target] = [await buildTag(ctx), await buildTag(ctx), await buildTag(ctx)]
    const [common, own] = [await buildBlock(ctx), await buildBlock(ctx)]
    await attach(ctx, [one, other], [common])
    await attach(ctx, [one], [own])
    const merge = async (source: { id: string }) =>
      succeeded(await mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id })).deletion
    const [first, second] = purgedLater
      ? [await merge(one), await merge(other)]
      : [await merge(other), await merge(one)]
    const [purged, undone] = purgedLater ? [second, first] : [first, second]
    await purge(ctx, purged)
    succeeded(await restoreDeletion(ctx, { deletionId: undone.id }))
    expect(await taggedWith(ctx, target)).toEqual(idSet([common]))
    await expectWhole(ctx)
  }
})

test('a merge into a tag that was merged further and is purged can still be undone', async () => {
  const ctx = await buildCtx(database.db)
  const [source, target] = [await buildTag(ctx, { name: 'A' }), await buildTag(ctx, { name: 'B' })]
  const [last, end] = [await buildTag(ctx, { name: 'C' }), await buildTag(ctx, { name: 'D' })]
  const [child] = await buildChain(ctx, ['Child'], source)
  const [only, both] = [await buildBlock(ctx), await buildBlock(ctx)]
  await attach(ctx, [source], [only, both])
  await attach(ctx, [target], [both])
  const merge = async (from: { id: string }, to: { id: string }) =>
    succeeded(await mergeTags(ctx, { sourceTagId: from.id, targetTagId: to.id })).deletion
  const [first, second, third] = [
    await merge(source, target),
    await merge(target, last),
    await merge(last, end),
  ]
  await purge(ctx, second)
  const rows = [...(await everyRow(ctx)).values()].flat()
  expect(rows.filter((row) => mentions(row, [target.id, second.id]))).toEqual([])
  await expectWhole(ctx)

  succeeded(await restoreDeletion(ctx, { deletionId: first.id }))
  expect(await taggedWith(ctx, source)).toEqual(idSet([only, both]))
  expect(await taggedWith(ctx, end)).toEqual(idSet([both]))
  expect(await countsOf(ctx, end)).toEqual([0, 0, 1])
  expect(await aliasesOf(ctx, end)).toEqual(['B', 'C'])
  expect(await tagOf(ctx, child ?? source)).toMatchObject({ parentId: source.id })
  await expectWhole(ctx)
  // What the purged tag had is that of the tag it was merged into.
  succeeded(await restoreDeletion(ctx, { deletionId: third.id }))
  expect(await taggedWith(ctx, last)).toEqual(idSet([both]))
  expect(await aliasesOf(ctx, last)).toEqual(['B'])
  expect(await taggedWith(ctx, end)).toEqual(new Set())
  expect(await aliasesOf(ctx, end)).toEqual([])
  await expectWhole(ctx)
})

test('of a merge into a tag that is trashed and purged the one that went comes back by itself', async () => {
  const ctx = await buildCtx(database.db)
  const [source, target] = [await buildTag(ctx), await buildTag(ctx)]
  const block = await buildBlock(ctx)
  await attach(ctx, [source], [block])
  const { deletion } = succeeded(await mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id }))
  await purge(ctx, await trash(ctx, 'TAG', target))
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  expect(await countsOf(ctx, source)).toEqual([0, 0, 1])
  await expectWhole(ctx)
})

test('a tag that was moved by a merge and is purged is in its list no more', async () => {
  const ctx = await buildCtx(database.db)
  const [source, target] = [await buildTag(ctx), await buildTag(ctx)]
  const [child] = await buildChain(ctx, ['Child'], source)
  if (!child) throw new Error('There is no child.')
  const { deletion } = succeeded(await mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id }))
  await purge(ctx, await trash(ctx, 'TAG', child))
  const rows = [...(await everyRow(ctx)).values()].flat()
  expect(rows.filter((row) => mentions(row, [child.id]))).toEqual([])
  succeeded(await restoreDeletion(ctx, { deletionId: deletion.id }))
  await expectWhole(ctx)
})
