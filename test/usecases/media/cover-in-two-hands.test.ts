import { expect, test } from 'vitest'
import { transact } from '../../../src/db/client.ts'
import { rowById } from '../../../src/db/lookup.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { recordWrite } from '../../../src/usecases/media-events.ts'
import { replayEvents } from '../../../src/usecases/media/replay-events.ts'
import { recordDeletion } from '../../../src/usecases/record-deletion.ts'
import { buildBook, buildCtx, buildPicture, coverOf, removeTemporaryFolders } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { untilWaiting } from '../../support/waiting.ts'

const database = useDatabase()
removeTemporaryFolders()

/** Trashes a medium as `trashItem` does, and commits only when `meanwhile` has come to wait for it. */
const trashSlowly = (ctx: Ctx, mediaId: string, meanwhile: () => Promise<unknown>) =>
  transact(ctx.db, async (tx) => {
    await rowById(tx, 'media', ctx.actor.workspaceId, mediaId, 'lock')
    await untilWaiting(ctx.db, 1, meanwhile())
    const { deletion } = await recordDeletion(ctx, tx, { kind: 'MEDIA', itemId: mediaId, reason: null })
    const changes = [{ change: 'trash', mediaIds: [mediaId], deletionId: deletion.id }] as const
    await recordWrite(ctx, tx, { operation: 'TRASH', mediaIds: [mediaId] }, { decision: 'REPLACE', changes })
  })

test('a cover that somebody is trashing is not replaced: it is in the trash once, and by its events too', async () => {
  const ctx = await buildCtx(database.db)
  const slot = coverOf('BOOK', (await buildBook(ctx)).id)
  const { media: before } = await buildPicture(ctx, slot)
  const uploads: ReturnType<typeof buildPicture>[] = []
  await trashSlowly(ctx, before.id, async () => {
    const upload = buildPicture(ctx, slot)
    uploads.push(upload)
    await upload
  })
  expect(await uploads[0]).toMatchObject({ decision: 'INSERT', replaced: null })
  expect((await replayEvents(ctx)).problems).toEqual([])
  const { workspaceId } = ctx.actor
  expect(await ctx.db.prisma.deletion.findMany({ where: { workspaceId } })).toMatchObject([{ itemCount: 1 }])
})
