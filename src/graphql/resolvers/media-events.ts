import { listCount, listPage } from '../../db/page.ts'
import { connectionResolvers, pageOf } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { chosenOrder } from '../orders.ts'
import { conditionsOf } from './lists.ts'

export const mediaEvents: Resolvers = {
  Query: {
    mediaEvents: async (_root, { where, orderBy, ...args }, { db, actor: { workspaceId } }) => {
      const { field, direction } = orderBy ?? { field: 'OCCURRED_AT', direction: 'DESC' }
      const order = chosenOrder('mediaEvents', field, direction)
      const conditions = conditionsOf({ ...where })
      return {
        order,
        page: await listPage(db, 'media_events', workspaceId, conditions, order, pageOf(args, order)),
        count: () => listCount(db, 'media_events', workspaceId, conditions),
      }
    },
  },
  MediaEvent: { actor: ({ actorId }) => ({ id: actorId }) },
  MediaEventConnection: connectionResolvers(),
}
