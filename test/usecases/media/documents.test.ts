import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { documentNames } from '../../../src/domain/document-types.ts'
import { Failure } from '../../../src/domain/failure.ts'
import type { Slot } from '../../../src/domain/slots.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { rebuildThumbnails } from '../../../src/usecases/media/rebuild-thumbnails.ts'
import { uploadMedia } from '../../../src/usecases/media/upload-media.ts'
import { restoreItem } from '../../../src/usecases/trash/restore-item.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import {
  buildBlock,
  buildBook,
  buildCtx,
  buildMarker,
  buildShelf,
  coverOf,
  imagesOf,
  markerImagesOf,
  removeTemporaryFolders,
  succeeded,
  temporaryFolder,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { officeFile } from '../../support/media/archives.ts'
import { attachmentsOf, rendered, sendAttachment } from '../../support/media/attached.ts'
import { clip } from '../../support/media/clips.ts'
import { pdfOf, recording } from '../../support/media/documents.ts'
import { programs } from '../../support/programs.ts'
import { stateOf } from '../../support/state.ts'

const database = useDatabase()
removeTemporaryFolders()

const withPoppler = test.skipIf(programs.pdftoppm === null)
const withFfmpeg = test.skipIf(programs.ffmpeg === null)
const limited = (ctx: Ctx, limits: Partial<Ctx['limits']>): Ctx => ({
  ...ctx,
  limits: { ...ctx.limits, ...limits },
})
const having = (ctx: Ctx, other: Partial<Ctx['programs']>): Ctx => ({
  ...ctx,
  programs: { ...ctx.programs, ...other },
})

test('bookshelves, books and blocks have documents among their attachments, and no other slot takes them', async () => {
  const ctx = await buildCtx(database.db)
  const [shelf, book, block] = [await buildShelf(ctx), await buildBook(ctx), await buildBlock(ctx)]
  const owners = { BOOKSHELF: shelf.id, BOOK: book.id, BLOCK: block.id }
  for (const [ownerType, ownerId] of Object.entries(owners) as [keyof typeof owners, string][])
    expect(
      await sendAttachment(ctx, pdfOf(), '报告.pdf', { ownerType, ownerId, role: 'ATTACHMENT' }),
    ).toMatchObject({
      decision: 'INSERT',
      media: { mimeType: 'application/pdf', extension: 'pdf', fileName: '报告.pdf', probeStatus: null },
    })
  const others: Slot[] = [
    coverOf('BOOK', book.id),
    imagesOf(block.id),
    { ownerType: 'BLOCK', ownerId: block.id, role: 'VIDEO' },
    markerImagesOf((await buildMarker(ctx)).id),
  ]
  const before = await stateOf(ctx)
  for (const slot of others) {
    // New bytes and known ones, which is another way through the pipeline.
    for (const bytes of [pdfOf({ width: 300 }), pdfOf(), await recording('sine.mp3'), officeFile('docx')]) {
      const refused = await sendAttachment(ctx, bytes, 'a.jpg', slot)
      expect(refused).toMatchObject({
        __typename: 'UnsupportedFileType',
        detectedType: expect.stringMatching(
          /^(application\/(pdf|zip)|audio\/mpeg|.*wordprocessingml.*)$/,
        ) as string,
      })
      expect((refused as { supportedTypes?: string[] }).supportedTypes).not.toContain('application/pdf')
    }
  }
  expect(await stateOf(ctx)).toEqual(before)
})

test('an MP4 with sound only is no video, but an attachment with a duration', async () => {
  const ctx = await buildCtx(database.db)
  const slot = { ownerType: 'BLOCK', ownerId: (await buildBlock(ctx)).id, role: 'VIDEO' } as const
  const bytes = await clip('sound-only.mp4')
  expect(await sendAttachment(ctx, bytes, 'voice.mp4', slot)).toMatchObject({ detectedType: 'audio/mp4' })
  expect(await sendAttachment(ctx, bytes, 'voice.mp4')).toMatchObject({
    media: { mimeType: 'audio/mp4', extension: 'm4a', durationMs: 1000, probeStatus: 'READ', width: null },
  })
})

