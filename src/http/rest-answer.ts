import type { MediaRow } from '../db/rows.ts'
import { extensionAsSent } from '../domain/file-name.ts'
import { hasPicture } from '../domain/thumbnails.ts'
import type { Ctx } from '../usecases/context.ts'

type ImageRow = Pick<
  MediaRow,
  'id' | 'workspaceId' | 'fileName' | 'extension' | 'mimeType' | 'sizeBytes' | 'placeholder' | 'createdAt'
>

/** A media item in the format of the API before GraphQL. Its URLs are signed, so that image tags can use them. */
export async function imageOf({ mediaUrls }: Ctx, image: ImageRow) {
  const { id, workspaceId, fileName, extension, mimeType, sizeBytes, createdAt } = image
  const sign = async (variant?: string) => {
    const path = await mediaUrls.sign({ id, workspaceId, trashed: false, variant })
    return path.replace('/media/', '/api/images/')
  }
  return {
    id,
    original_name: fileName,
    extension: `.${extensionAsSent(fileName, mimeType) ?? extension}`,
    mime_type: mimeType,
    size: Number(sizeBytes),
    url: await sign(),
    thumbnail_url: hasPicture(image) ? await sign('thumbnail') : null,
    created_at: createdAt.toISOString(),
  }
}
