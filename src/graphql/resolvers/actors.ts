import { ownerId } from '../../domain/access.ts'
import { isUuid } from '../../domain/text.ts'
import type { ActorResolvers } from '../generated.ts'

/** The ID of an actor as stored in rows. */
export interface ActorRef {
  readonly id: string
}

/** The names of the actors that are no people. */
export const actorNames = {
  [ownerId]: 'Owner of this installation',
  system: 'Wordloom itself',
} as const

const names: Readonly<Record<string, string>> = actorNames

/** The name of a person whose row is gone. Their ID stays in what they wrote. */
const formerMember = 'Former member'

export const Actor: ActorResolvers = {
  id: ({ id }) => id,
  name: async ({ id }, _args, { loaders }) =>
    isUuid(id) ? ((await loaders.userNames.load(id)) ?? formerMember) : (names[id] ?? id),
}
