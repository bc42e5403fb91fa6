import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { renderThumbnails } from '../../../src/usecases/media/render-thumbnails.ts'
import { purgeDeletion } from '../../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../../src/usecases/trash/run-purge.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import { collectGarbage } from '../../../src/usecases/upkeep/collect-garbage.ts'
import { ask, useApi, type Workspace } from '../../support/api.ts'
import {
  buildBlock,
  buildBook,
  buildMarker,
  buildPicture,
  coverOf,
  imagesOf,
  markerImagesOf,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { photograph } from '../../support/media/pictures.ts'
import { type UsageAnswer, usageQuery } from '../../support/media/usage.ts'
import { statementsOf } from '../../support/statements.ts'
import { dayMs } from '../../support/upkeep/collecting.ts'

const database = useDatabase()
const api = useApi(database)

const usageIn = async ({ client }: Workspace) =>
  (await ask<{ workspace: { usage: UsageAnswer } }>(client, usageQuery)).workspace.usage

const total = (...bytes: readonly number[]) => ({
  fileCount: bytes.length,
  sizeBytes: String(bytes.reduce((sum, size) => sum + size, 0)),
})
const files = (
  live: readonly number[],
  trashed: readonly number[] = [],
  purging: readonly number[] = [],
) => ({
  live: total(...live),
  trashed: total(...trashed),
  purging: total(...purging),
})

/** Different bytes of a known size. */
const picture = async (more: number) => Buffer.concat([await photograph(), randomBytes(more)])

const trashMedia = async ({ ctx }: Workspace, id: string) =>
  succeeded(await trashItem(ctx, { kind: 'MEDIA', id })).deletion

test('an empty workspace uses nothing', async () => {
  expect(await usageIn(await api.workspace())).toEqual({
    ...{ usedBytes: '0', reservedBytes: '0', files: files([]), freedOn: [] },
    ...{ byCategory: [], byMimeType: [], byOwnerType: [] },
    ...{ orphaned: total(), pendingDeletion: total(), thumbnails: total() },
  })
})

test('a file of several media items is one file: live while one is, and it leaves the trash with the last', async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const bytes = await picture(1_000)
  const size = bytes.length
  const first = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id), { bytes })
  const second = await buildPicture(ctx, coverOf('BOOK', (await buildBook(ctx)).id), { bytes })
  expect(await usageIn(workspace)).toMatchObject({
    usedBytes: String(size),
    files: files([size]),
    byMimeType: [{ mimeType: 'image/jpeg', files: files([size]) }],
    // Each owner has it.
    byOwnerType: [
      { ownerType: 'BLOCK', files: files([size]) },
      { ownerType: 'BOOK', files: files([size]) },
    ],
    freedOn: [],
  })
  const { purgeAfter: earlier } = await trashMedia(workspace, first.media.id)
  expect(await usageIn(workspace)).toMatchObject({
    files: files([size]),
    byOwnerType: [
      { ownerType: 'BLOCK', files: files([], [size]) },
      { ownerType: 'BOOK', files: files([size]) },
    ],
    freedOn: [],
  })
  ctx.clock.ms += 3 * dayMs
  const { purgeAfter: later } = await trashMedia(workspace, second.media.id)
  expect(later.getTime()).toBe(earlier.getTime() + 3 * dayMs)
  const day = `${later.toISOString().slice(0, 10)}T00:00:00.000Z`
  expect(await usageIn(workspace)).toMatchObject({
    usedBytes: String(size),
    files: files([], [size]),
    freedOn: [{ day, files: total(size) }],
  })
})

test('a file goes from live through the trash, the purge and garbage collection, and is always somewhere', async () => {
  const workspace = await api.workspace()
  const { ctx } = workspace
  const bytes = await picture(2_000)
  const size = bytes.length
  const { media } = await buildPicture(ctx, markerImagesOf((await buildMarker(ctx)).id), { bytes })
  await renderThumbnails(ctx, { blobId: media.blobId })
  const made = (await usageIn(workspace)).thumbnails
  expect(made.fileCount).toBeGreaterThan(1)
  expect(await usageIn(workspace)).toMatchObject({
    files: files([size]),
    byOwnerType: [{ ownerType: 'CHECKPOINT_MARKER' }],
  })

  const deletion = await trashMedia(workspace, media.id)
  expect(await usageIn(workspace)).toMatchObject({ files: files([], [size]) })
  // It has left the trash at once; a job removes its rows.
  succeeded(await purgeDeletion(ctx, { deletionId: deletion.id }))
  expect(await usageIn(workspace)).toMatchObject({
    usedBytes: String(size),
    files: files([], [], [size]),
    freedOn: [],
  })
  await purgeTrash(ctx, {})
  const unused = { usedBytes: '0', files: files([]), byMimeType: [], thumbnails: made }
  expect(await usageIn(workspace)).toMatchObject({ ...unused, orphaned: total(size) })

  ctx.clock.ms += 8 * dayMs
  await collectGarbage(ctx, {})
  const pendingDeletion = {
    fileCount: made.fileCount + 1,
    sizeBytes: String(size + Number(made.sizeBytes)),
  }
  expect(await usageIn(workspace)).toMatchObject({
    ...{ usedBytes: '0', orphaned: total(), thumbnails: total(), pendingDeletion },
  })
})

test('workspaces see their own files only, and as many statements answer for many as for one', async () => {
  const [one, other] = [await api.workspace(), await api.workspace()]
  const bytes = await picture(50)
  for (const { ctx } of [one, other]) await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id), { bytes })
  expect((await usageIn(one)).files).toEqual(files([bytes.length]))
  const many = async (first: number) => {
    const query = `{ workspaces(first: ${first}) { nodes { usage { files { live { fileCount } } } } } }`
    return (await statementsOf(() => ask(one.client, query))).length
  }
  expect(await many(5)).toBe(await many(1))
})

test('the usage of many large workspaces is refused, because reading it takes long', async () => {
  const { client } = await api.workspace()
  const query = '{ workspaces(first: 100) { nodes { usage { usedBytes } } } }'
  expect((await client.send(query)).status).toBe(400)
})