test('only configured documents are taken, and what is stored already stays and can be restored', async () => {
  const ctx = await buildCtx(database.db)
  const slot = await attachmentsOf(ctx)
  const { media } = succeeded(await sendAttachment(ctx, Buffer.from('notes'), 'notes.md', slot))
  const less = limited(ctx, { documents: documentNames.filter((name) => name !== 'md') })
  for (const bytes of ['notes', 'other notes'])
    expect(await sendAttachment(less, Buffer.from(bytes), 'notes.md')).toMatchObject({
      __typename: 'UnsupportedFileType',
      detectedType: 'text/markdown',
      supportedTypes: expect.not.arrayContaining(['text/markdown']) as string[],
    })
  expect(await sendAttachment(less, Buffer.from('other notes'), 'notes.txt')).not.toBeInstanceOf(Failure)
  expect(await sendAttachment(limited(ctx, { documents: [] }), pdfOf())).toMatchObject({
    supportedTypes: expect.not.arrayContaining(['application/pdf']) as string[],
  })
  succeeded(await trashItem(less, { kind: 'MEDIA', id: media.id }))
  expect(await restoreItem(less, { itemId: media.id })).not.toBeInstanceOf(Failure)
})

test('bytes have one type: that of the name under which they came first', async () => {
  const ctx = await buildCtx(database.db)
  const first = succeeded(await sendAttachment(ctx, Buffer.from('a;b'), 'a.csv'))
  const second = succeeded(await sendAttachment(ctx, Buffer.from('a;b'), 'b.txt'))
  expect(first.media).toMatchObject({ mimeType: 'text/csv', fileName: 'a.csv' })
  expect(second.media).toMatchObject({ mimeType: 'text/csv', fileName: 'b.txt', blobId: first.media.blobId })
})

test('the same new bytes under two names at once get one type', async () => {
  const ctx = await buildCtx(database.db)
  const slot = await attachmentsOf(ctx)
  const other = await attachmentsOf(ctx)
  const sent = await Promise.all([
    sendAttachment(ctx, Buffer.from('a;b'), 'a.csv', slot),
    sendAttachment(ctx, Buffer.from('a;b'), 'a.md', other),
  ])
  const [one, two] = sent.map((answer) => succeeded(answer).media)
  expect(two?.blobId).toBe(one?.blobId)
  expect(two?.mimeType).toBe(one?.mimeType)
  expect(await ctx.db.prisma.blob.count({ where: { workspaceId: ctx.actor.workspaceId } })).toBe(1)
})

test('an empty document is refused', async () => {
  const ctx = await buildCtx(database.db)
  expect(await sendAttachment(ctx, Buffer.alloc(0), 'a.txt')).toMatchObject({ unreadableReason: 'EMPTY' })
})

test.each<[string, () => Buffer | Promise<Buffer>]>([
  ['a text', () => Buffer.from('words '.repeat(9_000))],
  ['an office document', () => officeFile('xlsx', 'x'.repeat(50))],
  ['a PDF', () => pdfOf()],
  ['a recording', () => recording('sine.flac')],
])('%s may be as large as the limit of documents, and not one byte larger', async (_case, make) => {
  const ctx = await buildCtx(database.db)
  const bytes = await make()
  expect(await sendAttachment(limited(ctx, { documentBytes: bytes.length - 1 }), bytes)).toMatchObject({
    __typename: 'FileTooLarge',
    limitBytes: BigInt(bytes.length - 1),
  })
  expect(await sendAttachment(limited(ctx, { documentBytes: bytes.length }), bytes)).not.toBeInstanceOf(
    Failure,
  )
})

test.each([
  ['a text', Buffer.from('words '.repeat(12_000))],
  ['an archive', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(65_536)])],
  ['a file of sectors', Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(65_536)])],
])('%s over the limit is not read to its end', async (_case, chunk) => {
  const ctx = limited(await buildCtx(database.db), { documentBytes: 1024 * 1024 })
  let sent = 0
  function* endless() {
    for (;;) {
      sent += chunk.length
      yield chunk
    }
  }
  const stream = Readable.from(endless())
  expect(await uploadMedia(ctx, { slot: await attachmentsOf(ctx), fileName: 'a', stream })).toMatchObject({
    __typename: 'FileTooLarge',
  })
  expect(sent).toBeLessThan(4 * 1024 * 1024)
  expect(stream.destroyed).toBe(true)
})

test('a document that has no thumbnails is READY at once, without a job', async () => {
  const ctx = await buildCtx(database.db)
  const { media } = succeeded(await sendAttachment(ctx, officeFile('docx')))
  expect(media.processingStatus).toBe('READY')
  const jobs = await ctx.db.prisma.job.count({ where: { workspaceId: ctx.actor.workspaceId } })
  expect(jobs).toBe(0)
  const { outcome, blob, open } = await rendered(ctx, Buffer.from('notes'), 'notes.md')
  expect(outcome).toEqual({ made: 0, removed: 0, failure: null })
  expect(blob).toMatchObject({ processingStatus: 'READY', placeholder: null, width: null })
  expect(await open('thumbnail')).toMatchObject({ why: 'no thumbnails' })
})

