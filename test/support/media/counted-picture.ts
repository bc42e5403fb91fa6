import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Db } from '../../../src/db/client.ts'
import { openMedia } from '../../../src/usecases/media/open-media.ts'
import { buildBlock, buildCtx, buildPicture, imagesOf, succeeded } from '../builders.ts'

/** A context that counts what is written to the folder of thumbnails. */
export async function buildCountingCtx(db: Db) {
  const ctx = await buildCtx(db)
  const written: string[] = []
  const storage: typeof ctx.storage = {
    ...ctx.storage,
    putThumbnail: (key, rendered) => {
      written.push(key)
      return ctx.storage.putThumbnail(key, rendered)
    },
  }
  return { ctx: { ...ctx, storage }, written }
}

/** A picture in a context that counts what is written to the folder of thumbnails. */
export async function buildCountedPicture(db: Db, bytes?: Buffer) {
  const { ctx, written } = await buildCountingCtx(db)
  const slot = imagesOf((await buildBlock(ctx)).id)
  const { media } = await buildPicture(ctx, slot, bytes ? { bytes } : {})
  const open = async (variant: string | undefined, trashed = false, accept?: string) =>
    succeeded(await openMedia(ctx, { id: media.id, variant, trashed, accept }))
  const read = async (variant: string, accept?: string) => {
    const opened = await open(variant, false, accept)
    if (!opened) throw new Error(`There is no ${variant}.`)
    return readFile(join(ctx.storageRoot, opened.key))
  }
  return { ctx, media, written, open, read }
}
