import type { GraphQLResolveInfo } from 'graphql'
import type { ListedReference } from '../../db/library/text-references.ts'
import { namingOrder, referenceOrder } from '../../db/orders.ts'
import type { BrokenReference } from '../../domain/markdown/block-html.ts'
import type { PageArgs } from '../../domain/page.ts'
import type { Reference, ReferenceType } from '../../domain/references.ts'
import { connectionResolvers, pageOf } from '../connection.ts'
import type { GraphQLContext } from '../context.ts'
import type { Resolvers } from '../generated.ts'
import { nodeOfKind } from './nodes.ts'

/** What a reference leads to: a live item, or why it leads nowhere. */
export async function targetOf(ctx: GraphQLContext, { type, id }: Reference) {
  const item = await nodeOfKind(ctx, type, id)
  if (!item || !('deletionId' in item)) return { item: null, broken: 'MISSING' as BrokenReference }
  if (item.deletionId === null) return { item, broken: null }
  const deletion = await ctx.loaders.deletions.load(item.deletionId)
  const broken: BrokenReference = !deletion || deletion.purgedAt ? 'MISSING' : 'TRASHED'
  return { item: null, broken }
}

/** The resolver of the blocks that name an item of this type. */
export const referencedBy =
  (type: ReferenceType) =>
  async (
    { id }: { readonly id: string },
    args: PageArgs,
    { loaders }: GraphQLContext,
    info: GraphQLResolveInfo,
  ) => ({
    order: namingOrder,
    page: await loaders.blocksNaming(type, pageOf(args, namingOrder), id, info),
    count: () => loaders.namingCount(type).load(id),
    kinds: () => loaders.namingKinds(type).load(id),
  })

/** The resolver of the items that a block names. */
export const referencesOf = async (
  { id }: { readonly id: string },
  args: PageArgs,
  { loaders }: GraphQLContext,
) => ({
  order: referenceOrder,
  page: await loaders.referencesOf(pageOf(args, referenceOrder), id),
  count: () => loaders.referenceCount.load(id),
})

export const references: Resolvers = {
  Reference: {
    itemId: ({ id }) => id,
    item: async (reference, _args, ctx) => (await targetOf(ctx, reference)).item,
    broken: async (reference, _args, ctx) => (await targetOf(ctx, reference)).broken,
  },
  ReferenceConnection: connectionResolvers<ListedReference>(),
}
