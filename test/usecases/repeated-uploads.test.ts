import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { NotFound } from '../../src/domain/failure.ts'
import { trashItem } from '../../src/usecases/trash.ts'
import { uploadMedia } from '../../src/usecases/uploads.ts'
import { buildBlock, buildCtx, imagesOf, removeTemporaryFolders, succeeded } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { photograph } from '../support/pictures.ts'

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

test('an SVG whose elements have a prefix is taken as one', async () => {
  const ctx = await buildCtx(database.db)
  const block = await buildBlock(ctx)
  const svg = `<svg:svg xmlns:svg="http://www.w3.org/2000/svg" width="30" height="20"><svg:rect width="9" height="9"/></svg:svg>`
  const stream = Readable.from([Buffer.from(svg)])
  const { media } = succeeded(await uploadMedia(ctx, { slot: imagesOf(block.id), fileName: 'a.svg', stream }))
  expect(media).toMatchObject({ mimeType: 'image/svg+xml', width: 30, height: 20 })
})
