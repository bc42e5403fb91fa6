import { createBlock, moveBlock, updateBlock } from '../../usecases/library/blocks.ts'
import { createBlocks } from '../../usecases/library/paste-blocks.ts'
import { madeField } from '../made-field.ts'
import { connectionResolvers, pageOf } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { revisionOrder } from '../../db/orders.ts'
import { live, mediaIn, existing, trashOf } from './lists.ts'
import { rootList } from './filtered-lists.ts'
import { answer, answerWith, countResults } from './answer.ts'
import { authored } from './authored.ts'
import { referencedBy, referencesOf } from './references.ts'
import { html } from './block-html.ts'

const blockKinds = ['TEXT', 'HEADING', 'LIST', 'QUOTE', 'CODE', 'IMAGE', 'VIDEO', 'DIVIDER'] as const

export const blocks: Resolvers = {
  Query: {
    block: async (_root, { id }, { loaders }) => live(await loaders.blocks.load(id)),
    blocks: rootList('blocks', 'CREATED_AT'),
  },
  Mutation: {
    createBlock: answerWith('CreateBlock', createBlock, (block) => ({ block })),
    createBlocks: answerWith('CreateBlocks', createBlocks, (made) => {
      const results = made.results.map((one) => answer('CreateBlock', one, (block) => ({ block })))
      return countResults(results)
    }),
    updateBlock: answerWith('UpdateBlock', updateBlock, (block) => ({ block })),
    moveBlock: answerWith('MoveBlock', moveBlock, (block) => ({ block })),
  },
  Block: {
    ...authored,
    blockKind: madeField('blocks', 'blockKind', ({ kind }) => kind),
    book: async (block, _args, { loaders }) => existing(await loaders.books.load(block.bookId)),
    images: mediaIn('IMAGE'),
    videos: mediaIn('VIDEO'),
    attachments: mediaIn('ATTACHMENT'),
    attributes: madeField('blocks', 'attributes', (block) => block.attributes as Record<string, unknown>),
    revisions: async (block, args, { loaders }, info) => ({
      order: revisionOrder,
      page: await loaders.revisionsOf(pageOf(args, revisionOrder), block.id, info),
      count: () => loaders.revisionCount.load(block.id),
    }),
    tags: (block, _args, { loaders }, info) => loaders.tagsOf(block.id, info),
    html,
    references: referencesOf,
    referencedBy: referencedBy('BLOCK'),
    trash: trashOf,
  },
  BlockConnection: {
    ...connectionResolvers(),
    kindCounts: async ({ kinds }) => {
      const counts = await kinds()
      return blockKinds.map((blockKind) => ({ blockKind, count: counts[blockKind] ?? 0 }))
    },
  },
}
