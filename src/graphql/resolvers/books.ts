import { createBook, moveBook, updateBook } from '../../usecases/library/books.ts'
import { madeField } from '../made-field.ts'
import { badInput, connectionResolvers, pageOf } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { conditionsOf } from '../../db/conditions.ts'
import { childOrders, chosenOrder } from '../../db/orders.ts'
import { listOf, live, mediaIn, mediumIn, existing, tagConditionsOf, trashOf } from './lists.ts'
import { answerWith } from './answer.ts'
import { referencedBy } from './references.ts'

const { blocks: blockOrder, checkpoints: checkpointOrder } = childOrders

export const books: Resolvers = {
  Query: {
    book: async (_root, { id }, { loaders }) => live(await loaders.books.load(id)),
    books: async (_root, { where, orderBy, ...args }, ctx) => {
      const { field, direction } = orderBy ?? { field: 'CREATED_AT', direction: 'ASC' }
      if (field === 'POSITION' && where?.bookshelfId == null) {
        throw badInput(
          'orderBy: Books have a manual order only on a bookshelf; also give `where.bookshelfId`.',
        )
      }
      const order = chosenOrder('books', field, direction)
      const { bookshelfId, statuses, updatedSince } = where ?? {}
      const conditions = [
        ...conditionsOf('books', { bookshelfId, statuses, updatedSince }),
        ...(await tagConditionsOf(ctx, 'books', where?.tags)),
      ]
      return listOf(ctx, 'books', conditions, order, args)
    },
  },
  Mutation: {
    createBook: answerWith('CreateBook', createBook, (book) => ({ book })),
    updateBook: answerWith('UpdateBook', updateBook, (book) => ({ book })),
    moveBook: answerWith('MoveBook', moveBook, (book) => ({ book })),
  },
  Book: {
    bookStatus: madeField('books', 'bookStatus', ({ status }) => status),
    bookshelf: async (book, _args, { loaders }) => existing(await loaders.bookshelves.load(book.bookshelfId)),
    cover: mediumIn('COVER'),
    attachments: mediaIn('ATTACHMENT'),
    blocks: async (book, args, { loaders }, info) => ({
      order: blockOrder,
      page: await loaders.blocksOfBook(pageOf(args, blockOrder), book.id, info),
      count: () => loaders.blockCount.load(book.id),
    }),
    checkpoints: async (book, args, { loaders }, info) => ({
      order: checkpointOrder,
      page: await loaders.checkpointsOfBook(pageOf(args, checkpointOrder), book.id, info),
      count: () => loaders.checkpointCount.load(book.id),
    }),
    lastActivityAt: async ({ id }, _args, { loaders }) => existing(await loaders.bookActivity.load(id)),
    tags: (book, _args, { loaders }, info) => loaders.tagsOf(book.id, info),
    tagsWithOrigin: async (book, _args, { loaders }, info) => {
      const [own, shelf] = await Promise.all(
        [book.id, book.bookshelfId].map((id) => loaders.tagsOf(id, info)),
      )
      return [
        ...(own ?? []).map((tag) => ({ tag, origin: 'BOOK' as const })),
        ...(shelf ?? []).map((tag) => ({ tag, origin: 'BOOKSHELF' as const })),
      ]
    },
    referencedBy: referencedBy('BOOK'),
    trash: trashOf,
  },
  BookConnection: connectionResolvers(),
}
