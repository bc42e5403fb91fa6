import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { NotFound } from '../../../src/domain/failure.ts'
import { purgeDeletion } from '../../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../../src/usecases/trash/run-purge.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { uploadMedia } from '../../../src/usecases/media/upload-media.ts'
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
import { photograph } from '../../support/media/pictures.ts'

const database = useDatabase()
removeTemporaryFolders()

test('a repeated upload gives its first result although its owner is in the trash by now', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const bytes = await photograph()
  const send = (idempotencyKey: string) =>
    uploadMedia(ctx, {
      slot: imagesOf(block.id),
      fileName: 'picture.jpg',
      stream: Readable.from([bytes]),
      idempotencyKey,
    })
  const first = succeeded(await send('once'))
  succeeded(await trashItem(ctx, { kind: 'BLOCK', id: block.id }))

  const again = succeeded(await send('once'))
  expect(again.media.id).toBe(first.media.id)
  expect(await send('another')).toBeInstanceOf(NotFound)
  expect(await database.db.prisma.media.count({ where: { workspaceId: ctx.actor.workspaceId } })).toBe(1)
})

test('a repeated upload names the cover it replaced only until that is purged, be the job done or not', async () => {
  const ctx = await buildCtx(database.db)
  const slot = coverOf('BOOK', (await buildBook(ctx)).id)
  const { media: old } = await buildPicture(ctx, slot)
  const bytes = await photograph()
  const send = async () => {
    const upload = { slot, fileName: 'picture.jpg', stream: Readable.from([bytes]), idempotencyKey: 'once' }
    return succeeded(await uploadMedia(ctx, upload)).replaced
  }
  const replaced = await send()
  expect(replaced?.id).toBe(old.id)
  expect((await send())?.id).toBe(old.id)
  succeeded(await purgeDeletion(ctx, { deletionId: replaced?.deletionId ?? '' }))
  expect(await send()).toBeNull()
  await purgeTrash(ctx, {})
  expect(await send()).toBeNull()
})

test('an SVG whose elements have a prefix is taken as one', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const svg = `<svg:svg xmlns:svg="http://www.w3.org/2000/svg" width="30" height="20"><svg:rect width="9" height="9"/></svg:svg>`
  const stream = Readable.from([Buffer.from(svg)])
  const { media } = succeeded(await uploadMedia(ctx, { slot: imagesOf(block.id), fileName: 'a.svg', stream }))
  expect(media).toMatchObject({ mimeType: 'image/svg+xml', width: 30, height: 20 })
})
