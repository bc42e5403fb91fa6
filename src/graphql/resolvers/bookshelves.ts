import { createBookshelf, moveBookshelf, updateBookshelf } from '../../usecases/library/bookshelves.ts'
import { connectionResolvers, pageOf } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { conditionsOf } from '../../db/conditions.ts'
import { childOrders, chosenOrder } from '../../db/orders.ts'
import { existing, listOf, live, mediaIn, mediumIn, tagConditionsOf, trashOf } from './lists.ts'
import { answerWith } from './answer.ts'
import { referencedBy } from './references.ts'

const bookOrder = childOrders.books

export const bookshelves: Resolvers = {
  Query: {
    bookshelf: async (_root, { id }, { loaders }) => live(await loaders.bookshelves.load(id)),
    bookshelves: async (_root, { where, orderBy, ...args }, ctx) => {
      const { field, direction } = orderBy ?? { field: 'POSITION', direction: 'ASC' }
      const order = chosenOrder('bookshelves', field, direction)
      const conditions = [
        ...conditionsOf('bookshelves', { updatedSince: where?.updatedSince }),
        ...(await tagConditionsOf(ctx, 'bookshelves', where?.tags)),
      ]
      return listOf(ctx, 'bookshelves', conditions, order, args)
    },
  },
  Mutation: {
    createBookshelf: answerWith('CreateBookshelf', createBookshelf, (bookshelf) => ({ bookshelf })),
    updateBookshelf: answerWith('UpdateBookshelf', updateBookshelf, (bookshelf) => ({ bookshelf })),
    moveBookshelf: answerWith('MoveBookshelf', moveBookshelf, (bookshelf) => ({ bookshelf })),
  },
  Bookshelf: {
    cover: mediumIn('COVER'),
    attachments: mediaIn('ATTACHMENT'),
    books: async (shelf, args, { loaders }, info) => ({
      order: bookOrder,
      page: await loaders.booksOfBookshelf(pageOf(args, bookOrder), shelf.id, info),
      count: () => loaders.bookCount.load(shelf.id),
    }),
    lastActivityAt: async ({ id }, _args, { loaders }) => existing(await loaders.bookshelfActivity.load(id)),
    tags: (shelf, _args, { loaders }, info) => loaders.tagsOf(shelf.id, info),
    referencedBy: referencedBy('BOOKSHELF'),
    trash: trashOf,
  },
  BookshelfConnection: connectionResolvers(),
}
