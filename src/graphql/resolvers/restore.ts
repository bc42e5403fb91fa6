import { Failure } from '../../domain/failure.ts'
import { previewRestore, restoreItem } from '../../usecases/trash/restore-item.ts'
import { restoreDeletion } from '../../usecases/trash/restore.ts'
import type { Resolvers } from '../generated.ts'

export const restore: Resolvers = {
  Query: {
    restorePreview: async (_root, request, ctx) => {
      const preview = await previewRestore(ctx, request)
      return preview && { ...preview, restorable: preview.problem === null }
    },
  },
  Mutation: {
    restoreItem: async (_root, { input }, ctx) => {
      const restored = await restoreItem(ctx, input)
      return restored instanceof Failure ? restored : { __typename: 'RestoreItemSuccess', ...restored }
    },
    restoreDeletion: async (_root, { input }, ctx) => {
      const restored = await restoreDeletion(ctx, input)
      return restored instanceof Failure ? restored : { __typename: 'RestoreDeletionSuccess', ...restored }
    },
  },
}
