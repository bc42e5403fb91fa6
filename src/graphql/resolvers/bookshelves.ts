import { createBookshelf, moveBookshelf, updateBookshelf } from '../../usecases/library/bookshelves.ts'
import { connectionResolvers } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { existing, live, mediaIn, mediumIn, trashOf } from './lists.ts'
import { nestedList, rootList } from './filtered-lists.ts'
import { answerWith } from './answer.ts'
import { authored } from './authored.ts'
import { referencedBy } from './references.ts'

export const bookshelves: Resolvers = {
  Query: {
    bookshelf: async (_root, { id }, { loaders }) => live(await loaders.bookshelves.load(id)),
    bookshelves: rootList('bookshelves', 'POSITION'),
  },
  Mutation: {
    createBookshelf: answerWith('CreateBookshelf', createBookshelf, (bookshelf) => ({ bookshelf })),
    updateBookshelf: answerWith('UpdateBookshelf', updateBookshelf, (bookshelf) => ({ bookshelf })),
    moveBookshelf: answerWith('MoveBookshelf', moveBookshelf, (bookshelf) => ({ bookshelf })),
  },
  Bookshelf: {
    ...authored,
    cover: mediumIn('COVER'),
    attachments: mediaIn('ATTACHMENT'),
    books: nestedList('books', 'POSITION'),
    lastActivityAt: async ({ id }, _args, { loaders }) => existing(await loaders.bookshelfActivity.load(id)),
    tags: (shelf, _args, { loaders }, info) => loaders.tagsOf(shelf.id, info),
    referencedBy: referencedBy('BOOKSHELF'),
    trash: trashOf,
  },
  BookshelfConnection: connectionResolvers(),
}
