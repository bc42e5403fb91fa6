import { ownerId } from '../../domain/access.ts'
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

export const Actor: ActorResolvers = {
  id: ({ id }) => id,
  name: ({ id }) => names[id] ?? id,
}
