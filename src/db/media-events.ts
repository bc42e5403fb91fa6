import type { MediaChange } from '../domain/media-events.ts'
import type { Db, Tx } from './client.ts'
import type { MediaEvent, Prisma } from './generated/client.ts'

/** An event to append; one without changes has none. */
export type NewEvent = Omit<MediaEvent, 'sequence' | 'changes'> & {
  readonly changes?: readonly MediaChange[]
}

/** Appends events in one statement. */
export async function appendEvents(tx: Tx | Db['prisma'], events: readonly NewEvent[]) {
  // `undefined` leaves the column null.
  const data = events.map(({ changes, ...event }) =>
    changes ? { ...event, changes: changes as unknown as Prisma.InputJsonArray } : event,
  )
  await tx.mediaEvent.createMany({ data })
}
