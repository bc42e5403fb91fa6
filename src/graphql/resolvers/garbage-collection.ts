import { GraphQLError } from 'graphql'
import { requestGarbageCollection } from '../../usecases/upkeep/request-garbage-collection.ts'
import { type Sought, whyKept } from '../../usecases/upkeep/why-kept.ts'
import type { Resolvers, WhyKeptInput } from '../generated.ts'
import { answerWith } from './answer.ts'

function soughtOf({ mediaId, storageKey, sha256 }: WhyKeptInput): Sought {
  const given: Sought[] = []
  if (mediaId != null) given.push({ mediaId })
  if (storageKey != null) given.push({ storageKey })
  if (sha256 != null) given.push({ sha256 })
  const [sought] = given
  if (!sought || given.length > 1)
    throw new GraphQLError('Give exactly one of mediaId, storageKey and sha256.', {
      extensions: { code: 'BAD_USER_INPUT' },
    })
  return sought
}

export const collection: Resolvers = {
  Admin: {
    whyKept: (_root, { input }, ctx) => whyKept(ctx, soughtOf(input)),
  },
  Mutation: {
    collectGarbage: answerWith('CollectGarbage', requestGarbageCollection, (asked) => asked),
  },
  WhyKept: {
    failureMessage: ({ failure }) => failure,
    media: async ({ mediaIds }, _args, { loaders }) => {
      const found = await Promise.all(mediaIds.map((id) => loaders.media.load(id)))
      return found.filter((medium) => medium !== undefined)
    },
    namedBy: async ({ namedByIds }, _args, { loaders }) => {
      const found = await Promise.all(namedByIds.map((id) => loaders.blocks.load(id)))
      return found.filter((block) => block !== undefined)
    },
  },
  GarbageCollectionSafetyLimitExceeded: { safetyLimitReason: ({ reason }) => reason },
  CollectedObject: { since: ({ since }) => new Date(since) },
}
