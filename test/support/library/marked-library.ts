import type { Ctx } from '../../../src/usecases/context.ts'
import {
  buildBlock,
  buildBook,
  buildCheckpoint,
  buildMarker,
  buildPicture,
  buildShelf,
  markerImagesOf,
} from '../builders.ts'
import { rowsOfWorkspace } from '../state.ts'

/**
 * A bookshelf and a book with a block and two checkpoints, of which the first has two markers and the other one. The first
 * marker has a picture.
 */
export async function buildMarkedBook(ctx: Ctx) {
  const shelf = await buildShelf(ctx)
  const book = await buildBook(ctx, { bookshelfId: shelf.id })
  const block = await buildBlock(ctx, { bookId: book.id })
  const checkpoint = await buildCheckpoint(ctx, { bookId: book.id })
  const marker = await buildMarker(ctx, { checkpointId: checkpoint.id })
  const otherMarker = await buildMarker(ctx, { checkpointId: checkpoint.id })
  const second = await buildCheckpoint(ctx, { bookId: book.id })
  const markerOfSecond = await buildMarker(ctx, { checkpointId: second.id })
  const { media: image } = await buildPicture(ctx, markerImagesOf(marker.id))
  return { shelf, book, block, checkpoint, marker, otherMarker, second, markerOfSecond, image }
}

export type MarkedBook = Awaited<ReturnType<typeof buildMarkedBook>>

/** Everything of a workspace that can be in the trash. */
export async function itemsOf(ctx: Ctx) {
  const rows = await rowsOfWorkspace(ctx.db, ctx.actor.workspaceId)
  return [
    ...rows.bookshelves,
    ...rows.books,
    ...rows.blocks,
    ...rows.checkpoints,
    ...rows.checkpoint_markers,
    ...rows.media,
  ]
}

/** The names in a tree of what a deletion holds; null is what is live. */
export async function heldBy(ctx: Ctx, tree: object, deletionId: string | null): Promise<string[]> {
  const held = (await itemsOf(ctx)).filter((row) => row.deletion_id === deletionId).map(({ id }) => id)
  const things = Object.entries(tree) as [string, { id: string }][]
  return things.filter(([, { id }]) => held.includes(id)).map(([name]) => name)
}
