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
import type { GraphQLContext } from './context.ts'

// Its ES module loads a second copy of graphql, whose types do not know ours; its CommonJS one shares it.
const require = createRequire(import.meta.url)
const { getComplexity } = require('graphql-query-complexity') as typeof import('graphql-query-complexity')

/** How many objects a small bounded list is taken to have when nothing says how many are asked for. */
const assumedListSize = 10

/** Lists that are as long as what they are of, or as the input of their mutation may make them. */
const listSizes: Readonly<Record<string, number>> = {
  'Media.variants': recipes.length,
  // Comparing two long texts takes as long as reading thousands of objects.
  'BlockRevisionComparison.parts': 5_000,
  'AttachTagsSuccess.entities': taggingLimits.entitiesPerCall,
  'DetachTagsSuccess.entities': taggingLimits.entitiesPerCall,
  'AttachTagsSuccess.tags': taggingLimits.tagsPerCall,
  'DetachTagsSuccess.tags': taggingLimits.tagsPerCall,
  'TrashItemsSuccess.results': perCall,
  'RestoreDeletionsSuccess.results': perCall,
  'PurgeDeletionsSuccess.results': perCall,
}

/** How many objects a list that is no connection is asked for. */
function listSize(field: string, args: Record<string, unknown>): number {
  const { first, ids } = args as { first?: number; ids?: readonly unknown[] }
  return Math.max(0, first ?? ids?.length ?? listSizes[field] ?? assumedListSize)
}

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
    // Fragments within fragments can stand for more fields than anyone can count.
    if (error instanceof GraphQLError) return Infinity
    throw error
  }
}

/** Refuses operations that could give more than `limit` objects, before anything is read. */
export function costLimit(limit: number): ApolloServerPlugin<GraphQLContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation: ({ request, document, operation, schema }) => {
          const { operationName, variables = {} } = request
          // Apollo refuses what is no operation of the document or has variables that do not fit, saying why.
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
