import type { NodeRow, TaggableType } from '../../db/rows.ts'
import { mostUsedTags, type TaggableRef } from '../../db/tags/tags.ts'
import { Failure } from '../../domain/failure.ts'

import { mergeTags } from '../../usecases/tags/merge-tags.ts'
import { attachTags, detachTags } from '../../usecases/tags/attach-tags.ts'
import { addTagAlias, removeTagAlias } from '../../usecases/tags/tag-aliases.ts'
import { createTag, moveTag, updateTag } from '../../usecases/tags/tags.ts'
import { connectionResolvers, pageOf, type TaggableList } from '../connection.ts'
import type { GraphQLContext } from '../context.ts'
import type { Resolvers } from '../generated.ts'
import { taggedOrder } from '../../db/orders.ts'
import { checkFirst, existing, live, trashOf } from './lists.ts'
import { nestedList, rootList } from './filtered-lists.ts'
import { answer, answerWith } from './answer.ts'
import { authored } from './authored.ts'
import { nodeOfKind } from './nodes.ts'
import { referencedBy } from './references.ts'

/** How many children of a tag are shown unless asked for. */
const childrenShown = 5

const allTypes: readonly TaggableType[] = ['BOOKSHELF', 'BOOK', 'BLOCK']

async function taggedNode(ctx: GraphQLContext, { type, id }: TaggableRef): Promise<NodeRow> {
  return existing(await nodeOfKind(ctx, type, id))
}

const taggedNodes = (ctx: GraphQLContext, refs: readonly TaggableRef[]) =>
  Promise.all(refs.map((ref) => taggedNode(ctx, ref)))

const taggedConnection = connectionResolvers<TaggableRef>()

export const tags: Resolvers = {
  Query: {
    tag: async (_root, { id }, { loaders }) => live(await loaders.tags.load(id)),
    tagMenu: (_root, { first }, { db, actor }) => {
      checkFirst(first)
      return mostUsedTags(db, actor.workspaceId, first)
    },
    tags: rootList('tags', 'NAME'),
  },
  Mutation: {
    createTag: answerWith('CreateTag', createTag, (tag) => ({ tag })),
    updateTag: answerWith('UpdateTag', updateTag, (tag) => ({ tag })),
    moveTag: answerWith('MoveTag', moveTag, (tag) => ({ tag })),
    addTagAlias: answerWith('AddTagAlias', addTagAlias, (tag) => ({ tag })),
    removeTagAlias: answerWith('RemoveTagAlias', removeTagAlias, (tag) => ({ tag })),
    mergeTags: answerWith('MergeTags', mergeTags, (merged) => merged),
    attachTags: async (_root, { input }, ctx) => {
      const done = await attachTags(ctx, input)
      const entities = done instanceof Failure ? [] : await taggedNodes(ctx, done.entities)
      return answer('AttachTags', done, (attached) => ({ ...attached, entities }))
    },
    detachTags: async (_root, { input }, ctx) => {
      const done = await detachTags(ctx, input)
      const entities = done instanceof Failure ? [] : await taggedNodes(ctx, done.entities)
      return answer('DetachTags', done, (detached) => ({ ...detached, entities }))
    },
  },
  Tag: {
    ...authored,
    level: ({ ancestorIds }) => ancestorIds.length,
    parent: async ({ parentId }, _args, { loaders }) =>
      parentId === null ? null : existing(await loaders.tags.load(parentId)),
    ancestors: async ({ ancestorIds }, _args, { loaders }) =>
      (await loaders.tags.loadMany(ancestorIds)).map((tag) => existing(tag instanceof Error ? null : tag)),
    hasChildren: ({ id }, _args, { loaders }) => loaders.hasChildTags.load(id),
    children: nestedList('tags', 'NAME', childrenShown),
    aliases: ({ id }, _args, { loaders }) => loaders.aliasesOf.load(id),
    usage: (tag) => ({
      total: tag.usageCount,
      bookshelves: tag.bookshelfCount,
      books: tag.bookCount,
      blocks: tag.blockCount,
    }),
    subtreeUsage: async ({ id }, _args, { loaders }) => existing(await loaders.subtreeUsage.load(id)),
    entities: async ({ id }, { types, includeDescendants, ...args }, { loaders }) => {
      const scope = { types: types ?? allTypes, includeDescendants }
      return {
        order: taggedOrder,
        page: await loaders.taggedWith(id, scope, pageOf(args, taggedOrder)),
        count: () => loaders.taggedCount(id, scope),
      }
    },
    referencedBy: referencedBy('TAG'),
    trash: trashOf,
  },
  TagConnection: connectionResolvers(),
  TaggableConnection: {
    ...taggedConnection,
    nodes: ({ page }: TaggableList, _args: unknown, ctx: GraphQLContext) => taggedNodes(ctx, page.rows),
    edges: async (list: TaggableList, _args: unknown, ctx: GraphQLContext) =>
      Promise.all(
        taggedConnection
          .edges(list)
          .map(async ({ node, cursor }) => ({ cursor, node: await taggedNode(ctx, node) })),
      ),
  },
}
