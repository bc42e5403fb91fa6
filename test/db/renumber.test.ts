import { expect, test } from 'vitest'
import { transact } from '../../src/db/client.ts'
import { renumber } from '../../src/db/ordering.ts'
import { freshPositions } from '../../src/domain/ordering.ts'
import { listOfSlot } from '../../src/usecases/media/media.ts'
import { buildBlock, buildCtx, buildPicture, imagesOf, removeTemporaryFolders } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { untilWaiting } from '../support/waiting.ts'

const database = useDatabase()
removeTemporaryFolders()

test('what leaves a list while it is renumbered is not among what got a new position', async () => {
  const ctx = await buildCtx(database.db)
  const [from, to] = [await buildBlock(ctx), await buildBlock(ctx)]
  const { media: leaving } = await buildPicture(ctx, imagesOf(from.id))
  const { media: staying } = await buildPicture(ctx, imagesOf(from.id))
  const ids = [leaving.id, staying.id]
  const list = listOfSlot(ctx, imagesOf(from.id))
  const renumbering: ReturnType<typeof renumber>[] = []
  await transact(ctx.db, async (tx) => {
    const { workspaceId } = ctx.actor
    await tx.media.updateMany({ where: { workspaceId, id: leaving.id }, data: { blockId: to.id } })
    const started = transact(ctx.db, (other) => renumber(other, list, ids, freshPositions(2)))
    renumbering.push(started)
    await untilWaiting(ctx.db, 1, started)
  })
  expect((await renumbering[0])?.map(({ id }) => id)).toEqual([staying.id])
})
