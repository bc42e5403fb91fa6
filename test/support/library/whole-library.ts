import type { TrashableKind } from '../../../src/db/rows.ts'
import type { Ctx } from '../../../src/usecases/context.ts'
import type { RestoreTarget } from '../../../src/usecases/trash/restore-target.ts'
import { attachTags } from '../../../src/usecases/tags/attach-tags.ts'
import {
  buildCheckpoint,
  buildMarker,
  buildPicture,
  buildTag,
  markerImagesOf,
  succeeded,
} from '../builders.ts'
import { buildTree } from './library-tree.ts'

/** A tree with a checkpoint, a marker and its picture, and with tags: three in a row, of which the book and a block have the last. */
export async function buildLibrary(ctx: Ctx) {
  const tree = await buildTree(ctx)
  const checkpoint = await buildCheckpoint(ctx, { bookId: tree.book.id })
  const marker = await buildMarker(ctx, { checkpointId: checkpoint.id })
  const { media: markerImage } = await buildPicture(ctx, markerImagesOf(marker.id))
  const top = await buildTag(ctx)
  const tag = await buildTag(ctx, { parentId: top.id })
  const below = await buildTag(ctx, { parentId: tag.id })
  const entityIds = [tree.book.id, tree.block.id]
  succeeded(await attachTags(ctx, { tagIds: [below.id], entityIds }))
  return { ...tree, checkpoint, marker, markerImage, top, tag, below }
}

export type Library = Awaited<ReturnType<typeof buildLibrary>>

interface Part {
  readonly kind: TrashableKind
  readonly name: keyof Library
  /** What it is in. */
  readonly parent: keyof Library
  readonly parentKind: TrashableKind
  /** The item to trash that holds them all. */
  readonly whole: 'shelf' | 'top'
  /** What is below it, itself included. */
  readonly with: readonly (keyof Library)[]
  /** Its place in another library. */
  readonly target: (other: Library) => RestoreTarget
}

/** What can be taken out of the trashed shelf, or out of the trashed tags. */
export const parts: readonly Part[] = [
  {
    kind: 'BOOK',
    name: 'book',
    parent: 'shelf',
    parentKind: 'BOOKSHELF',
    whole: 'shelf',
    with: [
      'book',
      'bookCover',
      'block',
      'second',
      'third',
      'image',
      'otherImage',
      'checkpoint',
      'marker',
      'markerImage',
    ],
    target: ({ shelf }) => ({ bookshelfId: shelf.id }),
  },
  {
    kind: 'BLOCK',
    name: 'block',
    parent: 'book',
    parentKind: 'BOOK',
    whole: 'shelf',
    with: ['block', 'image', 'otherImage'],
    target: ({ book }) => ({ bookId: book.id }),
  },
  {
    kind: 'CHECKPOINT',
    name: 'checkpoint',
    parent: 'book',
    parentKind: 'BOOK',
    whole: 'shelf',
    with: ['checkpoint', 'marker', 'markerImage'],
    target: ({ book }) => ({ bookId: book.id }),
  },
  {
    kind: 'CHECKPOINT_MARKER',
    name: 'marker',
    parent: 'checkpoint',
    parentKind: 'CHECKPOINT',
    whole: 'shelf',
    with: ['marker', 'markerImage'],
    target: ({ checkpoint }) => ({ checkpointId: checkpoint.id }),
  },
  {
    kind: 'MEDIA',
    name: 'image',
    parent: 'block',
    parentKind: 'BLOCK',
    whole: 'shelf',
    with: ['image'],
    target: ({ second }) => ({ slot: { ownerType: 'BLOCK', ownerId: second.id, role: 'IMAGE' } }),
  },
  {
    kind: 'TAG',
    name: 'tag',
    parent: 'top',
    parentKind: 'TAG',
    whole: 'top',
    with: ['tag', 'below'],
    target: ({ top }) => ({ parentId: top.id }),
  },
]
