import { Failure, InvalidInput } from '../../domain/failure.ts'
import { createBlock, moveBlock, updateBlock } from '../../usecases/library/blocks.ts'
import { createBlocks } from '../../usecases/library/paste-blocks.ts'
import { madeField } from '../made-field.ts'
import { badInput, connectionResolvers, pageOf } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { conditionsOf } from '../../db/conditions.ts'
import { chosenOrder, revisionOrder } from '../../db/orders.ts'
import { listOf, live, referred, tagConditionsOf, trashOf } from './lists.ts'

export const blocks: Resolvers = {
  Query: {
    block: async (_root, { id }, { loaders }) => live(await loaders.blocks.load(id)),
    blocks: async (_root, { where, orderBy, ...args }, ctx) => {
      const { field, direction } = orderBy ?? { field: 'CREATED_AT', direction: 'ASC' }
      if (field === 'POSITION' && where?.bookId == null) {
        throw badInput('orderBy: Blocks have a manual order only within a book; also give `where.bookId`.')
      }
      const order = chosenOrder('blocks', field, direction)
      const { bookId, kind, updatedSince } = where ?? {}
      const conditions = [
        ...conditionsOf('blocks', { bookId, kind, updatedSince }),
        ...(await tagConditionsOf(ctx, 'blocks', where?.tags)),
      ]
      return listOf(ctx, 'blocks', conditions, order, args)
    },
  },
  Mutation: {
    createBlock: async (_root, { input }, ctx) => {
      const block = await createBlock(ctx, input)
      return block instanceof Failure ? block : { __typename: 'CreateBlockSuccess', block }
    },
    createBlocks: async (_root, { input }, ctx) => {
      const made = await createBlocks(ctx, input)
      if (made instanceof Failure) return made
      const results = made.results.map((result) =>
        result instanceof InvalidInput
          ? result
          : { __typename: 'CreateBlockSuccess' as const, block: result },
      )
      const failedCount = results.filter((result) => result instanceof InvalidInput).length
      return {
        __typename: 'CreateBlocksSuccess',
        results,
        failedCount,
        createdCount: results.length - failedCount,
      }
    },
    updateBlock: async (_root, { input }, ctx) => {
      const block = await updateBlock(ctx, input)
      return block instanceof Failure ? block : { __typename: 'UpdateBlockSuccess', block }
    },
    moveBlock: async (_root, { input }, ctx) => {
      const block = await moveBlock(ctx, input)
      return block instanceof Failure ? block : { __typename: 'MoveBlockSuccess', block }
    },
  },
  Block: {
    book: async (block, _args, { loaders }) => referred(await loaders.books.load(block.bookId)),
    images: (block, _args, { loaders }, info) => loaders.images(block.id, info),
    videos: (block, _args, { loaders }, info) => loaders.videos(block.id, info),
    attachments: (block, _args, { loaders }, info) => loaders.attachments(block.id, info),
    attributes: madeField('blocks', 'attributes', (block) => block.attributes as Record<string, unknown>),
    revisions: async (block, args, { loaders }, info) => ({
      order: revisionOrder,
      page: await loaders.revisionsOf(pageOf(args, revisionOrder), block.id, info),
      count: () => loaders.revisionCount.load(block.id),
    }),
    tags: (block, _args, { loaders }, info) => loaders.tagsOf(block.id, info),
    trash: trashOf,
  },
  BlockConnection: connectionResolvers(),
}
