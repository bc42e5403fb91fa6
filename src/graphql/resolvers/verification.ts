import { Failure } from '../../domain/failure.ts'
import { askForVerification } from '../../usecases/upkeep/request-verification.ts'
import type { Resolvers } from '../generated.ts'

export const verification: Resolvers = {
  Mutation: {
    verifyStorage: async (_root, { input }, ctx) => {
      const asked = await askForVerification(ctx, input)
      return asked instanceof Failure ? asked : { __typename: 'VerifyStorageSuccess', ...asked }
    },
  },
}
