import {
  type RecentItem,
  recentCount,
  recentOrder,
  recentPage,
  recentTypes,
} from '../../db/library/recent-items.ts'
import type { NodeRow } from '../../db/rows.ts'
import { connectionResolvers, pageOf, type RecentItemList } from '../connection.ts'
import type { GraphQLContext } from '../context.ts'
import type { Resolvers } from '../generated.ts'
import { existing } from './lists.ts'
import { nodeOfKind } from './nodes.ts'

const nodeOf = async (ctx: GraphQLContext, { type, id }: RecentItem) =>
  existing(await nodeOfKind(ctx, type, id)) as Extract<NodeRow, { __typename: 'Bookshelf' | 'Book' }>

const connection = connectionResolvers<RecentItem>()

export const recentItems: Resolvers = {
  Query: {
    recentItems: async (_root, { where, ...args }, { db, actor: { workspaceId } }) => {
      const types = recentTypes.filter((type) => where?.types?.includes(type) ?? true)
      return {
        order: recentOrder,
        page: await recentPage(db, workspaceId, types, pageOf(args, recentOrder)),
        count: () => recentCount(db, workspaceId, types),
      }
    },
  },
  RecentItemConnection: {
    ...connection,
    nodes: ({ page }: RecentItemList, _args: unknown, ctx: GraphQLContext) =>
      Promise.all(page.rows.map((item) => nodeOf(ctx, item))),
    edges: (list: RecentItemList, _args: unknown, ctx: GraphQLContext) =>
      Promise.all(
        connection.edges(list).map(async ({ node, cursor }) => ({ cursor, node: await nodeOf(ctx, node) })),
      ),
  },
}
