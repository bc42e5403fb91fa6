import { previewRestore, restoreItem } from '../../usecases/trash/restore-item.ts'
import { restoreDeletion } from '../../usecases/trash/restore.ts'
import type { Resolvers } from '../generated.ts'
import { answerWith } from './answer.ts'

export const restore: Resolvers = {
  Query: {
    restorePreview: async (_root, request, ctx) => {
      const preview = await previewRestore(ctx, request)
      return preview && { ...preview, restorable: preview.problem === null }
    },
  },
  Mutation: {
    restoreItem: answerWith('RestoreItem', restoreItem, (restored) => restored),
    restoreDeletion: answerWith('RestoreDeletion', restoreDeletion, (restored) => restored),
  },
}
