import { Failure } from '../../domain/failure.ts'
import { uploadMediaBatch } from '../../usecases/media/upload-batch.ts'
import type { uploadMedia } from '../../usecases/media/upload-media.ts'
import type { Resolvers } from '../generated.ts'
import { openUploads } from '../uploads.ts'

/** Converts the outcome of an upload to `UploadMediaResult`. */
export function uploadResult(result: Awaited<ReturnType<typeof uploadMedia>>) {
  return result instanceof Failure ? result : { __typename: 'UploadMediaSuccess' as const, ...result }
}

export const uploads: Resolvers = {
  Mutation: {
    uploadMediaBatch: async (_root, { input: { files, idempotencyKey } }, ctx) => {
      const results = await uploadMediaBatch(ctx, { files: openUploads(ctx.files, files), idempotencyKey })
      if (results instanceof Failure) return results
      const failedCount = results.filter((result) => result instanceof Failure).length
      return {
        __typename: 'UploadMediaBatchSuccess',
        results: results.map(uploadResult),
        succeededCount: results.length - failedCount,
        failedCount,
      }
    },
  },
}
