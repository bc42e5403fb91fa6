import type { Tx } from '../../db/client.ts'
import { setSavepoint } from '../../db/savepoint.ts'
import { Failure } from '../../domain/failure.ts'
import { insertBlock } from '../library/blocks.ts'
import { insertBook } from '../library/books.ts'
import { insertBookshelf, lockBookshelfList } from '../library/bookshelves.ts'
import { type Ctx, newId } from '../context.ts'
import type { SlotToMake } from './upload.ts'

/** The bookshelf and book for pictures that are uploaded without a place. */
const [shelfName, bookTitle] = ['Uploads', 'Images']

/**
 * A slot for a picture without a place: a new block at the end of the workspace's book for such pictures. The
 * transaction of the media item creates the block, so a refused picture leaves no empty block.
 */
export const inboxSlot: SlotToMake = {
  ownerType: 'BLOCK',
  role: 'IMAGE',
  make: async (ctx, tx) => {
    const block = (await insertInInbox(ctx, tx)) ?? (await insertInNewBook(ctx, tx))
    return block instanceof Failure ? block : { ownerType: 'BLOCK', ownerId: block.id, role: 'IMAGE' }
  },
}

const insertPicture = (ctx: Ctx, tx: Tx, bookId: string) =>
  insertBlock(ctx, tx, newId(), { bookId, kind: 'IMAGE' })

/**
 * Returns what `make` created, or undefined. In that case its locks are released, because continuing with them would
 * violate the lock order.
 */
async function attempt<T>(tx: Tx, make: () => Promise<T>): Promise<Exclude<T, Failure> | undefined> {
  const rollBack = await setSavepoint(tx)
  const made = await make()
  if (!(made instanceof Failure)) return made as Exclude<T, Failure>
  await rollBack()
  return undefined
}

/** Undefined if the book was never created or is in the trash. */
async function insertInInbox(ctx: Ctx, tx: Tx) {
  const inbox = await tx.imageInbox.findUnique({ where: { workspaceId: ctx.actor.workspaceId } })
  return inbox ? attempt(tx, () => insertPicture(ctx, tx, inbox.bookId)) : undefined
}

/** The same, with a new book. If several requests arrive at once, the first creates the book. */
async function insertInNewBook(ctx: Ctx, tx: Tx) {
  const { workspaceId } = ctx.actor
  await lockBookshelfList(ctx, tx)
  const made = await insertInInbox(ctx, tx)
  if (made) return made

  const insertInto = (bookshelfId: string) => insertBook(ctx, tx, newId(), { bookshelfId, title: bookTitle })
  const where = { workspaceId, name: shelfName, deletionId: null }
  const known = await tx.bookshelf.findFirst({ where, orderBy: { position: 'asc' } })
  const onKnown = known && (await attempt(tx, () => insertInto(known.id)))
  // There is no such bookshelf, or it was just trashed.
  const shelf = onKnown ?? (await insertBookshelf(ctx, tx, newId(), { name: shelfName }))
  if (shelf instanceof Failure) return shelf
  const book = onKnown ?? (await insertInto(shelf.id))
  if (book instanceof Failure) return book
  const row = { workspaceId, bookId: book.id }
  await tx.imageInbox.upsert({ where: { workspaceId }, create: row, update: row })
  return insertPicture(ctx, tx, book.id)
}
