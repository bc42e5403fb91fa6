import { moveCheckpoint } from '../../usecases/library/checkpoints.ts'
import { moveBlocks, moveBooks } from '../../usecases/library/move-selections.ts'
import type { Resolvers } from '../generated.ts'
import { answerWith } from './answer.ts'

export const moves: Resolvers = {
  Mutation: {
    moveBlocks: answerWith('MoveBlocks', moveBlocks, (blocks) => ({ blocks })),
    moveBooks: answerWith('MoveBooks', moveBooks, (books) => ({ books })),
    moveCheckpoint: answerWith('MoveCheckpoint', moveCheckpoint, (checkpoint) => ({ checkpoint })),
  },
}
