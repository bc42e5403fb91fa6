import { copyBlocks, copyBook, copyBookshelf } from '../../usecases/copies/copy-items.ts'
import type { Resolvers } from '../generated.ts'
import { answerWith } from './answer.ts'
import { liveNodes } from './nodes.ts'

export const copies: Resolvers = {
  Mutation: {
    copyBlocks: answerWith('CopyBlocks', copyBlocks, (copied) => copied),
    copyBook: answerWith('CopyBook', copyBook, (copied) => copied),
    copyBookshelf: answerWith('CopyBookshelf', copyBookshelf, (copied) => copied),
  },
  CopyReport: {
    item: async ({ itemIds }, _args, ctx) => (await liveNodes(itemIds.slice(0, 1), ctx))[0] ?? null,
  },
}
