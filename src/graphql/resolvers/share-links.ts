import { linksInStates, linksOfItem } from '../../db/sharing/share-links.ts'
import { chosenOrder } from '../../db/orders.ts'
import { apiTokenState } from '../../domain/api-tokens.ts'
import { createShareLink, revokeShareLink } from '../../usecases/sharing/share-links.ts'
import { connectionResolvers } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { answer, answerWith } from './answer.ts'
import { listOf } from './lists.ts'
import { nodeOfKind } from './nodes.ts'

export const shareLinks: Resolvers = {
  Query: {
    shareLinks: async (_root, { where, orderBy, ...args }, ctx) => {
      const { field, direction } = orderBy ?? { field: 'CREATED_AT', direction: 'DESC' }
      const order = chosenOrder('share_links', field, direction)
      const { itemId, states } = where ?? {}
      const conditions = [
        ...(itemId == null ? [] : [linksOfItem(itemId)]),
        ...(states ? [linksInStates(states, ctx.now())] : []),
      ]
      return listOf(ctx, 'share_links', conditions, order, args)
    },
  },
  Mutation: {
    createShareLink: async (_root, { input }, ctx) =>
      answer('CreateShareLink', await createShareLink(ctx, input), ({ shareLink, secret }) => ({
        shareLink,
        url: secret === null ? null : `${ctx.publicUrl}/shared/${secret}`,
      })),
    revokeShareLink: answerWith('RevokeShareLink', revokeShareLink, (shareLink) => ({ shareLink })),
  },
  ShareLink: {
    item: async ({ bookId, bookshelfId }, _args, ctx) => {
      const kind = bookId === null ? 'BOOKSHELF' : 'BOOK'
      const item = await nodeOfKind(ctx, kind, bookId ?? bookshelfId ?? '')
      return item && 'deletionId' in item && item.deletionId === null ? item : null
    },
    itemId: ({ bookId, bookshelfId }) => bookId ?? bookshelfId ?? '',
    createdBy: ({ createdBy }) => ({ id: createdBy }),
    state: (link, _args, { now }) => apiTokenState(link, now()),
  },
  ShareLinkConnection: connectionResolvers(),
}
