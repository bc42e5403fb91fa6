import type { ApolloServerPlugin } from '@apollo/server'
import type { OperationDefinitionNode } from 'graphql'
import type { GraphQLContext } from './context.ts'

/** The maximum length of a name in the log. */
const maxNameLength = 100

/** The name of an operation, or its fields if it has none. */
function nameOf({ operation, name, selectionSet }: OperationDefinitionNode): string {
  const fields = selectionSet.selections.map((one) => ('name' in one ? one.name.value : '…'))
  return `${operation} ${name?.value ?? `{ ${fields.join(' ')} }`}`.slice(0, maxNameLength)
}

/** Collects what the log says about an operation. */
export const operationReport: ApolloServerPlugin<GraphQLContext> = {
  requestDidStart: ({ contextValue: { report } }) =>
    Promise.resolve({
      didResolveOperation: ({ operation }) => {
        if (operation) {
          report.operation = nameOf(operation)
          report.named = { type: operation.operation, name: operation.name?.value }
        }
        return Promise.resolve()
      },
      willSendResponse: ({ response: { body } }) => {
        const errors = body.kind === 'single' ? (body.singleResult.errors ?? []) : []
        const codes = errors.flatMap(({ extensions }) => extensions?.['code'] ?? [])
        if (codes.length > 0) report.errorCodes = [...new Set(codes.map(String))]
        return Promise.resolve()
      },
    }),
}
