import type { BlockRow } from '../../db/rows.ts'
import { createBook, moveBook, updateBook } from '../../usecases/library/books.ts'
import { badInput, connectionResolvers, pageOf } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { chosenOrder, positionOrder } from '../orders.ts'
import { answerWith } from './answer.ts'
import { conditionsOf, listOf, live, referred, tagConditionsOf, trashOf } from './lists.ts'

const blockOrder = positionOrder<BlockRow>('blocks')
const checkpointOrder = chosenOrder('checkpoints', 'REACHED_AT', 'ASC')

export const books: Resolvers = {
  Query: {
    book: async (_root, { id }, { loaders }) => live(await loaders.books.load(id)),
    books: async (_root, { where, orderBy, ...args }, ctx) => {
      const { field, direction } = orderBy ?? { field: 'CREATED_AT', direction: 'ASC' }
      if (field === 'POSITION' && where?.bookshelfId == null) {
        throw badInput(
          'orderBy: Books have an order by hand on one bookshelf only; give `where.bookshelfId` with it.',
        )
      }
      const order = chosenOrder('books', field, direction)
      const { bookshelfId, status, updatedSince } = where ?? {}
      const conditions = [
        ...conditionsOf({ bookshelfId, status, updatedSince }),
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
    bookshelf: async (book, _args, { loaders }) => referred(await loaders.bookshelves.load(book.bookshelfId)),
    cover: async (book, _args, { loaders }, info) => (await loaders.cover(book.id, info))[0] ?? null,
    attachments: (book, _args, { loaders }, info) => loaders.attachments(book.id, info),
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
    trash: trashOf,
  },
  BookConnection: connectionResolvers(),
}
