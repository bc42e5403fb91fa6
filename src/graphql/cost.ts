import { createRequire } from 'node:module'
import type { ApolloServerPlugin } from '@apollo/server'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  getVariableValues,
  isCompositeType,
  isListType,
  isNonNullType,
} from 'graphql'
import type { ComplexityEstimator } from 'graphql-query-complexity'
import { pageLimits } from '../domain/page.ts'
import { perCall } from '../domain/restore.ts'
import { taggingLimits } from '../domain/tag-tree.ts'
import { recipes } from '../domain/thumbnails.ts'
import { maxSelection } from '../usecases/library/selections.ts'
import type { GraphQLContext } from './context.ts'

// The package's ES module would load a second copy of graphql, whose types do not match ours; its CommonJS module
// shares our copy.
const require = createRequire(import.meta.url)
const { getComplexity } = require('graphql-query-complexity') as typeof import('graphql-query-complexity')

/** The assumed size of a small bounded list if nothing states how many items are requested. */
const assumedListSize = 10

/** Lists whose size depends on their parent or on the input of their mutation. */
const listSizes: Readonly<Record<string, number>> = {
  'Media.variants': recipes.length,
  // Comparing two long texts takes as long as reading thousands of objects.
  'BlockRevisionComparison.parts': 5_000,
  'AttachTagsSuccess.entities': taggingLimits.entitiesPerCall,
  'DetachTagsSuccess.entities': taggingLimits.entitiesPerCall,
  'AttachTagsSuccess.tags': taggingLimits.tagsPerCall,
  'DetachTagsSuccess.tags': taggingLimits.tagsPerCall,
  'CreateBlocksSuccess.results': maxSelection,
  'MoveBlocksSuccess.blocks': maxSelection,
  'MoveBooksSuccess.books': maxSelection,
  'UpdateBlocksSuccess.results': maxSelection,
  'UpdateBooksSuccess.results': maxSelection,
  'TrashItemsSuccess.results': perCall,
  'RestoreDeletionsSuccess.results': perCall,
  'PurgeDeletionsSuccess.results': perCall,
}

/** The number of objects requested from a list that is not a connection. */
function listSize(field: string, args: Record<string, unknown>): number {
  const { first, ids } = args as { first?: number; ids?: readonly unknown[] }
  return Math.max(0, first ?? ids?.length ?? listSizes[field] ?? assumedListSize)
}

/** The number of objects that an operation can return: pages count as full, scalars cost nothing. */
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
  return (isListType(plain) ? listSize(`${type.name}.${field.name}`, args) : 1) * (1 + childComplexity)
}

interface Operation {
  readonly schema: GraphQLSchema
  readonly query: DocumentNode
  readonly variables: Record<string, unknown>
  readonly operationName?: string
}

function costOf(operation: Operation) {
  try {
    return getComplexity({ ...operation, estimators: [objects] })
  } catch (error) {
    // Nested fragments can expand to more fields than can be counted.
    if (error instanceof GraphQLError) return Infinity
    throw error
  }
}

/** Refuses operations that could return more than `limit` objects, before anything is read. */
export function costLimit(limit: number): ApolloServerPlugin<GraphQLContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation: ({ request, document, operation, schema }) => {
          const { operationName, variables = {} } = request
          // Apollo itself refuses unknown operations and mismatched variables, with a reason.
          if (!operation) return Promise.resolve()
          const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables)
          if (errors) return Promise.resolve()
          const named = operationName ? { operationName } : {}
          const cost = costOf({ schema, query: document, variables, ...named })
          if (cost <= limit) return Promise.resolve()
          const many = Number.isFinite(cost) ? `${cost}` : 'countless'
          throw new GraphQLError(
            `This operation could return ${many} objects, more than the limit of ${limit}. Ask for smaller ` +
              'pages or fewer levels.',
            { extensions: { code: 'QUERY_TOO_COMPLEX', limit, http: { status: 400 } } },
          )
        },
      }),
  }
}
