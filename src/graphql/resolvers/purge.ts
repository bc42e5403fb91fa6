import { Failure } from '../../domain/failure.ts'
import { emptyTrash, purgeDeletion } from '../../usecases/trash/request-purge.ts'
import type { Resolvers } from '../generated.ts'

export const purge: Resolvers = {
  Mutation: {
    purgeDeletion: async (_root, { input }, ctx) => {
      const purged = await purgeDeletion(ctx, input)
      if (purged instanceof Failure) return purged
      return { __typename: 'PurgeDeletionSuccess', deletionId: input.deletionId, ...purged }
    },
    emptyTrash: async (_root, { input }, ctx) => {
      const emptied = await emptyTrash(ctx, input)
      return emptied instanceof Failure ? emptied : { __typename: 'EmptyTrashSuccess', ...emptied }
    },
  },
}
