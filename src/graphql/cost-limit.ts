import type { ApolloServerPlugin, GraphQLRequest } from '@apollo/server'
import { getVariableValues } from 'graphql'
import type { GraphQLContext } from './context.ts'
import { estimate, type Suggestion, suggestions } from './cost.ts'
import { tooComplex } from './list-budget.ts'

const advice = (fits: readonly Suggestion[]) => {
  const texts = fits.map(({ list, first }) => `\`first: ${first}\` in ${list ?? 'every list'}`)
  return texts.length === 0 ? '' : ` It would be accepted with ${texts.join(', or with ')}.`
}

/** A client asks for the cost of its operation with this header, as of servers with the same header. */
const asksForCost = (request: GraphQLRequest) => request.http?.headers.get('graphql-cost') === 'report'

/** What is left is what the same operation could ask for in addition. */
const costReport = (cost: number, limit: number) => ({
  requested: Number.isFinite(cost) ? cost : null,
  limit,
  left: Math.max(0, limit - cost),
})

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
        willSendResponse: ({ request, response: { body }, contextValue: { report } }) => {
          if (report.cost === undefined || body.kind !== 'single' || !asksForCost(request))
            return Promise.resolve()
          const { singleResult } = body
          singleResult.extensions = { ...singleResult.extensions, cost: costReport(report.cost, limit) }
          return Promise.resolve()
        },
      }),
  }
}
