import { expect, test } from 'vitest'
import { transact } from '../../../src/db/client.ts'
import { Failure } from '../../../src/domain/failure.ts'
import { QuotaExceeded } from '../../../src/domain/quota.ts'
import { checkMedia } from '../../../src/usecases/media/check-media.ts'
import { chargeBytes, reserveRoom } from '../../../src/usecases/media/quota.ts'
import { updateWorkspace } from '../../../src/usecases/workspaces.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildPicture,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { photograph } from '../../support/media/pictures.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const clients = 50
const atOnce = <T>(work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: clients }, (_nothing, index) => work(index)))

const usedBytes = async ({ db, actor }: Awaited<ReturnType<typeof buildCtx>>) =>
  (await db.prisma.workspace.findUniqueOrThrow({ where: { id: actor.workspaceId } })).usedBytes

test('of 50 who reserve at once as many get room as there is', async () => {
  const ctx = await buildCtx(database.db)
  succeeded(await updateWorkspace(ctx, { quotaBytes: 70n }))
  const rooms = await atOnce(() => reserveRoom(ctx, 10n))
  expect(rooms.filter((room) => !(room instanceof Failure))).toHaveLength(7)
  for (const room of rooms) if (room instanceof Failure) expect(room).toBeInstanceOf(QuotaExceeded)
})

test('of 50 who are charged at once none is forgotten', async () => {
  const ctx = await buildCtx(database.db)
  await atOnce(() => transact(ctx.db, async (tx) => chargeBytes(ctx, tx, 10n, undefined)))
  expect(await usedBytes(ctx)).toBe(BigInt(clients) * 10n)
})

test('a promise that expired before its bytes were stored is none: others may have the room by then', async () => {
  const ctx = await buildCtx(database.db)
  succeeded(await updateWorkspace(ctx, { quotaBytes: 10n }))
  const { id } = succeeded(await reserveRoom(ctx, 10n))
  ctx.clock.ms += 60 * 60 * 1000
  const other = succeeded(await reserveRoom(ctx, 10n))
  const charge = (reservationId: string) =>
    transact(ctx.db, async (tx) => chargeBytes(ctx, tx, 10n, reservationId))
  expect(await charge(id)).toBeInstanceOf(QuotaExceeded)
  expect(await charge(other.id)).toBeUndefined()
  expect(await usedBytes(ctx)).toBe(10n)
})

test('bytes that have no medium any more are charged once, however many place them at once', async () => {
  const ctx = await buildCtx(database.db)
  const { id: bookId } = await buildBook(ctx)
  const blocks = await Promise.all(Array.from({ length: 8 }, () => buildBlock(ctx, { bookId })))
  for (let round = 0; round < 3; round += 1) {
    const bytes = await photograph()
    const { media } = await buildPicture(ctx, imagesOf(blocks[0]?.id ?? ''), { bytes })
    // As after a purge whose bytes were not collected yet.
    const { workspaceId } = ctx.actor
    await ctx.db.prisma.media.deleteMany({ where: { workspaceId, id: media.id } })
    await ctx.db.prisma.blob.updateMany({
      where: { workspaceId, id: media.blobId },
      data: { refCount: 0, orphanedAt: ctx.now() },
    })
    await ctx.db.prisma.workspace.update({
      where: { id: workspaceId },
      data: { usedBytes: { decrement: media.sizeBytes } },
    })
    await Promise.all(blocks.map(({ id }) => buildPicture(ctx, imagesOf(id), { bytes })))
    expect(await checkMedia(ctx)).toEqual([])
  }
})
