import { connectionResolvers } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { conditionsOf } from '../../db/conditions.ts'
import { chosenOrder } from '../../db/orders.ts'
import { listOf } from './lists.ts'

export const mediaEvents: Resolvers = {
  Admin: {
    mediaEvents: async (_root, { where, orderBy, ...args }, ctx) => {
      const { field, direction } = orderBy ?? { field: 'OCCURRED_AT', direction: 'DESC' }
      const order = chosenOrder('media_events', field, direction)
      const conditions = conditionsOf('media_events', { ...where })
      return listOf(ctx, 'media_events', conditions, order, args)
    },
  },
  MediaEvent: { actor: ({ actorId }) => ({ id: actorId }), mediaRole: ({ role }) => role },
  MediaEventConnection: connectionResolvers(),
}
