import { ownerId } from '../../domain/access.ts'
import type { ActorResolvers } from '../generated.ts'

/** The id of an actor as rows keep it. */
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
