import { Failure } from '../../domain/failure.ts'
import { previewRestore, restoreDeletion } from '../../usecases/restore.ts'
import type { Resolvers } from '../generated.ts'

export const restore: Resolvers = {
  Query: {
    restorePreview: async (_root, request, ctx) => {
      const preview = await previewRestore(ctx, request)
      return preview && { ...preview, restorable: preview.problem === null }
    },
  },
  Mutation: {
    restoreDeletion: async (_root, { input }, ctx) => {
      const restored = await restoreDeletion(ctx, input)
      return restored instanceof Failure ? restored : { __typename: 'RestoreDeletionSuccess', ...restored }
    },
  },
}
