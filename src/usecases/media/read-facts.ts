import type { BlobRow } from '../../db/rows.ts'
import { Failure } from '../../domain/failure.ts'
import { isPicture, isRecording, isVideo, saysLess } from '../../domain/media-facts.ts'
import { storedKey } from '../../domain/storage-key.ts'
import { probePicture } from '../../probes/image.ts'
import { probeVideo } from '../../probes/video.ts'
import type { Ctx } from '../context.ts'

/** Reads a blob again from a file with its bytes, and stores what it says. What is known already is never lost. */
export async function readAgain(ctx: Ctx, blob: BlobRow, path: string): Promise<BlobRow> {
  const { workspaceId, id, mimeType, sizeBytes } = blob
  const file = { path, mimeType, sizeBytes: Number(sizeBytes) }
  const facts =
    isVideo(blob) || isRecording(blob)
      ? await probeVideo(file, { ...ctx.programs, timeLimitMs: ctx.limits.programMs })
      : await probePicture(file, ctx.limits)
  // The bytes were accepted when they were uploaded, and stay.
  if (facts instanceof Failure) return blob
  if ('probeStatus' in facts && saysLess(blob.probeStatus, facts.probeStatus)) return blob
  await ctx.db.prisma.blob.updateMany({ where: { workspaceId, id }, data: facts })
  return { ...blob, ...facts }
}

/** Reads a blob again from the storage. */
export async function readStoredAgain(ctx: Ctx, blob: BlobRow): Promise<BlobRow> {
  const key = storedKey(blob.storageKey)
  const isReadable = isPicture(blob) || isVideo(blob) || isRecording(blob)
  if (!isReadable || (await ctx.storage.size(key)) === null) return blob
  const original = await ctx.storage.openLocally(key)
  try {
    return await readAgain(ctx, blob, original.path)
  } finally {
    await original.release()
  }
}
