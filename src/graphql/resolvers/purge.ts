import { emptyTrash, purgeDeletion } from '../../usecases/trash/request-purge.ts'
import type { Resolvers } from '../generated.ts'
import { answer, answerWith } from './answer.ts'

export const purge: Resolvers = {
  Mutation: {
    purgeDeletion: async (_root, { input }, ctx) =>
      answer('PurgeDeletion', await purgeDeletion(ctx, input), (purged) => purged),
    emptyTrash: answerWith('EmptyTrash', emptyTrash, (emptied) => emptied),
  },
}
