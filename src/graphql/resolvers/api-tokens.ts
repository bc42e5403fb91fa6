import { conditionsOf } from '../../db/conditions.ts'
import { chosenOrder } from '../../db/orders.ts'
import { inStates } from '../../db/people/api-tokens.ts'
import type { Condition } from '../../db/page.ts'
import { can } from '../../domain/access.ts'
import { apiTokenState } from '../../domain/api-tokens.ts'
import { createApiToken, revokeApiToken } from '../../usecases/people/api-tokens.ts'
import { connectionResolvers } from '../connection.ts'
import type { GraphQLContext } from '../context.ts'
import type { ApiTokenWhere, Resolvers } from '../generated.ts'
import { answerWith } from './answer.ts'
import { listOf } from './lists.ts'

/** People see their own tokens, owners of the workspace all of it. */
function conditionsFor({ actor, now }: GraphQLContext, { userId, states }: ApiTokenWhere): Condition[] {
  const own = can(actor, 'manage') ? [] : conditionsOf('api_tokens', { userId: actor.id })
  return [...own, ...conditionsOf('api_tokens', { userId }), ...(states ? [inStates(states, now())] : [])]
}

export const apiTokens: Resolvers = {
  Query: {
    apiTokens: async (_root, { where, orderBy, ...args }, ctx) => {
      const { field, direction } = orderBy ?? { field: 'CREATED_AT', direction: 'DESC' }
      const order = chosenOrder('api_tokens', field, direction)
      return listOf(ctx, 'api_tokens', conditionsFor(ctx, where ?? {}), order, args)
    },
  },
  Mutation: {
    createApiToken: answerWith('CreateApiToken', createApiToken, (made) => made),
    revokeApiToken: answerWith('RevokeApiToken', revokeApiToken, (apiToken) => ({ apiToken })),
  },
  ApiToken: {
    user: ({ userId }) => ({ id: userId }),
    state: (token, _args, { now }) => apiTokenState(token, now()),
  },
  ApiTokenConnection: connectionResolvers(),
}
