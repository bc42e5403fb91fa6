import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { Failure, NotFound } from '../../src/domain/failure.ts'
import { NotInTrash } from '../../src/domain/restore.ts'
import { checkTags } from '../../src/usecases/tags/check-tags.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { mergeTags } from '../../src/usecases/tags/merge-tags.ts'
import { purgeDeletion } from '../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../src/usecases/trash/run-purge.ts'
import { restoreDeletion } from '../../src/usecases/trash/restore.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildPicture,
  buildTag,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/media/pictures.ts'
import { expectWhole } from '../support/trash/purging.ts'
import { trash } from '../support/trash/restoring.ts'
import { rowsOfWorkspace } from '../support/state.ts'
import { attach, buildChain, countsOf } from '../support/tags/tags.ts'
import { hold, interleave, untilWaiting } from '../support/waiting.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const all = (ctx: Ctx) => purgeTrash(ctx, { due: { trashedUntil: ctx.now() }, waitMs: 20_000 })

const holdDeletion = ({ db }: Ctx, { id }: { id: string }) =>
  hold(db, 'select 1 from deletions where id = $1 for no key update', [id])

test.each(['restored', 'purged'] as const)(
  'of one who restores a deletion and one who purges it the first wins: it is %s',
  async (outcome) => {
    const ctx = await buildCtx(database.db)
    const deletion = await trash(ctx, 'BLOCK', await buildBlock(ctx))
    const request = { deletionId: deletion.id }
    const held = await holdDeletion(ctx, deletion)
    const works = [() => restoreDeletion(ctx, request), () => purgeDeletion(ctx, request)] as const
    const [first, second] =
      outcome === 'restored'
        ? await interleave(ctx.db, held, works[0], works[1])
        : await interleave(ctx.db, held, works[1], works[0])
    succeeded<unknown>(first)
    expect(second).toBeInstanceOf(outcome === 'restored' ? NotInTrash : NotFound)
    await all(ctx)
    const { blocks } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
    expect(blocks).toHaveLength(outcome === 'restored' ? 1 : 0)
  },
)

test('a run waits for who is restoring, leaves what is restored, and takes what was only looked at', async () => {
  const ctx = await buildCtx(database.db)
  const [restored, looked] = [await buildBlock(ctx), await buildBlock(ctx)]
  const [first, second] = [await trash(ctx, 'BLOCK', restored), await trash(ctx, 'BLOCK', looked)]
  const looking = await holdDeletion(ctx, second)
  const restoring = await holdDeletion(ctx, first)
  const restore = restoreDeletion(ctx, { deletionId: first.id })
  await untilWaiting(ctx.db, 1, restore)
  const run = all(ctx)
  await untilWaiting(ctx.db, 2, run)
  await restoring.release()
  succeeded(await restore)
  // Not before it has come by: what is left out then is left until the next day.
  await untilWaiting(ctx.db, 1, run)
  await looking.release()
  expect(await run).toMatchObject({ deletionCount: 1, itemCount: 1 })
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).blocks).toMatchObject([
    { id: restored.id, deletion_id: null },
  ])
})

test('of 10 who purge a deletion at once one does; of 4 runs at once each item is counted once', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  for (let count = 0; count < 4; count += 1) await buildBlock(ctx, { bookId: book.id })
  const deletion = await trash(ctx, 'BOOK', book)
  const results = await Promise.all(
    Array.from({ length: 10 }, () => purgeDeletion(ctx, { deletionId: deletion.id })),
  )
  expect(results.filter((result) => !(result instanceof Failure))).toHaveLength(1)
  for (const result of results) if (result instanceof Failure) expect(result).toBeInstanceOf(NotFound)
  const reports = await Promise.all(Array.from({ length: 4 }, () => all(ctx)))
  expect(reports.reduce((sum, { itemCount }) => sum + itemCount, 0)).toBe(5)
  expect(reports.reduce((sum, { deletionCount }) => sum + deletionCount, 0)).toBe(1)
})

