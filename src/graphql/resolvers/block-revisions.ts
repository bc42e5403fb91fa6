import type { BlockRevisionRow } from '../../db/library/block-revisions.ts'
import { compareTexts } from '../../domain/text-comparison.ts'
import { restoreBlockRevision } from '../../usecases/library/block-revisions.ts'
import { connectionResolvers } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { answerWith } from './answer.ts'

/** Two revisions; their texts are compared only on request. */
export interface ComparedRevisions {
  readonly from: BlockRevisionRow
  readonly to: BlockRevisionRow
}

export const blockRevisions: Resolvers = {
  Query: {
    blockRevision: async (_root, key, { loaders }) => (await loaders.blockRevisions.load(key)) ?? null,
    compareBlockRevisions: async (_root, { blockId, from, to }, { loaders }) => {
      const [older, newer] = await Promise.all(
        [from, to].map((number) => loaders.blockRevisions.load({ blockId, number })),
      )
      return older && newer ? { from: older, to: newer } : null
    },
  },
  Mutation: {
    restoreBlockRevision: answerWith('RestoreBlockRevision', restoreBlockRevision, (block) => ({ block })),
  },
  BlockRevision: { writtenBy: ({ writtenBy }) => ({ id: writtenBy }) },
  BlockRevisionComparison: { parts: ({ from, to }) => compareTexts(from.content, to.content) },
  BlockRevisionConnection: connectionResolvers(),
}
