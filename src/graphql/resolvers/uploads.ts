import { uploadMediaBatch } from '../../usecases/media/upload-batch.ts'
import type { uploadMedia } from '../../usecases/media/upload-media.ts'
import type { Resolvers } from '../generated.ts'
import { openUploads } from '../uploads.ts'
import { answer, countResults } from './answer.ts'

/** Converts the outcome of an upload to `UploadMediaResult`. */
export function uploadResult(result: Awaited<ReturnType<typeof uploadMedia>>) {
  return answer('UploadMedia', result, (uploaded) => uploaded)
}

export const uploads: Resolvers = {
  Mutation: {
    uploadMediaBatch: async (_root, { input: { files, idempotencyKey } }, ctx) => {
      const results = await uploadMediaBatch(ctx, { files: openUploads(ctx.files, files), idempotencyKey })
      return answer('UploadMediaBatch', results, (done) => countResults(done.map(uploadResult)))
    },
  },
}
