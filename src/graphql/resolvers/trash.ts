import type { DeletionRow } from '../../db/rows.ts'
import { Failure } from '../../domain/failure.ts'
import { trashItem } from '../../usecases/trash.ts'
import type { GraphQLContext } from '../context.ts'
import type { Resolvers } from '../generated.ts'
import { referred } from './lists.ts'
import { nodeOfKind } from './nodes.ts'

const shared = {
  deletedBy: ({ deletedBy }: DeletionRow) => ({ id: deletedBy }),
  deletedFrom: (deletion: DeletionRow) => deletion,
  expired: ({ purgeAfter }: DeletionRow, _args: unknown, { now }: GraphQLContext) => now() >= purgeAfter,
}

export const trash: Resolvers = {
  Mutation: {
    trashBookshelf: async (_root, { input: { bookshelfId, reason } }, ctx) => {
      const result = await trashItem(ctx, { kind: 'BOOKSHELF', id: bookshelfId, reason })
      if (result instanceof Failure) return result
      return { __typename: 'TrashBookshelfSuccess', bookshelf: result.item, deletion: result.deletion }
    },
    trashBook: async (_root, { input: { bookId, reason } }, ctx) => {
      const result = await trashItem(ctx, { kind: 'BOOK', id: bookId, reason })
      if (result instanceof Failure) return result
      return { __typename: 'TrashBookSuccess', book: result.item, deletion: result.deletion }
    },
    trashBlock: async (_root, { input: { blockId, reason } }, ctx) => {
      const result = await trashItem(ctx, { kind: 'BLOCK', id: blockId, reason })
      if (result instanceof Failure) return result
      return { __typename: 'TrashBlockSuccess', block: result.item, deletion: result.deletion }
    },
    trashCheckpoint: async (_root, { input: { checkpointId, reason } }, ctx) => {
      const result = await trashItem(ctx, { kind: 'CHECKPOINT', id: checkpointId, reason })
      if (result instanceof Failure) return result
      return { __typename: 'TrashCheckpointSuccess', checkpoint: result.item, deletion: result.deletion }
    },
    trashCheckpointMarker: async (_root, { input: { checkpointMarkerId, reason } }, ctx) => {
      const result = await trashItem(ctx, { kind: 'CHECKPOINT_MARKER', id: checkpointMarkerId, reason })
      if (result instanceof Failure) return result
      const { item: checkpointMarker, deletion } = result
      return { __typename: 'TrashCheckpointMarkerSuccess', checkpointMarker, deletion }
    },
    trashMedia: async (_root, { input: { mediaId, reason } }, ctx) => {
      const result = await trashItem(ctx, { kind: 'MEDIA', id: mediaId, reason })
      if (result instanceof Failure) return result
      return { __typename: 'TrashMediaSuccess', media: result.item, deletion: result.deletion }
    },
  },
  TrashInfo: { ...shared, deletion: (deletion) => deletion },
  Deletion: {
    ...shared,
    item: async ({ kind, itemId }, _args, ctx) => referred(await nodeOfKind(ctx, kind, itemId)),
  },
  DeletedFrom: {
    parent: ({ parentKind, parentId }, _args, ctx) =>
      parentKind && parentId ? nodeOfKind(ctx, parentKind, parentId) : null,
    path: ({ path }) => path,
  },
}
