import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { uploadMedia } from '../../../src/usecases/media/upload-media.ts'
import { buildBook, buildCtx, coverOf, removeTemporaryFolders, succeeded } from '../../support/builders.ts'
import { useDatabase } from '../../support/database.ts'
import { photograph } from '../../support/media/pictures.ts'

const database = useDatabase()
removeTemporaryFolders()

test('a received file that cannot be removed fails no upload, and is in the log', async () => {
  const warnings: string[] = []
  const ctx = {
    ...(await buildCtx(database.db)),
    log: {
      info: () => {},
      warn: (_fields: object, message: string) => void warnings.push(message),
      error: () => {},
    },
  }
  const incoming = join(ctx.storageRoot, 'incoming')
  const book = await buildBook(ctx)
  const upload = uploadMedia(ctx, {
    slot: coverOf('BOOK', book.id),
    fileName: 'picture.jpg',
    stream: Readable.from([await photograph()]),
    // A folder in the place of the file cannot be unlinked.
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
