import { stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultWorkspaceId } from '../../../src/domain/access.ts'
import { coverOf, buildBook, buildPicture, succeeded } from '../builders.ts'
import { purgeDeletion } from '../../../src/usecases/trash/request-purge.ts'
import { purgeTrash } from '../../../src/usecases/trash/run-purge.ts'
import { removeObjects } from '../../../src/usecases/upkeep/remove-objects.ts'
import { renderThumbnails } from '../../../src/usecases/media/render-thumbnails.ts'
import { trashItem } from '../../../src/usecases/trash/trash.ts'
import type { Ctx } from '../../../src/usecases/context.ts'

export const minuteMs = 60_000
export const dayMs = 24 * 60 * minuteMs

/** A medium goes for good. */
export async function purgeMedium(ctx: Ctx, id: string) {
  const { deletion } = succeeded(await trashItem(ctx, { kind: 'MEDIA', id }))
  succeeded(await purgeDeletion(ctx, { deletionId: deletion.id }))
  await purgeTrash(ctx, {})
}

/** A blob whose only medium was purged just now. */
export async function buildOrphan(
  ctx: Ctx,
  { bytes, derived = false }: { bytes?: Buffer; derived?: boolean } = {},
) {
  const book = await buildBook(ctx)
  const { media } = await buildPicture(ctx, coverOf('BOOK', book.id), bytes ? { bytes } : {})
  if (derived) await renderThumbnails(ctx, { blobId: media.blobId })
  await purgeMedium(ctx, media.id)
  return { book, media, blobId: media.blobId }
}

/** The same context in the default workspace. */
export const asOperator = <C extends Ctx>(ctx: C): C => ({
  ...ctx,
  actor: { id: 'owner', workspaceId: defaultWorkspaceId, role: 'OWNER' },
})

/** Removes the bytes of what was collected until nothing waits any more. */
export const drain = (ctx: Ctx) => removeObjects(ctx)

export const blobOf = (ctx: Ctx, id: string) =>
  ctx.db.prisma.blob.findUnique({ where: { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id } } })

/** Puts an object into the folder of a storage past the product, as old as it is told. */
export async function putObject(root: string, key: string, modifiedAt: Date, size = 10) {
  await writeFile(join(root, key), Buffer.alloc(size))
  await utimes(join(root, key), modifiedAt, modifiedAt)
}

export const isThere = async (root: string, key: string) =>
  (await stat(join(root, key)).catch(() => null)) !== null
