import { searchTags } from '../../db/tags/tag-search.ts'
import { maxTagQuery, namedBy } from '../../domain/tag-search.ts'
import { tooLong } from '../../domain/text.ts'
import { badInput } from '../connection.ts'
import type { Resolvers } from '../generated.ts'
import { checkFirst, live } from './lists.ts'

export const tagSearch: Resolvers = {
  Query: {
    searchTags: async (_root, { query, first }, { db, actor, loaders }) => {
      const problem = tooLong(query, maxTagQuery)
      if (problem) throw badInput(`query: ${problem}`)
      checkFirst(first)
      const found = await searchTags(db, actor.workspaceId, query, first)
      const matches = found.map(async ({ id, reason, alias }) => {
        // The tag may have been trashed in between.
        const tag = live(await loaders.tags.load(id))
        if (!tag) return []
        const aliases = alias === null ? [] : await loaders.aliasesOf.load(id)
        return [
          {
            tag,
            reason,
            matchedName: aliases.find((name) => namedBy(name, alias ?? '')) ?? tag.name,
          },
        ]
      })
      return (await Promise.all(matches)).flat()
    },
  },
}
