import type { MediaChange, MediaState } from '../../domain/media-events.ts'
import type { Db, Tx } from '../client.ts'
import { zeroUuid } from '../../domain/text.ts'
import type { MediaEvent, Prisma } from '../generated/client.ts'
import { type Queryable, sql } from '../sql.ts'

/** An event to append. Only an event that changes media has changes. */
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

/** How many rows are read at a time. */
const batch = 1_000

/** The changes of a workspace's media in their order, in batches. */
export async function* changesAfter(
  db: Queryable,
  workspaceId: string,
): AsyncGenerator<readonly MediaChange[]> {
  let after = 0n
  for (;;) {
    const rows = await db.query<{ sequence: bigint; changes: readonly MediaChange[] }>(sql`
      select sequence, changes from media_events
      where workspace_id = ${workspaceId}::uuid and sequence > ${after} and step = 'DB'
      order by sequence limit ${batch}`)
    const last = rows.at(-1)
    if (!last) return
    after = last.sequence
    yield rows.flatMap(({ changes }) => changes)
  }
}

/** The media of a workspace as they are stored, live and in the trash, in batches. */
export async function* statesAfter(
  db: Queryable,
  workspaceId: string,
): AsyncGenerator<readonly (MediaState & { readonly id: string })[]> {
  let after = zeroUuid
  for (;;) {
    const rows = await db.query<MediaState & { id: string }>(sql`
      select id, blob_id as "blobId", owner_id as "ownerId", role::text, position, file_name as "fileName",
        alt_text as "altText", caption, focal_x as "focalX", focal_y as "focalY", category, deletion_id as "deletionId"
      from media
      where workspace_id = ${workspaceId}::uuid and id > ${after}::uuid order by id limit ${batch}`)
    const last = rows.at(-1)
    if (!last) return
    after = last.id
    yield rows
  }
}
