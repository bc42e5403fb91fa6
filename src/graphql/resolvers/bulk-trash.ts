import { Failure, NotFound } from '../../domain/failure.ts'
import { restoreDeletions, trashItems } from '../../usecases/trash/bulk-trash.ts'
import { purgeDeletions } from '../../usecases/trash/request-purge.ts'
import type { Resolvers } from '../generated.ts'
import { nodeOfKind } from './nodes.ts'

const counted = <Result>(results: Result[]) => {
  const failedCount = results.filter((result) => result instanceof Failure).length
  return { results, failedCount, succeededCount: results.length - failedCount }
}

export const bulkTrash: Resolvers = {
  Mutation: {
    trashItems: async (_root, { input }, ctx) => {
      const trashed = await trashItems(ctx, input)
      if (trashed instanceof Failure) return trashed
      const results = await Promise.all(
        trashed.map(async (result) => {
          if (result instanceof Failure) return result
          const item = await nodeOfKind(ctx, result.kind, result.id)
          // Another request may have emptied the trash.
          if (!item) return new NotFound('Trashable', result.id)
          return { __typename: 'TrashItemSuccess' as const, item, deletion: result.deletion }
        }),
      )
      return { __typename: 'TrashItemsSuccess', ...counted(results) }
    },
    restoreDeletions: async (_root, { input }, ctx) => {
      const restored = await restoreDeletions(ctx, input)
      if (restored instanceof Failure) return restored
      const results = restored.map((result) =>
        result instanceof Failure ? result : { __typename: 'RestoreDeletionSuccess' as const, ...result },
      )
      return { __typename: 'RestoreDeletionsSuccess', ...counted(results) }
    },
    purgeDeletions: async (_root, { input }, ctx) => {
      const purged = await purgeDeletions(ctx, input)
      if (purged instanceof Failure) return purged
      const { job } = purged
      const results = purged.results.map((result, index) => {
        if (result instanceof Failure) return result
        if (!job) throw new Error('Purged deletions come without a job.')
        const deletionId = input.deletionIds[index] ?? ''
        return { __typename: 'PurgeDeletionSuccess' as const, deletionId, job, ...result }
      })
      return { __typename: 'PurgeDeletionsSuccess', job, ...counted(results) }
    },
  },
}
