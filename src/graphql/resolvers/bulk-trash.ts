import { Failure, NotFound } from '../../domain/failure.ts'
import { restoreDeletions, trashItems } from '../../usecases/trash/bulk-trash.ts'
import { purgeDeletions } from '../../usecases/trash/request-purge.ts'
import type { GraphQLContext } from '../context.ts'
import type { Resolvers } from '../generated.ts'
import { answer, answerWith, countResults } from './answer.ts'
import { nodeOfKind } from './nodes.ts'

type Trashed = Exclude<Awaited<ReturnType<typeof trashItems>>, Failure>[number]

/** The result for one item. */
async function trashResult(ctx: GraphQLContext, result: Trashed) {
  if (result instanceof Failure) return result
  const item = await nodeOfKind(ctx, result.kind, result.id)
  // Another request may have emptied the trash.
  if (!item) return new NotFound('Trashable', result.id)
  return answer('TrashItem', result, ({ deletion }) => ({ item, deletion }))
}

export const bulkTrash: Resolvers = {
  Mutation: {
    trashItem: async (_root, { input: { itemId, reason } }, ctx) => {
      const trashed = await trashItems(ctx, { itemIds: [itemId], reason })
      if (trashed instanceof Failure) return trashed
      const [result = new NotFound('Trashable', itemId)] = trashed
      return trashResult(ctx, result)
    },
    trashItems: async (_root, { input }, ctx) => {
      const trashed = await trashItems(ctx, input)
      if (trashed instanceof Failure) return trashed
      const results = await Promise.all(trashed.map((result) => trashResult(ctx, result)))
      return answer('TrashItems', countResults(results), (counted) => counted)
    },
    restoreDeletions: answerWith('RestoreDeletions', restoreDeletions, (restored) =>
      countResults(restored.map((one) => answer('RestoreDeletion', one, (done) => done))),
    ),
    purgeDeletions: async (_root, { input }, ctx) => {
      const purged = await purgeDeletions(ctx, input)
      if (purged instanceof Failure) return purged
      const { job } = purged
      const results = purged.results.map((result) => {
        if (result instanceof Failure) return result
        if (!job) throw new Error('Purged deletions come without a job.')
        return answer('PurgeDeletion', result, (done) => ({ job, ...done }))
      })
      return answer('PurgeDeletions', countResults(results), (counted) => ({ job, ...counted }))
    },
  },
}
