import {
  type StoredFileFilter,
  storedFileCount,
  storedFileNamed,
  storedFilePage,
} from '../../db/media/stored-files.ts'
import { storedFileOrder, usageOrder } from '../../db/orders.ts'
import { keptBy } from '../../domain/kept-files.ts'
import { typesNamed } from '../../domain/media-types.ts'
import { badInput, connectionResolvers, pageOf } from '../connection.ts'
import type { Resolvers, StoredFileWhere } from '../generated.ts'
import { existing } from './lists.ts'

const filterOf = ({ mimeTypes, ...where }: StoredFileWhere): StoredFileFilter => ({
  ...where,
  mimeTypes: mimeTypes && typesNamed(mimeTypes),
})

const stateOf = (trashed: boolean | null | undefined) =>
  trashed == null ? 'ANY' : trashed ? 'TRASHED' : 'LIVE'

export const storedFiles: Resolvers = {
  Query: {
    storedFile: (_root, { id, sha256 }, { db, actor }) => {
      if ((id == null) === (sha256 == null)) throw badInput('Give exactly one of `id` and `sha256`.')
      const named = id == null ? { sha256: (sha256 ?? '').toLowerCase() } : { id }
      return storedFileNamed(db, actor.workspaceId, named)
    },
    storedFiles: async (_root, { where, orderBy, ...args }, { db, actor }) => {
      const { field, direction } = orderBy ?? { field: 'CREATED_AT', direction: 'DESC' }
      const order = storedFileOrder(field, direction === 'DESC')
      const filter = filterOf(where ?? {})
      return {
        order,
        page: await storedFilePage(db, actor.workspaceId, filter, order, pageOf(args, order)),
        count: () => storedFileCount(db, actor.workspaceId, filter),
      }
    },
  },
  StoredFile: {
    processing: ({ processingStatus, processingFailure }) => ({
      status: processingStatus,
      failureMessage: processingFailure,
    }),
    usages: async ({ id }, { where, ...args }, { loaders }) => {
      const state = stateOf(where?.trashed)
      return {
        order: usageOrder,
        page: await loaders.usagesOf(id, state, pageOf(args, usageOrder)),
        count: async () => {
          const { live, trashed } = existing(await loaders.usageOf.load(id))
          return { LIVE: live, TRASHED: trashed, ANY: live + trashed }[state]
        },
      }
    },
    liveCount: async ({ id }, _args, { loaders }) => existing(await loaders.usageOf.load(id)).live,
    trashedCount: async ({ id }, _args, { loaders }) => existing(await loaders.usageOf.load(id)).trashed,
    kept: async ({ id }, _args, { loaders, now }) => keptBy(existing(await loaders.usageOf.load(id)), now()),
  },
  StoredFileConnection: connectionResolvers(),
}
