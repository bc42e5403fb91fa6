import type { MediaRow } from '../db/rows.ts'
import { hasPicture } from '../domain/thumbnails.ts'
import type { Ctx } from '../usecases/context.ts'
import type { PlainFailure, ResumableResult } from '../usecases/media/resumable-uploads.ts'
import { statusOf } from './failures.ts'

/** The status of a failure. Clients of the protocol repeat a request after a 409, which would be useless here. */
export function tusStatusOf(failure: PlainFailure): number {
  const status = statusOf(failure)
  return status === 409 ? 422 : status
}

/** The answer to the request that ends an upload: the media item and the decision, or the failure. */
export async function resultAnswer(ctx: Ctx, result: ResumableResult, serverUrl: string) {
  if ('failure' in result) return { status: tusStatusOf(result.failure), headers: {}, body: result.failure }
  const { decision, media } = result
  return {
    status: 200,
    headers: { 'X-Media-Id': media.id },
    body: { __typename: 'UploadMediaSuccess', decision, media: await mediaBody(ctx, media, serverUrl) },
  }
}

async function mediaBody(ctx: Ctx, media: MediaRow, serverUrl: string) {
  const { id, workspaceId, deletionId, fileName, mimeType, sizeBytes, sha256, width, height } = media
  const sign = async (variant?: string) =>
    serverUrl + (await ctx.mediaUrls.sign({ id, workspaceId, trashed: deletionId !== null, variant }))
  return {
    id,
    fileName,
    mimeType,
    sizeBytes: String(sizeBytes),
    sha256,
    width,
    height,
    url: await sign(),
    thumbnailUrl: hasPicture(media) ? await sign('thumbnail') : null,
  }
}
