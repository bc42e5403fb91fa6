import { connectionResolvers } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { chosenOrder } from '../orders.ts'
import { conditionsOf, listOf } from './lists.ts'

export const mediaEvents: Resolvers = {
  Query: {
    mediaEvents: async (_root, { where, orderBy, ...args }, ctx) => {
      const { field, direction } = orderBy ?? { field: 'OCCURRED_AT', direction: 'DESC' }
      const order = chosenOrder('mediaEvents', field, direction)
      const conditions = conditionsOf({ ...where })
      return listOf(ctx, 'media_events', conditions, order, args)
    },
  },
  MediaEvent: { actor: ({ actorId }) => ({ id: actorId }) },
  MediaEventConnection: connectionResolvers(),
}
