import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { InvalidInput, NotFound } from '../../../src/domain/failure.ts'
import { moveCheckpointMarker } from '../../../src/usecases/library/checkpoint-markers.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { moveMedia } from '../../../src/usecases/media/move-media.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { uploadMedia } from '../../../src/usecases/media/upload-media.ts'
import { ask, useApi } from '../../support/api.ts'
import {
  buildCheckpoint,
  buildCtx,
  buildMarker,
  buildPicture,
  coverOf,
  markerImagesOf,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { buildMarkedBook, itemsOf } from '../../support/library/marked-library.ts'
import { photograph } from '../../support/media/pictures.ts'
import { restore, trash } from '../../support/trash/restoring.ts'
import { holdRow, interleave } from '../../support/waiting.ts'

const database = useDatabase({ poolSize: 20 })
const api = useApi(database)

/** The live pictures of a marker in their order. */
async function imagesOfMarker(ctx: Ctx, markerId: string) {
  const where = { workspaceId: ctx.actor.workspaceId, markerId, deletionId: null }
  const rows = await ctx.db.prisma.media.findMany({ where, orderBy: { position: 'asc' } })
  return rows.map(({ id }) => id)
}

test('the pictures of a marker are added at the end, arranged, trashed and restored to their place', async () => {
  const { ctx, client } = await api.workspace()
  const marker = await buildMarker(ctx)
  const ids: string[] = []
  for (const fileName of ['a.jpg', 'b.jpg', 'c.jpg'])
    ids.push((await buildPicture(ctx, markerImagesOf(marker.id), { fileName })).media.id)
  const [a = '', b = '', c = ''] = ids
  expect(await imagesOfMarker(ctx, marker.id)).toEqual([a, b, c])
  succeeded(await moveMedia(ctx, { mediaId: c, beforeId: a }))
  expect(await imagesOfMarker(ctx, marker.id)).toEqual([c, a, b])
  const deletion = await trash(ctx, 'MEDIA', { id: a })
  expect(await imagesOfMarker(ctx, marker.id)).toEqual([c, b])
  succeeded(await restore(ctx, deletion.id))

  const query = `{ checkpointMarker(id: "${marker.id}") { images { fileName kind role owner { __typename id } } } }`
  const owner = { __typename: 'CheckpointMarker', id: marker.id }
  const shown = (fileName: string) => ({ fileName, kind: 'MARKER_IMAGE', role: 'MARKER_IMAGE', owner })
  expect(await ask(client, query)).toEqual({
    checkpointMarker: { images: ['c.jpg', 'a.jpg', 'b.jpg'].map(shown) },
  })
})

test('a marker takes its pictures along to another checkpoint', async () => {
  const ctx = await buildCtx(database.db)
  const { marker, image } = await buildMarkedBook(ctx)
  const { id: checkpointId } = await buildCheckpoint(ctx)
  succeeded(await moveCheckpointMarker(ctx, { checkpointMarkerId: marker.id, checkpointId }))
  expect(await imagesOfMarker(ctx, marker.id)).toEqual([image.id])
})

test('a picture comes back to the end of another marker, or as the cover of a book', async () => {
  const ctx = await buildCtx(database.db)
  const [tree, other] = [await buildMarkedBook(ctx), await buildMarkedBook(ctx)]
  const first = await trash(ctx, 'MEDIA', tree.image)
  succeeded(await restore(ctx, first.id, { slot: markerImagesOf(other.marker.id) }))
  expect(await imagesOfMarker(ctx, other.marker.id)).toEqual([other.image.id, tree.image.id])
  const second = await trash(ctx, 'MEDIA', tree.image)
  const { item } = succeeded(await restore(ctx, second.id, { slot: coverOf('BOOK', tree.book.id) }))
  expect(item).toMatchObject({ bookId: tree.book.id, markerId: null, role: 'COVER' })
})

test('a marker has a list of pictures and nothing else', async () => {
  const ctx = await buildCtx(database.db)
  const { id: ownerId } = await buildMarker(ctx)
  for (const role of ['COVER', 'IMAGE', 'VIDEO', 'ATTACHMENT'] as const) {
    const slot = { ownerType: 'CHECKPOINT_MARKER', ownerId, role } as const
    const refusal = await uploadMedia(ctx, { slot, fileName: 'a.jpg', stream: Readable.from(['a']) })
    expect(refusal).toBeInstanceOf(InvalidInput)
    expect(refusal).toMatchObject({ issues: [{ path: 'slot.role' }] })
  }
})

test('a picture for a marker of another workspace, or in the trash, is refused', async () => {
  const [mine, theirs] = [await buildCtx(database.db), await buildCtx(database.db)]
  const [gone, foreign] = [await buildMarker(mine), await buildMarker(theirs)]
  await trash(mine, 'CHECKPOINT', { id: gone.checkpointId })
  for (const { id } of [gone, foreign]) {
    const stream = Readable.from([await photograph()])
    const refusal = await uploadMedia(mine, { slot: markerImagesOf(id), fileName: 'a.jpg', stream })
    expect(refusal).toBeInstanceOf(NotFound)
    expect(refusal).toMatchObject({ entity: 'CheckpointMarker', id })
  }
})

test.each(['CHECKPOINT_MARKER', 'CHECKPOINT', 'BOOK', 'BOOKSHELF'] as const)(
  'a picture that comes in while its %s is trashed is in that deletion or refused, never left behind',
  async (kind) => {
    for (const first of ['upload', 'trash'] as const) {
      const ctx = await buildCtx(database.db)
      const tree = await buildMarkedBook(ctx)
      const { shelf, book, checkpoint, marker } = tree
      const item = { BOOKSHELF: shelf, BOOK: book, CHECKPOINT: checkpoint, CHECKPOINT_MARKER: marker }[kind]
      const bytes = await photograph()
      const upload = () =>
        uploadMedia(ctx, {
          slot: markerImagesOf(marker.id),
          fileName: 'a.jpg',
          stream: Readable.from([bytes]),
        })
      const toTrash = () => trashItem(ctx, { kind, id: item.id })
      const waited = await holdRow(ctx.db, 'checkpoint_markers', marker)
      const results =
        first === 'upload'
          ? await interleave(ctx.db, waited, upload, toTrash)
          : await interleave(ctx.db, waited, toTrash, upload)
      const [uploaded, trashed] = first === 'upload' ? results : [results[1], results[0]]
      const refusal = { __typename: 'NotFound', entity: 'CheckpointMarker', id: marker.id }
      expect(uploaded).toMatchObject(first === 'upload' ? { decision: 'INSERT' } : refusal)
      const { deletion } = succeeded(trashed as Awaited<ReturnType<typeof toTrash>>)
      expect(await imagesOfMarker(ctx, marker.id)).toEqual([])
      const held = (await itemsOf(ctx)).filter((row) => row.deletion_id === deletion.id)
      expect(held).toHaveLength(deletion.itemCount)
    }
  },
)
