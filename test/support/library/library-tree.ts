import type { Ctx } from '../../../src/usecases/context.ts'
import { buildBlock, buildBook, buildPicture, buildShelf, coverOf, imagesOf } from '../builders.ts'

/** A bookshelf and a book with covers, and three blocks of which the first has two pictures. */
export async function buildTree(ctx: Ctx) {
  const shelf = await buildShelf(ctx)
  const { media: shelfCover } = await buildPicture(ctx, coverOf('BOOKSHELF', shelf.id))
  const book = await buildBook(ctx, { bookshelfId: shelf.id })
  const { media: bookCover } = await buildPicture(ctx, coverOf('BOOK', book.id))
  const block = await buildBlock(ctx, { bookId: book.id })
  const second = await buildBlock(ctx, { bookId: book.id })
  const third = await buildBlock(ctx, { bookId: book.id })
  const { media: image } = await buildPicture(ctx, imagesOf(block.id))
  const { media: otherImage } = await buildPicture(ctx, imagesOf(block.id))
  return { shelf, shelfCover, book, bookCover, block, second, third, image, otherImage }
}

export type Tree = Awaited<ReturnType<typeof buildTree>>
