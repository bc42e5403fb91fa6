import type { Member } from '../../db/trash/deletion-members.ts'
import type { DeletionRow } from '../../db/rows.ts'
import { can } from '../../domain/access.ts'
import { Failure } from '../../domain/failure.ts'
import { trashItem } from '../../usecases/trash/trash.ts'
import { connectionResolvers, pageOf } from '../connection.ts'
import type { GraphQLContext } from '../context.ts'
import type { Resolvers } from '../generated.ts'
import { memberOrder } from '../../db/orders.ts'
import { referred } from './lists.ts'
import { nodeOfKind } from './nodes.ts'

const shared = {
  deletedBy: ({ deletedBy }: DeletionRow) => ({ id: deletedBy }),
  deletedFrom: (deletion: DeletionRow) => deletion,
  expired: ({ purgeAfter }: DeletionRow, _args: unknown, { now }: GraphQLContext) => now() >= purgeAfter,
}

/** A purged deletion may still be reachable through items inside it that were trashed earlier. */
const inTrash = ({ restoredAt, purgedAt }: DeletionRow) => restoredAt === null && purgedAt === null

const members = connectionResolvers<Member>()

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
    members: async (deletion, { where, ...args }, { loaders }) => {
      const kinds = where?.kind ? [...new Set(where.kind)].sort() : null
      return {
        order: memberOrder,
        page: await loaders.membersOf(deletion.id, kinds, pageOf(args, memberOrder)),
        count: () =>
          kinds || deletion.restoredAt
            ? loaders.memberCount(deletion.id, kinds ?? [])
            : Promise.resolve(deletion.itemCount),
      }
    },
    viewerCanRestore: (deletion, _args, { actor, now }) =>
      can(actor, 'edit') && inTrash(deletion) && now() < deletion.purgeAfter,
    viewerCanPurge: (deletion, _args, { actor }) => can(actor, 'purge') && inTrash(deletion),
    item: async ({ kind, itemId }, _args, ctx) => referred(await nodeOfKind(ctx, kind, itemId)),
  },
  DeletedFrom: {
    parent: async ({ parentKind, parentId }, _args, ctx) => {
      const parent = parentKind && parentId ? await nodeOfKind(ctx, parentKind, parentId) : null
      if (!parent || !('deletionId' in parent) || parent.deletionId === null) return parent
      // The parent may exist only as a tombstone, until the items inside it have gone too.
      return (await ctx.loaders.deletions.load(parent.deletionId))?.purgedAt ? null : parent
    },
    path: ({ path }) => path,
  },
  TrashableConnection: {
    ...members,
    nodes: ({ page }, _args, ctx) =>
      Promise.all(page.rows.map(async ({ kind, id }) => referred(await nodeOfKind(ctx, kind, id)))),
    edges: (list, _args, ctx) =>
      Promise.all(
        members.edges(list).map(async ({ node: { kind, id }, cursor }) => ({
          cursor,
          node: referred(await nodeOfKind(ctx, kind, id)),
        })),
      ),
  },
}
