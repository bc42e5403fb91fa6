import { Readable } from 'node:stream'
import type { Slot } from '../../../src/domain/slots.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import { openMedia } from '../../../src/usecases/media/open-media.ts'
import { renderThumbnails } from '../../../src/usecases/media/render-thumbnails.ts'
import { uploadMedia } from '../../../src/usecases/media/upload-media.ts'
import { buildBook, succeeded } from '../builders.ts'

export const attachmentsOf = async (ctx: Ctx): Promise<Slot> => ({
  ownerType: 'BOOK',
  ownerId: (await buildBook(ctx)).id,
  role: 'ATTACHMENT',
})

/** The answer to an upload to the attachments of a new book. */
export const sendAttachment = async (ctx: Ctx, bytes: Buffer, fileName = 'file', slot?: Slot) =>
  uploadMedia(ctx, {
    slot: slot ?? (await attachmentsOf(ctx)),
    fileName,
    stream: Readable.from([bytes]),
  })

/** A stored attachment, what its job says, and its blob afterwards. */
export async function rendered(ctx: Ctx, bytes: Buffer, fileName?: string) {
  const { media } = succeeded(await sendAttachment(ctx, bytes, fileName))
  const outcome = await renderThumbnails(ctx, { blobId: media.blobId }).catch((error: unknown) => error)
  const where = { workspaceId_id: { workspaceId: ctx.actor.workspaceId, id: media.blobId } }
  const blob = await ctx.db.prisma.blob.findUniqueOrThrow({ where })
  return {
    media,
    outcome,
    blob,
    open: (variant: string) => openMedia(ctx, { id: media.id, variant, trashed: false }),
  }
}
