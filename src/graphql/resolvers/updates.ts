import { splitBlock } from '../../usecases/library/split-block.ts'
import { updateBlocks, updateBooks } from '../../usecases/library/update-many.ts'
import { mergeBlocks } from '../../usecases/trash/merge-blocks.ts'
import type { Resolvers } from '../generated.ts'
import { answer, answerWith, countResults } from './answer.ts'

export const updates: Resolvers = {
  Mutation: {
    updateBlocks: answerWith('UpdateBlocks', updateBlocks, ({ results }) =>
      countResults(results.map((one) => answer('UpdateBlock', one, (block) => ({ block })))),
    ),
    splitBlock: answerWith('SplitBlock', splitBlock, (blocks) => ({ blocks })),
    mergeBlocks: answerWith('MergeBlocks', mergeBlocks, (merged) => merged),
    updateBooks: answerWith('UpdateBooks', updateBooks, ({ results }) =>
      countResults(results.map((one) => answer('UpdateBook', one, (book) => ({ book })))),
    ),
  },
}
