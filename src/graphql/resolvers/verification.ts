import { Failure } from '../../domain/failure.ts'
import { requestVerification } from '../../usecases/upkeep/request-verification.ts'
import type { Resolvers } from '../generated.ts'

export const verification: Resolvers = {
  Mutation: {
    verifyStorage: async (_root, { input }, ctx) => {
      const asked = await requestVerification(ctx, input)
      return asked instanceof Failure ? asked : { __typename: 'VerifyStorageSuccess', ...asked }
    },
  },
}
