import type { Tx } from '../db/client.ts'
import { Failure } from '../domain/failure.ts'
import { insertBlock } from './blocks.ts'
import { insertBook } from './books.ts'
import { insertBookshelf, lockBookshelfList } from './bookshelves.ts'
import { type Ctx, newId } from './context.ts'
import type { SlotToMake } from './uploads.ts'

/** Where pictures go that come without a place. */
const [shelfName, bookTitle] = ['Uploads', 'Images']

/**
 * A place for a picture that comes without one: a new block at the end of the workspace's book for them, made in the
 * transaction of the medium, so that a refused picture leaves no empty block.
 */
export const inboxSlot: SlotToMake = {
  ownerType: 'BLOCK',
  role: 'IMAGE',
  make: async (ctx, tx) => {
    const inbox = await inboxOf(ctx, tx)
    const known = inbox && (await insertPicture(ctx, tx, inbox.bookId))
    const block = known && !(known instanceof Failure) ? known : await insertInNewBook(ctx, tx)
    return block instanceof Failure ? block : { ownerType: 'BLOCK', ownerId: block.id, role: 'IMAGE' }
  },
}

const inboxOf = ({ actor: { workspaceId } }: Ctx, tx: Tx) =>
  tx.imageInbox.findUnique({ where: { workspaceId } })

const insertPicture = (ctx: Ctx, tx: Tx, bookId: string) =>
  insertBlock(ctx, tx, newId(), { bookId, kind: 'IMAGE' })

/** The same when the book was never made or is in the trash. Of several who come here at once the first makes it. */
async function insertInNewBook(ctx: Ctx, tx: Tx) {
  const { workspaceId } = ctx.actor
  await lockBookshelfList(ctx, tx)
  const inbox = await inboxOf(ctx, tx)
  const made = inbox && (await insertPicture(ctx, tx, inbox.bookId))
  if (made && !(made instanceof Failure)) return made

  const where = { workspaceId, name: shelfName, deletionId: null }
  const shelf =
    (await tx.bookshelf.findFirst({ where, orderBy: { position: 'asc' } })) ??
    (await insertBookshelf(ctx, tx, newId(), { name: shelfName }))
  if (shelf instanceof Failure) return shelf
  const book = await insertBook(ctx, tx, newId(), { bookshelfId: shelf.id, title: bookTitle })
  if (book instanceof Failure) return book
  const row = { workspaceId, bookId: book.id }
  await tx.imageInbox.upsert({ where: { workspaceId }, create: row, update: row })
  return insertPicture(ctx, tx, book.id)
}
