import { createRequire } from 'node:module'
import type { ApolloServerPlugin } from '@apollo/server'
import { GraphQLError, getNamedType, isCompositeType, isListType, isNonNullType } from 'graphql'
import type { ComplexityEstimator } from 'graphql-query-complexity'
import { pageLimits } from '../domain/page.ts'
import type { GraphQLContext } from './context.ts'

// Its ES module loads a second copy of graphql, whose types do not know ours; its CommonJS one shares it.
const require = createRequire(import.meta.url)
const { getComplexity } = require('graphql-query-complexity') as typeof import('graphql-query-complexity')

/** How many objects a small bounded list is taken to have. */
const assumedListSize = 10

/** The number of objects an operation can give: a page counts as full, a scalar costs nothing. */
const objects: ComplexityEstimator = ({ field, args, type, childComplexity }) => {
  const named = getNamedType(field.type)
  if (!isCompositeType(named)) return 0
  if (named.name.endsWith('Connection')) {
    const { first, last } = args as { first?: number; last?: number }
    return 1 + Math.max(0, first ?? last ?? pageLimits.default) * childComplexity
  }
  // The page was counted with its connection.
  if (type.name.endsWith('Connection')) return 1 + childComplexity
  const plain = isNonNullType(field.type) ? field.type.ofType : field.type
  return (isListType(plain) ? assumedListSize : 1) * (1 + childComplexity)
}

/** Refuses operations that could give more than `limit` objects, before anything is read. */
export function costLimit(limit: number): ApolloServerPlugin<GraphQLContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation: ({ request, document, schema }) => {
          const { operationName, variables = {} } = request
          const cost = getComplexity({
            schema,
            query: document,
            variables,
            estimators: [objects],
            ...(operationName ? { operationName } : {}),
          })
          if (cost <= limit) return Promise.resolve()
          throw new GraphQLError(
            `This operation could give ${cost} objects, more than ${limit}. Ask for smaller pages or fewer levels at once.`,
            { extensions: { code: 'QUERY_TOO_COMPLEX', cost, limit, http: { status: 400 } } },
          )
        },
      }),
  }
}
