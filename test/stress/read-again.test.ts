import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import type { Slot } from '../../src/domain/slots.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { rebuildThumbnails } from '../../src/usecases/media/rebuild-thumbnails.ts'
import { renderThumbnails } from '../../src/usecases/media/render-thumbnails.ts'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import {
  buildBlock,
  buildCtx,
  buildPicture,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
  temporaryFolder,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { clip } from '../support/media/clips.ts'
import { photograph } from '../support/media/pictures.ts'
import { programs } from '../support/programs.ts'

const database = useDatabase()
removeTemporaryFolders()

const withPrograms = test.skipIf(programs.ffmpeg === null || programs.ffprobe === null)

const read = { width: 320, height: 240, durationMs: 2000, probeStatus: 'READ' }
const unread = { width: null, height: null, durationMs: null }

/** A program that never ends by itself. */
async function endless(name: string) {
  const path = join(await temporaryFolder(), name)
  await writeFile(path, '#!/bin/sh\nsleep 60\n')
  await chmod(path, 0o755)
  return path
}

/** The same context on a machine that has other programs, with little time for them if they are slow. */
const having = (ctx: Ctx, other: Partial<Ctx['programs']>, programMs = ctx.limits.programMs): Ctx => ({
  ...ctx,
  programs: { ...ctx.programs, ...other },
  limits: { ...ctx.limits, programMs },
})

const send = async (ctx: Ctx, slot: Slot, bytes: Buffer) =>
  succeeded(await uploadMedia(ctx, { slot, fileName: 'clip', stream: Readable.from([bytes]) }))

const videosOf = async (ctx: Ctx): Promise<Slot> => ({
  ownerType: 'BLOCK',
  ownerId: (await buildBlock(ctx)).id,
  role: 'VIDEO',
})

const blobOf = (ctx: Ctx, id: string) =>
  ctx.db.prisma.blob.findUniqueOrThrow({
    where: { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id } },
  })

const jobsOf = (ctx: Ctx) =>
  ctx.db.prisma.job.count({ where: { workspaceId: ctx.actor.workspaceId, name: 'render-thumbnails' } })

const rebuild = (ctx: Ctx, all = false) =>
  rebuildThumbnails(ctx, { all, signal: new AbortController().signal, onProgress: () => {} })

/** A video that was uploaded while there was no ffprobe. */
async function buildUnread() {
  const ctx = await buildCtx(database.db)
  const slot = await videosOf(ctx)
  const bytes = await clip('index-at-end.mp4')
  const { media } = await send(having(ctx, { ffprobe: null }), slot, bytes)
  expect(media).toMatchObject({ ...unread, probeStatus: 'UNAVAILABLE' })
  return { ctx, slot, bytes, blobId: media.blobId }
}

withPrograms('the job reads a video that was uploaded without ffprobe, and makes its poster', async () => {
  const { ctx, blobId } = await buildUnread()
  const without = await renderThumbnails(having(ctx, { ffprobe: null, ffmpeg: null }), { blobId })
  expect(without).toEqual({ made: 0, removed: 0, failure: null })
  expect(await blobOf(ctx, blobId)).toMatchObject({ ...unread, processingStatus: 'READY' })

  expect(await renderThumbnails(ctx, { blobId })).toMatchObject({ made: 10, failure: null })
  const blob = await blobOf(ctx, blobId)
  expect(blob).toMatchObject({ ...read, processingStatus: 'READY' })
  expect(blob.placeholder).not.toBeNull()
})

withPrograms('a rebuild reads it again', async () => {
  const { ctx, blobId } = await buildUnread()
  expect(await rebuild(ctx)).toMatchObject({ looked: 1, failures: [] })
  expect(await blobOf(ctx, blobId)).toMatchObject(read)
})

withPrograms(
  'a video that was slow to read is read by the job, which is tried again while it is slow',
  async () => {
    const ctx = await buildCtx(database.db)
    const slow = having(ctx, { ffprobe: await endless('ffprobe') }, 300)
    const { media } = await send(slow, await videosOf(ctx), await clip('webm.webm'))
    expect(media).toMatchObject({ ...unread, probeStatus: 'TIMED_OUT' })
    const { blobId } = media
    const still = having(ctx, { ffprobe: slow.programs.ffprobe, ffmpeg: null }, 300)
    await expect(renderThumbnails(still, { blobId })).rejects.toThrow('too long')
    expect(await rebuild(still)).toMatchObject({ failures: [{ blobId }] })
    await renderThumbnails(ctx, { blobId })
    expect(await blobOf(ctx, blobId)).toMatchObject(read)
  },
)

