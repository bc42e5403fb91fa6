import { createHash } from 'node:crypto'
import { type SearchHit, searchPage } from '../../db/search/search-page.ts'
import type { SearchScope } from '../../db/search/walks.ts'
import { type NodeRow, tableOfTaggable } from '../../db/rows.ts'
import { Failure } from '../../domain/failure.ts'
import { parseQuery, type SearchableType, type SearchQuery } from '../../domain/library-search.ts'
import { nearPatterns, type NearPlan, soundsLike, textRank } from '../../domain/near-search.ts'
import { excerptOf, matchedPatterns } from '../../domain/search-excerpt.ts'
import type { TagFilter } from '../../db/tags/tag-filter.ts'
import { badInput, connectionResolvers, type Listed, pageOf } from '../connection.ts'
import type { GraphQLContext } from '../context.ts'
import type { Resolvers, SearchField } from '../generated.ts'
import { searchOrder } from '../../db/orders.ts'
import { tagConditionsOf } from '../filters.ts'
import { existing } from './lists.ts'
import { nodeOfKind } from './nodes.ts'

/** A hit, with the query that found it. */
export interface FoundItem extends SearchHit {
  readonly query: SearchQuery
  readonly near: NearPlan | null
}

export type SearchList = Listed<FoundItem>

const allTypes: readonly SearchableType[] = [
  'BOOKSHELF',
  'BOOK',
  'BLOCK',
  'TAG',
  'CHECKPOINT',
  'CHECKPOINT_MARKER',
  'MEDIA',
]

async function scopeOf(
  ctx: GraphQLContext,
  types: readonly SearchableType[],
  tags: TagFilter | null | undefined,
): Promise<SearchScope> {
  if (!tags) return new Map(types.map((type) => [type, []]))
  const conditions = types
    .filter((type) => type === 'BOOKSHELF' || type === 'BOOK' || type === 'BLOCK')
    .map(
      async (type) =>
        [type, await tagConditionsOf(ctx.db, ctx.actor.workspaceId, tableOfTaggable[type], tags)] as const,
    )
  return new Map(await Promise.all(conditions))
}

type Searchable = Extract<
  NodeRow,
  { __typename: 'Bookshelf' | 'Book' | 'Block' | 'Tag' | 'Checkpoint' | 'CheckpointMarker' | 'Media' }
>

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
    case 'Checkpoint':
    case 'CheckpointMarker':
      return [
        { field: 'TITLE', text: item.title },
        { field: 'DESCRIPTION', text: item.description ?? '' },
      ]
    case 'Media':
      return [
        { field: 'FILE_NAME', text: item.fileName },
        { field: 'ALT_TEXT', text: item.altText ?? '' },
        { field: 'CAPTION', text: item.caption ?? '' },
      ]
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

/** What the item was found by, as its normalised text has it. */
const patternsOf = ({ rank, query, near }: FoundItem) =>
  near && rank < textRank ? nearPatterns(near, rank) : query.patterns

/** How much of the query a text contains. Of an item that was found by its sound, the name that sounds so. */
const shareOf = (text: string, { near, rank }: FoundItem, patterns: readonly string[]) =>
  near && rank < textRank && patterns.length === 0
    ? Number(soundsLike(near, text))
    : matchedPatterns(text, patterns)

/** The field that contains most of the query. */
async function bestField(found: FoundItem, ctx: GraphQLContext): Promise<FieldText> {
  const [first, ...others] = await fieldsOf(ctx, await itemOf(ctx, found))
  let best = existing(first)
  if (others.length === 0) return best
  const patterns = patternsOf(found)
  let most = shareOf(best.text, found, patterns)
  for (const other of others) {
    const share = shareOf(other.text, found, patterns)
    if (share > most) [best, most] = [other, share]
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
      const { near, ...found } = await searchPage(ctx.db, ctx.actor.workspaceId, query, scope, page)
      return { order, page: { ...found, rows: found.rows.map((hit) => ({ ...hit, query, near })) } }
    },
  },
  SearchResult: {
    item: (found, _args, ctx) => itemOf(ctx, found),
    field: async (found, _args, ctx) => (await bestField(found, ctx)).field,
    excerpt: async (found, _args, ctx) => excerptOf((await bestField(found, ctx)).text, patternsOf(found)),
  },
  SearchConnection: { nodes, edges, pageInfo },
}
