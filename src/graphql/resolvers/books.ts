import { createBook, moveBook, updateBook } from '../../usecases/library/books.ts'
import { madeField } from '../made-field.ts'
import { connectionResolvers } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { live, mediaIn, mediumIn, existing, trashOf } from './lists.ts'
import { nestedList, rootList } from './filtered-lists.ts'
import { answerWith } from './answer.ts'
import { authored } from './authored.ts'
import { referencedBy } from './references.ts'

const statuses = ['DRAFT', 'IN_PROGRESS', 'DONE', 'ARCHIVED'] as const

export const books: Resolvers = {
  Query: {
    book: async (_root, { id }, { loaders }) => live(await loaders.books.load(id)),
    books: rootList('books', 'CREATED_AT'),
  },
  Mutation: {
    createBook: answerWith('CreateBook', createBook, (book) => ({ book })),
    updateBook: answerWith('UpdateBook', updateBook, (book) => ({ book })),
    moveBook: answerWith('MoveBook', moveBook, (book) => ({ book })),
  },
  Book: {
    ...authored,
    bookStatus: madeField('books', 'bookStatus', ({ status }) => status),
    bookshelf: async (book, _args, { loaders }) => existing(await loaders.bookshelves.load(book.bookshelfId)),
    cover: mediumIn('COVER'),
    attachments: mediaIn('ATTACHMENT'),
    blocks: nestedList('blocks', 'POSITION'),
    checkpoints: nestedList('checkpoints', 'REACHED_AT'),
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
  BookConnection: {
    ...connectionResolvers(),
    statusCounts: async ({ kinds }) => {
      const counts = await kinds()
      return statuses.map((bookStatus) => ({ bookStatus, count: counts[bookStatus] ?? 0 }))
    },
  },
}
