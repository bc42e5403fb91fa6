import { categoryCount, categoryPage, type CategoryRow } from '../../db/media/categories.ts'
import type { MediaFilter } from '../../db/media/media-filter.ts'
import { mediaCount, mediaPage } from '../../db/media/media-lists.ts'
import { categoryOrder, chosenOrder } from '../../db/orders.ts'
import { maxQueryLength, soughtPart } from '../../domain/library-search.ts'
import { isPlainCategory, plainCategory } from '../../domain/media-description.ts'
import { typesNamed } from '../../domain/media-types.ts'
import { slotsOfKinds } from '../../domain/slots.ts'
import { tooLong } from '../../domain/text.ts'
import { badInput, connectionResolvers, pageOf } from '../connection.ts'
import type { MediaWhere, Resolvers } from '../generated.ts'
import { namesBelow } from '../requested.ts'

/** Translates the conditions for the database. Bad ones are thrown. */
function filterOf({ kinds, mimeTypes, categories, text, ...where }: MediaWhere): MediaFilter {
  const problem = text == null ? undefined : tooLong(text, maxQueryLength)
  if (problem) throw badInput(`where.text: ${problem}`)
  return {
    ...where,
    slots: kinds && slotsOfKinds(kinds),
    mimeTypes: mimeTypes && typesNamed(mimeTypes),
    // No media item has another: PostgreSQL does not even accept some texts.
    categories: categories && categories.map(plainCategory).filter(isPlainCategory),
    text: text == null ? null : soughtPart(text),
  }
}

export const mediaLists: Resolvers = {
  Query: {
    mediaItems: async (_root, { where, orderBy, ...args }, { db, actor }) => {
      const { field, direction } = orderBy ?? { field: 'CREATED_AT', direction: 'DESC' }
      const order = chosenOrder('media', field, direction)
      const page = pageOf(args, order)
      const filter = filterOf(where ?? {})
      return {
        order,
        page: await mediaPage(db, actor.workspaceId, filter, order, page),
        count: () => mediaCount(db, actor.workspaceId, filter),
      }
    },
    mediaCategories: async (_root, args, { db, actor }, info) => {
      const page = pageOf(args, categoryOrder)
      const withCounts = namesBelow(info).has('mediaCount')
      return {
        order: categoryOrder,
        page: await categoryPage(db, actor.workspaceId, page, withCounts),
        count: () => categoryCount(db, actor.workspaceId),
      }
    },
  },
  MediaConnection: connectionResolvers(),
  MediaCategoryConnection: connectionResolvers<CategoryRow>(),
}
