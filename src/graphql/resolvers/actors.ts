import { ownerId } from '../../domain/access.ts'
import type { ActorResolvers } from '../generated.ts'

/** The ID of an actor as stored in rows. */
export interface ActorRef {
  readonly id: string
}

const names: Readonly<Record<string, string>> = {
  [ownerId]: 'Owner of this installation',
  system: 'Wordloom itself',
}

export const Actor: ActorResolvers = {
  id: ({ id }) => id,
  name: ({ id }) => names[id] ?? id,
}
