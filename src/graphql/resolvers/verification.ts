import { requestVerification } from '../../usecases/upkeep/request-verification.ts'
import type { Resolvers } from '../generated.ts'
import { answerWith } from './answer.ts'

export const verification: Resolvers = {
  Mutation: {
    verifyStorage: answerWith('VerifyStorage', requestVerification, (asked) => asked),
  },
}