withPoppler('the first page of a PDF is its thumbnail, and gives it its size', async () => {
  const ctx = await buildCtx(database.db)
  const { media, outcome, blob, open } = await rendered(ctx, pdfOf({ width: 400, height: 800, pages: 3 }))
  expect(media).toMatchObject({ processingStatus: 'PENDING', width: null, placeholder: null })
  expect(outcome).toEqual({ made: 10, removed: 0, failure: null })
  expect(blob).toMatchObject({ processingStatus: 'READY', width: 640, height: 1280, durationMs: null })
  expect(blob.placeholder).toMatch(/^[\w+/]+=*$/)
  const thumbnail = succeeded(await open('thumbnail'))
  const bytes = await readFile(join(ctx.storageRoot, thumbnail?.key ?? ''))
  expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width: 160, height: 320 })
  const square = await readFile(join(ctx.storageRoot, succeeded(await open('square'))?.key ?? ''))
  expect(await sharp(square).metadata()).toMatchObject({ format: 'webp', width: 320, height: 320 })
})

withPoppler('a PDF that cannot be drawn is kept and says why it has no thumbnail', async () => {
  const ctx = await buildCtx(database.db)
  const { blob, open } = await rendered(ctx, Buffer.from('%PDF-1.7\nnothing'))
  expect(blob).toMatchObject({ processingStatus: 'FAILED', width: null })
  expect(blob.processingFailure).toContain('encrypted')
  expect(await open('thumbnail')).toMatchObject({ message: blob.processingFailure })
})

test('without its program a PDF is READY without thumbnails, which a rebuild makes later', async () => {
  const ctx = await buildCtx(database.db)
  const without = having(ctx, { pdftoppm: null })
  const { blob, open, outcome } = await rendered(without, pdfOf())
  expect(outcome).toEqual({ made: 0, removed: 0, failure: null })
  expect(blob).toMatchObject({ processingStatus: 'READY', placeholder: null })
  expect(await open('thumbnail')).toMatchObject({ why: 'no program' })
  if (programs.pdftoppm === null) return
  const { signal } = new AbortController()
  const rebuilt = await rebuildThumbnails(ctx, { all: false, signal, onProgress: () => {} })
  expect(rebuilt).toEqual({ looked: 1, made: 10, removed: 0, failures: [] })
})

withPoppler('the thumbnails that a PDF lacks are made when the same bytes come again', async () => {
  const ctx = await buildCtx(database.db)
  await rendered(having(ctx, { pdftoppm: null }), pdfOf())
  const jobs = () => ctx.db.prisma.job.count({ where: { workspaceId: ctx.actor.workspaceId } })
  const before = await jobs()
  await sendAttachment(having(ctx, { pdftoppm: null }), pdfOf())
  expect(await jobs()).toBe(before)
  await sendAttachment(ctx, pdfOf())
  expect(await jobs()).toBe(before + 1)
})

test('a PDF that takes too long to draw is FAILED, and tried again', async () => {
  const pdftoppm = join(await temporaryFolder(), 'pdftoppm')
  await writeFile(pdftoppm, '#!/bin/sh\nsleep 60\n')
  await chmod(pdftoppm, 0o755)
  const ctx = limited(having(await buildCtx(database.db), { pdftoppm }), { programMs: 300 })
  const { blob, outcome } = await rendered(ctx, pdfOf())
  expect(outcome).toBeInstanceOf(Error)
  expect(blob).toMatchObject({ processingStatus: 'FAILED' })
  expect(blob.processingFailure).toContain('more than 0.3 seconds')
})

withFfmpeg.each([
  ['sine.mp3', null],
  ['sine.wav', null],
  ['cover.mp3', 'image/webp'],
  ['cover.m4a', 'image/webp'],
] as const)('%s is READY, with its cover art as thumbnail if it has some: %s', async (name, picture) => {
  const ctx = await buildCtx(database.db)
  const { blob, outcome, open } = await rendered(ctx, await recording(name))
  expect(outcome).toMatchObject({ failure: null })
  expect(blob).toMatchObject({ processingStatus: 'READY', probeStatus: 'READ', width: null, height: null })
  const opened = await open('thumbnail')
  expect(opened).toMatchObject(picture === null ? { why: 'sound only' } : { mimeType: picture })
})

test('a recording is READY without ffmpeg, and is read again when there is ffprobe', async () => {
  const ctx = await buildCtx(database.db)
  const without = having(ctx, { ffmpeg: null, ffprobe: null })
  const { blob } = await rendered(without, await recording('opus.ogg'))
  expect(blob).toMatchObject({ processingStatus: 'READY', probeStatus: 'UNAVAILABLE', durationMs: null })
  const again = succeeded(await sendAttachment(ctx, await recording('opus.ogg')))
  expect(again.media).toMatchObject({ probeStatus: 'READ', durationMs: 1007 })
})
