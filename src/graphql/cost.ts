import { createRequire } from 'node:module'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isListType,
  isNonNullType,
} from 'graphql'
import type { ComplexityEstimator, ComplexityEstimatorArgs } from 'graphql-query-complexity'
import { pageLimits } from '../domain/page.ts'
import { perCall } from '../domain/restore.ts'
import { taggingLimits } from '../domain/tag-tree.ts'
import { recipes } from '../domain/thumbnails.ts'
import { maxSelection } from '../usecases/library/selections.ts'
import { introspectionSizes } from './introspection-cost.ts'

// The package's ES module would load a second copy of graphql, whose types do not match ours; its CommonJS module
// shares our copy.
const require = createRequire(import.meta.url)
const { getComplexity } = require('graphql-query-complexity') as typeof import('graphql-query-complexity')

/** The assumed size of a small bounded list if nothing states how many items are requested. */
const assumedListSize = 10

/**
 * Lists whose size depends on their parent or on the input of their mutation. Files and tags of an owner are few on
 * average; `ListBudget` counts what there really is.
 */
const listSizes: Readonly<Record<string, number>> = {
  'Block.images': 0.5,
  'Block.videos': 0.25,
  'Block.attachments': 0.25,
  'Block.tags': 0.5,
  'Book.attachments': 1,
  'Book.tags': 3,
  'Book.tagsWithOrigin': 4,
  'Bookshelf.attachments': 1,
  'Bookshelf.tags': 3,
  'CheckpointMarker.images': 1,
  'Media.variants': recipes.length,
  // Comparing two long texts takes as long as reading thousands of objects.
  'BlockRevisionComparison.parts': 5_000,
  'AttachTagsSuccess.entities': taggingLimits.entitiesPerCall,
  'DetachTagsSuccess.entities': taggingLimits.entitiesPerCall,
  'AttachTagsSuccess.tags': taggingLimits.tagsPerCall,
  'DetachTagsSuccess.tags': taggingLimits.tagsPerCall,
  'CreateBlocksSuccess.results': maxSelection,
  'CopyBlocksSuccess.blocks': maxSelection,
  'MoveBlocksSuccess.blocks': maxSelection,
  'MoveBooksSuccess.books': maxSelection,
  'UpdateBlocksSuccess.results': maxSelection,
  'UpdateBooksSuccess.results': maxSelection,
  'TrashItemsSuccess.results': perCall,
  'RestoreDeletionsSuccess.results': perCall,
  'PurgeDeletionsSuccess.results': perCall,
}

/** Objects that take as long to compute as reading many others. */
const objectCosts: Readonly<Record<string, number>> = { 'Workspace.usage': 1_000 }

/** Scalars that are not simply read. */
const scalarCosts: Readonly<Record<string, number>> = { 'Block.html': 10, 'Viewer.personalData': 1_000 }

/** Introspection reads nothing from the database, but occupies the process without a break. */
const introspectionCost = 4

/** The number of objects requested from a list that is not a connection. */
function listSize(field: string, args: Record<string, unknown>): number {
  const { first, ids } = args as { first?: number; ids?: readonly unknown[] }
  return Math.max(0, first ?? ids?.length ?? listSizes[field] ?? assumedListSize)
}

/** Lists with pages, by type and field, and the size of the largest page that is requested of each. */
export type PageSizes = ReadonlyMap<string, number>

interface Estimate {
  readonly cost: number
  readonly pages: PageSizes
  /** How many fields were looked at. */
  readonly fieldCount: number
}

interface Operation {
  readonly schema: GraphQLSchema
  readonly query: DocumentNode
  readonly variables: Record<string, unknown>
  readonly operationName?: string
}

const pageSize = (args: ComplexityEstimatorArgs['args']) => {
  const { first, last } = args as { first?: number; last?: number }
  return Math.max(0, first ?? last ?? pageLimits.default)
}

const nameOf = ({ type, field }: ComplexityEstimatorArgs) => `${type.name}.${field.name}`

/**
 * The number of objects that an operation can be expected to return: pages count as full, most scalars cost nothing. With
 * `atMost`, pages of these lists count as smaller.
 */
export function estimate(operation: Operation, atMost: PageSizes = new Map()): Estimate {
  const pages = new Map<string, number>()
  let fieldCount = 0
  const objects: ComplexityEstimator = (asked) => {
    fieldCount += 1
    const { field, args, type, childComplexity } = asked
    const named = getNamedType(field.type)
    const name = nameOf(asked)
    if (!isCompositeType(named)) return scalarCosts[name] ?? 0
    if (named.name.endsWith('Connection')) {
      const size = pageSize(args)
      pages.set(name, Math.max(size, pages.get(name) ?? 0))
      return 1 + Math.min(size, atMost.get(name) ?? Infinity) * childComplexity
    }
    if (named.name.startsWith('__'))
      return (introspectionSizes(operation.schema)[name] ?? 1) * (introspectionCost + childComplexity)
    // The page was counted with its connection.
    if (type.name.endsWith('Connection')) return 1 + childComplexity
    const plain = isNonNullType(field.type) ? field.type.ofType : field.type
    const own = objectCosts[name] ?? 1
    return (isListType(plain) ? listSize(name, args) : 1) * (own + childComplexity)
  }
  return { cost: complexity(operation, objects), pages, fieldCount }
}

function complexity(operation: Operation, objects: ComplexityEstimator): number {
  try {
    return Math.ceil(getComplexity({ ...operation, estimators: [objects] }))
  } catch (error) {
    // Nested fragments can expand to more fields than can be counted.
    if (error instanceof GraphQLError) return Infinity
    throw error
  }
}

/** Suggestions are calculated only for operations that are quick to look through. */
const suggestedUpToFields = 500
const suggestedLists = 4

/** The largest size of pages with which the cost stays within a limit; 0 if there is none. */
function largestFitting(largest: number, fits: (size: number) => boolean): number {
  let [low, high] = [0, largest]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle - 1
  }
  return low
}

/** A page size with which an operation would be accepted: of one list, or of every list. */
export interface Suggestion {
  readonly list: string | null
  readonly first: number
}

/** What would fit: the single list of which most can stay, and one size for every list. */
export function suggestions(
  operation: Operation,
  { cost, pages, fieldCount }: Estimate,
  limit: number,
): Suggestion[] {
  if (!Number.isFinite(cost) || fieldCount > suggestedUpToFields) return []
  const fitting = (names: readonly string[], largest: number) =>
    largestFitting(
      Math.min(largest, pageLimits.max),
      (size) => estimate(operation, new Map(names.map((name) => [name, size]))).cost <= limit,
    )
  const lists = [...pages].sort(([, a], [, b]) => b - a).slice(0, suggestedLists)
  const [single] = lists
    .map(([list, size]) => ({ list, first: fitting([list], size), size }))
    .sort((a, b) => b.first / b.size - a.first / a.size)
  const all = fitting([...pages.keys()], Math.max(0, ...pages.values()))
  const found: Suggestion[] = [
    ...(single ? [{ list: single.list, first: single.first }] : []),
    ...(pages.size > 1 ? [{ list: null, first: all }] : []),
  ]
  return found.filter(({ first }) => first > 0)
}
