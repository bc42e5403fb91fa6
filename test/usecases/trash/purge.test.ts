import { expect, test } from 'vitest'
import { AccessDenied } from '../../../src/domain/access.ts'
import { PurgeSafetyLimitExceeded, type PurgeRequest } from '../../../src/domain/purge.ts'
import { previewRestore } from '../../../src/usecases/trash/restore-item.ts'
import { RestoreConflict } from '../../../src/domain/restore.ts'
import type { TrashableKind } from '../../../src/db/rows.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { checkMedia } from '../../../src/usecases/media/check-media.ts'
import { openMedia } from '../../../src/usecases/media/open-media.ts'
import { emptyTrash, purgeDeletion, runPurge } from '../../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../../src/usecases/trash/run-purge.ts'
import { replayEvents } from '../../../src/usecases/media/replay-events.ts'
import { restoreDeletion } from '../../../src/usecases/trash/restore.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildPicture,
  coverOf,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { rowsOfWorkspace } from '../../support/state.ts'

const database = useDatabase()
removeTemporaryFolders()

const trash = async (ctx: Ctx, kind: TrashableKind, id: string) =>
  succeeded(await trashItem(ctx, { kind, id })).deletion

test('a purge removes exactly what the deletion holds, and takes its bytes out of the quota', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx)
  const block = await buildBlock(ctx, { bookId: book.id })
  const { media: cover } = await buildPicture(ctx, coverOf('BOOK', book.id))
  await buildPicture(ctx, imagesOf(block.id))
  const other = await buildBlock(ctx, {
    bookId: (await buildBook(ctx, { bookshelfId: book.bookshelfId })).id,
  })
  const deletion = await trash(ctx, 'BOOK', book.id)
  const before = await ctx.db.prisma.workspace.findUniqueOrThrow({ where: { id: ctx.actor.workspaceId } })
  expect(before.usedBytes).toBeGreaterThan(0n)

  succeeded(await purgeDeletion(ctx, { deletionId: deletion.id }))
  expect(await restoreDeletion(ctx, { deletionId: deletion.id })).toMatchObject({ __typename: 'NotFound' })
  const report = await purgeTrash(ctx, {})
  expect(report).toMatchObject({
    deletionCount: 1,
    itemCount: 4,
    orphanedFileCount: 2,
    freedBytes: before.usedBytes,
    heldItemCount: 0,
  })

  const { rows } = { rows: await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId) }
  expect(rows.blocks.map(({ id }) => id)).toEqual([other.id])
  expect(rows.deletions).toEqual([])
  expect(rows.media).toEqual([])
  expect(rows.blobs.map((blob) => blob['orphaned_at'])).toEqual([ctx.now(), ctx.now()])
  expect(rows.blobs.map(({ id }) => id)).toContain(cover.blobId)
  expect(await checkMedia(ctx)).toEqual([])
  expect((await replayEvents(ctx)).problems).toEqual([])
})

test('the bytes of what is purged are not given out any more, before a job has removed it', async () => {
  const ctx = await buildCtx(database.db)
  const { media } = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id))
  const deletion = await trash(ctx, 'MEDIA', media.id)
  for (const variant of [undefined, 'thumbnail'])
    expect(await openMedia(ctx, { id: media.id, variant, trashed: true })).toMatchObject({ media: {} })
  succeeded(await purgeDeletion(ctx, { deletionId: deletion.id }))
  for (const variant of [undefined, 'thumbnail'])
    expect(await openMedia(ctx, { id: media.id, variant, trashed: true })).toBeUndefined()
  await purgeTrash(ctx, {})
  expect(await openMedia(ctx, { id: media.id, variant: undefined, trashed: true })).toBeUndefined()
})

test('what was trashed before its parent outlives the purge of the parent, and is restored to another place', async () => {
  const ctx = await buildCtx(database.db)
  const book = await buildBook(ctx, { summary: 'Secret' })
  const block = await buildBlock(ctx, { bookId: book.id })
  const first = await trash(ctx, 'BLOCK', block.id)
  const second = await trash(ctx, 'BOOK', book.id)
  succeeded(await purgeDeletion(ctx, { deletionId: second.id }))
  expect(await purgeTrash(ctx, {})).toMatchObject({ deletionCount: 0, itemCount: 0, heldItemCount: 1 })

  const conflict = await restoreDeletion(ctx, { deletionId: first.id })
  expect(conflict).toBeInstanceOf(RestoreConflict)
  expect(conflict).toMatchObject({
    reason: 'PARENT_PURGED',
    blockedBy: null,
    options: ['CHOOSE_TARGET'],
  })
  const target = await buildBook(ctx)
  succeeded(await restoreDeletion(ctx, { deletionId: first.id, target: { bookId: target.id } }))
  expect(await purgeTrash(ctx, {})).toMatchObject({ deletionCount: 1, itemCount: 1, heldItemCount: 0 })
  const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  expect(rows.books.map(({ id }) => id)).toEqual([target.id])
  expect(rows.blocks.map(({ id }) => id)).toEqual([block.id])
})

test('the trash is emptied of what is expired only, on request', async () => {
  const ctx = await buildCtx(database.db)
  const expired = await trash(ctx, 'BOOK', (await buildBook(ctx)).id)
  ctx.clock.ms += 31 * 24 * 60 * 60 * 1000
  const fresh = await trash(ctx, 'BOOK', (await buildBook(ctx)).id)
  const limits = { ...ctx.limits, purge: { items: 1, bytes: 0n } }
  // Both are more than the safety limit allows, the expired one is not.
  expect(await emptyTrash({ ...ctx, limits }, {})).toBeInstanceOf(PurgeSafetyLimitExceeded)
  const { job } = succeeded(await emptyTrash({ ...ctx, limits }, { expiredOnly: true }))
  const attempt = {
    before: undefined,
    onProgress: () => Promise.resolve(),
    signal: new AbortController().signal,
  }
  await runPurge(ctx, job.payload as unknown as PurgeRequest, attempt)
  const left = await ctx.db.prisma.deletion.findMany({ where: { workspaceId: ctx.actor.workspaceId } })
  expect(left.map(({ id }) => id)).toEqual([fresh.id])
  expect(left.map(({ id }) => id)).not.toContain(expired.id)
})

test('only who may restore is told what a restore would do', async () => {
  const ctx = await buildCtx(database.db)
  const deletion = await trash(ctx, 'BOOK', (await buildBook(ctx)).id)
  const viewer = { ...ctx, actor: { ...ctx.actor, role: 'VIEWER' as const } }
  await expect(previewRestore(viewer, { deletionId: deletion.id })).rejects.toThrow(AccessDenied)
  await expect(purgeDeletion(viewer, { deletionId: deletion.id })).rejects.toThrow(AccessDenied)
  const editor = { ...ctx, actor: { ...ctx.actor, role: 'EDITOR' as const } }
  expect(await previewRestore(editor, { deletionId: deletion.id })).toMatchObject({ problem: null })
  await expect(purgeDeletion(editor, { deletionId: deletion.id })).rejects.toThrow(AccessDenied)
})
