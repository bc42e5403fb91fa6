import { mkdirSync, rmSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { Upload } from '@tus/server'
import { expect, test } from 'vitest'
import { newId } from '../../../src/usecases/context.ts'
import { finishResumable, startResumable } from '../../../src/usecases/media/resumable-uploads.ts'
import { renderThumbnails } from '../../../src/usecases/media/render-thumbnails.ts'
import { uploadMedia } from '../../../src/usecases/media/upload-media.ts'
import {
  buildBook,
  buildCtx,
  buildPicture,
  coverOf,
  removeTemporaryFolders,
  succeeded,
} from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { photograph } from '../../support/media/pictures.ts'

const database = useDatabase()
removeTemporaryFolders()

/** A context that keeps the warnings of its log, and a cover. */
async function buildWarned() {
  const warnings: string[] = []
  const log = {
    info: () => {},
    warn: (_fields: object, message: string) => void warnings.push(message),
    error: () => {},
  }
  const ctx = { ...(await buildCtx(database.db)), log }
  return { ctx, warnings, slot: coverOf('BOOK', (await buildBook(ctx)).id) }
}

// A folder in the place of a file cannot be unlinked.

test('a received file that cannot be removed fails no upload, and is in the log', async () => {
  const { ctx, warnings, slot } = await buildWarned()
  const incoming = join(ctx.storageRoot, 'incoming')
  const upload = uploadMedia(ctx, {
    slot,
    fileName: 'picture.jpg',
    stream: Readable.from([await photograph()]),
    turn: async (work) => {
      const [draft = ''] = await readdir(incoming)
      const result = await work()
      await rm(join(incoming, draft), { force: true })
      await mkdir(join(incoming, draft))
      return result
    },
  })
  expect(succeeded(await upload).decision).toBe('INSERT')
  expect(warnings).toEqual(['Could not remove a received file; a later sweep will'])
})

test('the chunks of a finished upload that cannot be removed fail nothing, and are in the log', async () => {
  const { ctx: plain, warnings, slot } = await buildWarned()
  const bytes = await photograph()
  const id = newId()
  const row = await startResumable(plain, id, { slot, fileName: 'picture.jpg' }, bytes.length)
  await plain.partials.store.create(new Upload({ id, offset: 0, size: bytes.length }))
  await plain.partials.store.write(Readable.from([bytes]), id, 0)
  const read = (upload: string) => {
    const stream = plain.partials.read(upload)
    const path = join(plain.storageRoot, 'partial', upload)
    stream.once('close', () => {
      rmSync(path)
      mkdirSync(path)
    })
    return stream
  }
  const ctx = { ...plain, partials: { ...plain.partials, read } }
  expect(await finishResumable(ctx, succeeded(row))).toMatchObject({ decision: 'INSERT' })
  expect(warnings).toEqual(['Could not remove the chunks of a finished upload; a later sweep will'])
})

test('an outdated thumbnail that cannot be removed fails no job, and is in the log', async () => {
  const { ctx, warnings, slot } = await buildWarned()
  const { media } = await buildPicture(ctx, slot)
  await renderThumbnails(ctx, { blobId: media.blobId })
  const workspace = { workspaceId: ctx.actor.workspaceId }
  const old = await ctx.db.prisma.thumbnail.findMany({
    where: { ...workspace, recipe: { startsWith: 'small-' } },
  })
  for (const { storageKey } of old) {
    const outdated = storageKey.replace('small', 'old')
    await ctx.db.prisma.thumbnail.updateMany({
      where: { ...workspace, storageKey },
      data: { recipe: 'old-1', storageKey: outdated },
    })
    await mkdir(join(ctx.storageRoot, outdated))
  }
  expect(await renderThumbnails(ctx, { blobId: media.blobId })).toMatchObject({
    removed: old.length,
    failure: null,
  })
  expect(warnings).toEqual(old.map(() => 'Could not remove an outdated thumbnail; a later sweep will'))
  expect(old.length).toBeGreaterThan(0)
})