withPrograms(
  'the same bytes are read again when they come again, to the same slot and to another one',
  async () => {
    const same = await buildUnread()
    expect(await send(same.ctx, same.slot, same.bytes)).toMatchObject({ decision: 'DUPLICATE', media: read })
    const other = await buildUnread()
    const there = await videosOf(other.ctx)
    expect(await send(other.ctx, there, other.bytes)).toMatchObject({ decision: 'INSERT', media: read })
  },
)

withPrograms('a poster that could not be made is made when the same bytes come again', async () => {
  const ctx = await buildCtx(database.db)
  const [slot, bytes, without] = [await videosOf(ctx), await clip('webm.webm'), having(ctx, { ffmpeg: null })]
  const { media } = await send(without, slot, bytes)
  await renderThumbnails(without, { blobId: media.blobId })
  const before = await jobsOf(ctx)
  await send(without, slot, bytes)
  expect(await jobsOf(ctx)).toBe(before)
  expect(await send(ctx, slot, bytes)).toMatchObject({ decision: 'DUPLICATE' })
  expect(await jobsOf(ctx)).toBe(before + 1)
  await renderThumbnails(ctx, { blobId: media.blobId })
  await send(ctx, slot, bytes)
  expect(await jobsOf(ctx)).toBe(before + 1)
})

withPrograms('reading everything again on a slow machine loses nothing that is known', async () => {
  const ctx = await buildCtx(database.db)
  const { media } = await send(ctx, await videosOf(ctx), await clip('webm.webm'))
  await rebuild(having(ctx, { ffprobe: await endless('ffprobe'), ffmpeg: null }, 300), true)
  expect(await blobOf(ctx, media.blobId)).toMatchObject(read)
})

test('a video whose sound is all that it has is not rendered again and again', async () => {
  const ctx = await buildCtx(database.db)
  const [slot, bytes] = [await videosOf(ctx), await clip('sound-only.webm')]
  const { media } = await send(ctx, slot, bytes)
  await renderThumbnails(ctx, { blobId: media.blobId })
  await send(ctx, slot, bytes)
  expect(await jobsOf(ctx)).toBe(1)
})

/** A picture whose blob is of before it had these columns. */
async function buildOldPicture(
  ...columns: readonly ('width' | 'height' | 'placeholder' | 'dominantColor')[]
) {
  const ctx = await buildCtx(database.db)
  const slot = imagesOf((await buildBlock(ctx)).id)
  const bytes = await photograph()
  const { media } = await buildPicture(ctx, slot, { bytes })
  await renderThumbnails(ctx, { blobId: media.blobId })
  const whole = await blobOf(ctx, media.blobId)
  const where = { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id: media.blobId } }
  await ctx.db.prisma.blob.update({
    where,
    data: Object.fromEntries(columns.map((column) => [column, null])),
  })
  return { ctx, slot, bytes, whole, blobId: media.blobId }
}

test.each([
  ['the size', ['width', 'height']],
  ['the dominant colour', ['dominantColor']],
  ['everything', ['width', 'height', 'placeholder', 'dominantColor']],
] as const)('%s of an older picture is found by the job and by a rebuild', async (_what, columns) => {
  const job = await buildOldPicture(...columns)
  expect(await renderThumbnails(job.ctx, { blobId: job.blobId })).toMatchObject({ made: 0, failure: null })
  expect(await blobOf(job.ctx, job.blobId)).toMatchObject(job.whole)
  const rebuilt = await buildOldPicture(...columns)
  expect(await rebuild(rebuilt.ctx)).toMatchObject({ failures: [] })
  expect(await blobOf(rebuilt.ctx, rebuilt.blobId)).toMatchObject(rebuilt.whole)
})

test('an older picture is completed when the same bytes come again', async () => {
  const { ctx, slot, bytes, whole, blobId } = await buildOldPicture('width', 'height', 'dominantColor')
  const { media } = await send(ctx, slot, bytes)
  expect(media).toMatchObject({ width: whole.width, height: whole.height })
  expect(await blobOf(ctx, blobId)).toMatchObject(whole)
})
