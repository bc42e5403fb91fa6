import { type TrashFilter, trashCount, trashPage } from '../../db/trash/trash-lists.ts'
import { soughtName } from '../../domain/deletion-names.ts'
import { textLimits, tooLong } from '../../domain/text.ts'
import { badInput, connectionResolvers, pageOf } from '../connection.ts'
import type { GraphQLContext } from '../context.ts'
import type { Resolvers, TrashWhere } from '../generated.ts'
import { deletionOrder } from '../../db/orders.ts'

/** Translates the conditions for the database. Undefined if nothing can meet them. Throws on invalid conditions. */
function filterOf({ actor, now }: GraphQLContext, where: TrashWhere): TrashFilter | undefined {
  const { types, text, deletedBy, deletedSince, deletedBefore, expired } = where
  const problem = text == null ? undefined : tooLong(text, textLimits.title)
  if (problem) throw badInput(`where.text: ${problem}`)
  // No stored text contains NUL, and PostgreSQL does not accept it.
  if (deletedBy?.includes('\0')) return undefined
  return {
    kinds: types && [...new Set(types)],
    deletedBy,
    since: deletedSince,
    before: deletedBefore,
    expired: expired == null ? undefined : { is: expired, now: now() },
    name: text == null ? undefined : soughtName(actor.workspaceId, text),
  }
}

const nothing = { rows: [], hasNextPage: false, hasPreviousPage: false }

export const trashLists: Resolvers = {
  Query: {
    trash: async (_root, { where, orderBy, ...args }, ctx) => {
      const { db, actor } = ctx
      const order = deletionOrder(orderBy?.direction ?? 'DESC')
      const page = pageOf(args, order)
      const filter = filterOf(ctx, where ?? {})
      return {
        order,
        page: filter ? await trashPage(db, actor.workspaceId, filter, order, page) : nothing,
        count: () => (filter ? trashCount(db, actor.workspaceId, filter) : Promise.resolve(0)),
      }
    },
    deletion: async (_root, { id }, { loaders }) => {
      const deletion = await loaders.deletions.load(id)
      return deletion && deletion.purgedAt === null ? deletion : null
    },
  },
  DeletionConnection: connectionResolvers(),
}
