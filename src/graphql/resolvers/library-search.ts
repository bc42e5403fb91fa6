import { createHash } from 'node:crypto'
import { type SearchHit, searchPage, type SearchScope } from '../../db/search/search-page.ts'
import { type NodeRow, tableOfTaggable } from '../../db/rows.ts'
import { Failure } from '../../domain/failure.ts'
import { parseQuery, type SearchableType, type SearchQuery } from '../../domain/library-search.ts'
import { excerptOf, matchedPatterns } from '../../domain/search-excerpt.ts'
import type { TagFilter } from '../../db/tags/tag-filter.ts'
import { badInput, connectionResolvers, type Listed, pageOf } from '../connection.ts'
import type { GraphQLContext } from '../context.ts'
import type { Resolvers, SearchField } from '../generated.ts'
import { searchOrder } from '../../db/orders.ts'
import { existing, tagConditionsOf } from './lists.ts'
import { nodeOfKind } from './nodes.ts'

/** A hit, with the query that found it. */
export interface FoundItem extends SearchHit {
  readonly query: SearchQuery
}

export type SearchList = Listed<FoundItem>

const allTypes: readonly SearchableType[] = ['BOOKSHELF', 'BOOK', 'BLOCK', 'TAG']

async function scopeOf(
  ctx: GraphQLContext,
  types: readonly SearchableType[],
  tags: TagFilter | null | undefined,
): Promise<SearchScope> {
  if (!tags) return new Map(types.map((type) => [type, []]))
  const conditions = types
    .filter((type) => type !== 'TAG')
    .map(async (type) => [type, await tagConditionsOf(ctx, tableOfTaggable[type], tags)] as const)
  return new Map(await Promise.all(conditions))
}

type Searchable = Extract<NodeRow, { __typename: 'Bookshelf' | 'Book' | 'Block' | 'Tag' }>

const itemOf = async (ctx: GraphQLContext, { type, id }: FoundItem) =>
  existing(await nodeOfKind(ctx, type, id)) as Searchable

interface FieldText {
  readonly field: SearchField
  readonly text: string
}

/** The searched texts of an item, in the order of preference for excerpts when they match equally well. */
async function fieldsOf(ctx: GraphQLContext, item: Searchable): Promise<FieldText[]> {
  switch (item.__typename) {
    case 'Bookshelf':
      return [
        { field: 'NAME', text: item.name },
        { field: 'DESCRIPTION', text: item.description ?? '' },
      ]
    case 'Book':
      return [
        { field: 'TITLE', text: item.title },
        { field: 'SUMMARY', text: item.summary ?? '' },
      ]
    case 'Block':
      return [{ field: 'CONTENT', text: item.content }]
    case 'Tag': {
      const aliases = await ctx.loaders.aliasesOf.load(item.id)
      return [
        { field: 'NAME', text: item.name },
        ...aliases.map((name) => ({ field: 'ALIAS' as const, text: name })),
        { field: 'DESCRIPTION', text: item.description ?? '' },
      ]
    }
  }
}

/** The field that contains most of the query. */
async function bestField(found: FoundItem, ctx: GraphQLContext): Promise<FieldText> {
  const [first, ...others] = await fieldsOf(ctx, await itemOf(ctx, found))
  let best = existing(first)
  if (others.length === 0) return best
  let most = matchedPatterns(best.text, found.query)
  for (const other of others) {
    const matched = matchedPatterns(other.text, found.query)
    if (matched > most) [best, most] = [other, matched]
  }
  return best
}

const { nodes, edges, pageInfo } = connectionResolvers<FoundItem>()

export const librarySearch: Resolvers = {
  Query: {
    search: async (_root, { query: text, where, ...args }, ctx) => {
      const query = parseQuery(text)
      if (query instanceof Failure) throw badInput(query.message)
      const types = allTypes.filter((type) => !where?.types || where.types.includes(type))
      const asked = JSON.stringify([query, types, where?.tags])
      const order = searchOrder<FoundItem>(createHash('sha1').update(asked).digest('base64url'))
      const page = pageOf(args, order)
      const scope = await scopeOf(ctx, types, where?.tags)
      const found = await searchPage(ctx.db, ctx.actor.workspaceId, query, scope, page)
      return { order, page: { ...found, rows: found.rows.map((hit) => ({ ...hit, query })) } }
    },
  },
  SearchResult: {
    item: (found, _args, ctx) => itemOf(ctx, found),
    field: async (found, _args, ctx) => (await bestField(found, ctx)).field,
    excerpt: async (found, _args, ctx) => excerptOf((await bestField(found, ctx)).text, found.query),
  },
  SearchConnection: { nodes, edges, pageInfo },
}