test('a merge that gives a tag to what is being purged is waited for', async () => {
  const ctx = await buildCtx(database.db)
  const [source, target] = [await buildTag(ctx), await buildTag(ctx)]
  const block = await buildBlock(ctx)
  await attach(ctx, [source], [block])
  await trash(ctx, 'BLOCK', block)
  // The merge stops after it has given the target to the block.
  const held = await hold(ctx.db, 'lock table tag_aliases in share mode', [])
  const [merged, report] = await interleave(
    ctx.db,
    held,
    () => mergeTags(ctx, { sourceTagId: source.id, targetTagId: target.id }),
    () => purgeTrash(ctx, { due: { trashedUntil: ctx.now() } }),
  )
  succeeded(merged)
  expect(report).toMatchObject({ itemCount: 1 })
  await all(ctx)
  expect((await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)).tag_associations).toEqual([])
  await expectWhole(ctx)
})

test('who trashes what has a tag while that is purged does not count it off twice', async () => {
  const ctx = await buildCtx(database.db)
  const { media } = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id))
  const tag = await buildTag(ctx)
  const [child] = await buildChain(ctx, ['Child'], tag)
  const blocks = [await buildBlock(ctx), await buildBlock(ctx)]
  await attach(ctx, [tag], blocks)
  // The child, which stays, keeps the tag as a tombstone, whose counts are looked at.
  if (child) await trash(ctx, 'TAG', child)
  for (const deletion of [await trash(ctx, 'TAG', tag), await trash(ctx, 'MEDIA', media)])
    succeeded(await purgeDeletion(ctx, { deletionId: deletion.id }))
  // The purge stops after it has taken the tag from the blocks.
  const held = await hold(ctx.db, 'select 1 from blobs where id = $1 for update', [media.blobId])
  const [, trashed] = await interleave(
    ctx.db,
    held,
    () => purgeTrash(ctx, {}),
    () => trashItem(ctx, { kind: 'BLOCK', id: blocks[0]?.id ?? '' }),
  )
  succeeded(trashed)
  expect(await countsOf(ctx, tag)).toEqual([0, 0, 0])
  expect(await checkTags(ctx)).toEqual([])
})

test.each(['upload', 'purge'] as const)(
  'bytes that are uploaded while their only medium is purged are counted and charged once, the %s first',
  async (first) => {
    const ctx = await buildCtx(database.db)
    const bytes = await photograph()
    const { media } = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id), { bytes })
    const slot = imagesOf((await buildBlock(ctx)).id)
    const deletion = await trash(ctx, 'MEDIA', media)
    succeeded(await purgeDeletion(ctx, { deletionId: deletion.id }))
    const held = await hold(ctx.db, 'select 1 from blobs where id = $1 for no key update', [media.blobId])
    const upload = () => uploadMedia(ctx, { fileName: 'a.jpg', slot, stream: Readable.from([bytes]) })
    const purge = () => purgeTrash(ctx, {})
    const [one, other] =
      first === 'upload'
        ? await interleave(ctx.db, held, upload, purge)
        : await interleave(ctx.db, held, purge, upload)
    expect(first === 'upload' ? one : other).toMatchObject({
      decision: 'INSERT',
      media: { blobId: media.blobId },
    })
    // Freed and charged again, or neither.
    expect(first === 'upload' ? other : one).toMatchObject({ orphanedFileCount: first === 'upload' ? 0 : 1 })
    const { blobs } = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
    expect(blobs).toMatchObject([{ ref_count: 1, orphaned_at: null }])
    await expectWhole(ctx)
  },
)

test('a child that is restored to another place while its parent is purged is live there, and the parent goes', async () => {
  for (let round = 0; round < 3; round += 1) {
    const ctx = await buildCtx(database.db)
    const block = await buildBlock(ctx)
    const target = await buildBook(ctx)
    const child = await trash(ctx, 'BLOCK', block)
    const parent = await trash(ctx, 'BOOK', { id: block.bookId })
    succeeded(await purgeDeletion(ctx, { deletionId: parent.id }))
    const restore = () => restoreDeletion(ctx, { deletionId: child.id, target: { bookId: target.id } })
    const purge = () => purgeTrash(ctx, {})
    // The one who restores has the deletion and waits for its new place; or both come by at once.
    const held = await hold(ctx.db, 'select 1 from books where id = $1 for update', [
      round < 2 ? target.id : null,
    ])
    const results = interleave(ctx.db, held, restore, purge)
    for (const result of await results) succeeded<unknown>(result)
    await purgeTrash(ctx, {})
    const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
    expect(rows.blocks).toMatchObject([{ id: block.id, book_id: target.id, deletion_id: null }])
    expect(rows.books.map(({ id }) => id)).toEqual([target.id])
  }
})
