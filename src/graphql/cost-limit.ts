import type { ApolloServerPlugin } from '@apollo/server'
import { getVariableValues } from 'graphql'
import type { GraphQLContext } from './context.ts'
import { estimate, type Suggestion, suggestions } from './cost.ts'
import { tooComplex } from './list-budget.ts'

const advice = (fits: readonly Suggestion[]) => {
  const texts = fits.map(({ list, first }) => `\`first: ${first}\` in ${list ?? 'every list'}`)
  return texts.length === 0 ? '' : ` It would be accepted with ${texts.join(', or with ')}.`
}

/** Refuses operations that are expected to return more than `limit` objects, before anything is read. */
export function costLimit(limit: number): ApolloServerPlugin<GraphQLContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation: ({ request, document, operation, schema, contextValue }) => {
          const { operationName, variables = {} } = request
          // Apollo itself refuses unknown operations and mismatched variables, with a reason.
          if (!operation) return Promise.resolve()
          const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables)
          if (errors) return Promise.resolve()
          const named = operationName ? { operationName } : {}
          const asked = { schema, query: document, variables, ...named }
          const estimated = estimate(asked)
          const { cost } = estimated
          contextValue.report.cost = cost
          if (cost <= limit) return Promise.resolve()
          const many = Number.isFinite(cost) ? `${cost}` : 'countless'
          const fits = suggestions(asked, estimated, limit)
          throw tooComplex(
            `This operation could return ${many} objects, more than the limit of ${limit}. Ask for smaller pages or ` +
              `fewer levels.${advice(fits)}`,
            { limit, ...(Number.isFinite(cost) ? { cost } : {}), fits },
          )
        },
      }),
  }
}
