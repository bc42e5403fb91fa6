import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { NoPicture } from '../../src/domain/thumbnails.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { openMedia } from '../../src/usecases/media/open-media.ts'
import { renderThumbnails } from '../../src/usecases/media/render-thumbnails.ts'
import { uploadMedia } from '../../src/usecases/media/upload-media.ts'
import {
  buildBlock,
  buildCtx,
  removeTemporaryFolders,
  succeeded,
  temporaryFolder,
} from '../support/builders.ts'
import { clip, makeClip } from '../support/media/clips.ts'
import { useDatabase } from '../support/database.ts'
import { programs } from '../support/programs.ts'

const database = useDatabase()
removeTemporaryFolders()

const withFfmpeg = test.skipIf(programs.ffmpeg === null)

/** A video, and what there is of it after the job, whose programs may take `programMs`. */
async function rendered(bytes: Buffer, change: (ctx: Ctx) => Partial<Ctx> = () => ({}), programMs?: number) {
  const own = await buildCtx(database.db)
  const ctx = { ...own, ...change(own) }
  const slot = { ownerType: 'BLOCK', ownerId: (await buildBlock(ctx)).id, role: 'VIDEO' } as const
  const { media } = succeeded(
    await uploadMedia(ctx, { slot, fileName: 'clip', stream: Readable.from([bytes]) }),
  )
  const limits = { ...ctx.limits, programMs: programMs ?? ctx.limits.programMs }
  const job = renderThumbnails({ ...ctx, limits }, { blobId: media.blobId })
  const outcome = await job.catch((error: unknown) => error)
  const where = { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id: media.blobId } }
  const blob = await ctx.db.prisma.blob.findUniqueOrThrow({ where })
  const open = (variant: string) => openMedia(ctx, { id: media.id, variant, trashed: false })
  const read = async (variant: string) => {
    const opened = succeeded(await open(variant))
    if (!opened) throw new Error(`There is no ${variant}.`)
    return readFile(join(ctx.storageRoot, opened.key))
  }
  return { ctx, media, blob, outcome, open, read }
}

withFfmpeg.each([
  ['index-at-end.mp4', 320, 240],
  ['index-at-start.mp4', 320, 240],
  ['turned.mp4', 240, 320],
  ['quicktime.mov', 320, 240],
  ['webm.webm', 320, 240],
] as const)('%s has thumbnails made of a frame, as it is shown', async (name, width, height) => {
  const { media, blob, outcome, read } = await rendered(await clip(name))
  expect(media).toMatchObject({ width, height, durationMs: 2000, probeStatus: 'READ', placeholder: null })
  expect(outcome).toEqual({ made: 10, removed: 0, failure: null })
  expect(blob).toMatchObject({ processingStatus: 'READY', processingFailure: null })
  expect(blob.placeholder).toMatch(/^[\w+/]+=*$/)
  expect(blob.dominantColor).toMatch(/^#[0-9a-f]{6}$/)
  expect(await sharp(await read('preview')).metadata()).toMatchObject({ format: 'webp', width, height })
  expect(await sharp(await read('square')).metadata()).toMatchObject({ width: 240, height: 240 })
  const { channels } = await sharp(await read('thumbnail')).stats()
  expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeGreaterThan(30)
})

withFfmpeg('the frame is not the black one that a video begins with', async () => {
  const path = await makeClip(join(await temporaryFolder(), 'fade.mp4'), [
    ...[
      '-f',
      'lavfi',
      '-i',
      'color=black:d=0.5:s=2000x1000:r=10',
      '-f',
      'lavfi',
      '-i',
      'color=red:d=9.5:s=2000x1000:r=10',
    ],
    ...['-filter_complex', 'concat', '-pix_fmt', 'yuv420p'],
  ])
  const { blob, read } = await rendered(await readFile(path))
  expect(blob.dominantColor).toMatch(/^#f[0-9a-f]0[0-9a-f]0[0-9a-f]$/)
  expect(await sharp(await read('preview')).metadata()).toMatchObject({ width: 1280, height: 640 })
})

withFfmpeg('one frame is enough, and so is what is there of a video that was cut off', async () => {
  const path = await makeClip(join(await temporaryFolder(), 'one.mp4'), [
    ...['-f', 'lavfi', '-i', 'testsrc=d=0.1:r=10:s=64x64', '-frames:v', '1', '-pix_fmt', 'yuv420p'],
  ])
  expect((await rendered(await readFile(path))).outcome).toMatchObject({ made: 10, failure: null })
  const cut = (await clip('index-at-start.mp4')).subarray(0, 8000)
  expect((await rendered(cut)).outcome).toMatchObject({ made: 10, failure: null })
})

withFfmpeg('thumbnails of a video come back when their folder is deleted', async () => {
  const { ctx, read } = await rendered(await clip('webm.webm'))
  const before = await read('small')
  await rm(join(ctx.storageRoot, 'thumbnails'), { recursive: true })
  expect((await read('small')).equals(before)).toBe(true)
})

withFfmpeg('a video that cannot be read is FAILED and says why; it has no thumbnails', async () => {
  const { blob, open, outcome } = await rendered((await clip('index-at-end.mp4')).subarray(0, 6000))
  expect(blob).toMatchObject({ probeStatus: 'UNREADABLE', durationMs: null, processingStatus: 'FAILED' })
  expect(blob.processingFailure).toContain('damaged')
  expect(outcome).toMatchObject({ made: 0, failure: blob.processingFailure })
  expect(await open('thumbnail')).toMatchObject({ message: expect.stringContaining('damaged') as string })
})

test('a video with sound only is READY without pictures', async () => {
  const { blob, open, outcome } = await rendered(await clip('sound-only.webm'))
  expect(outcome).toEqual({ made: 0, removed: 0, failure: null })
  expect(blob).toMatchObject({
    processingStatus: 'READY',
    processingFailure: null,
    placeholder: null,
    width: null,
  })
  expect(await open('thumbnail')).toMatchObject({ why: 'sound only' })
})

test('a recording with sound only is READY without pictures and says so, also without ffmpeg', async () => {
  const { open } = await rendered(await clip('sound-only.webm'), ({ programs: found }) => ({
    programs: { ...found, ffmpeg: null },
  }))
  expect(await open('thumbnail')).toMatchObject({ why: 'sound only' })
})

test.each([null, '/no/such/ffmpeg'])(
  'without ffmpeg (%s) a video is READY without pictures',
  async (ffmpeg) => {
    const { blob, open, outcome } = await rendered(await clip('webm.webm'), ({ programs: found }) => ({
      programs: { ...found, ffmpeg },
    }))
    expect(outcome).toEqual({ made: 0, removed: 0, failure: null })
    expect(blob).toMatchObject({ processingStatus: 'READY', durationMs: 2000, placeholder: null })
    expect(await open('thumbnail')).toBeInstanceOf(NoPicture)
  },
)

test('a video whose frame takes too long is FAILED, and tried again', async () => {
  const ffmpeg = join(await temporaryFolder(), 'ffmpeg')
  await writeFile(ffmpeg, '#!/bin/sh\nsleep 60\n')
  await chmod(ffmpeg, 0o755)
  const endless = ({ programs: found }: Ctx) => ({ programs: { ...found, ffmpeg } })
  const { blob, open, outcome } = await rendered(await clip('webm.webm'), endless, 500)
  expect(outcome).toBeInstanceOf(Error)
  expect(blob).toMatchObject({
    processingStatus: 'FAILED',
    processingFailure: expect.stringContaining('more than 0.5 seconds') as string,
  })
  expect(await open('thumbnail')).toMatchObject({ message: blob.processingFailure })
})
