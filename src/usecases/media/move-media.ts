import { transact, type Tx } from '../../db/client.ts'
import { rowById } from '../../db/lookup.ts'
import { liveFilesOf } from '../../db/media/restorable-media.ts'
import type { MediaRow } from '../../db/rows.ts'
import { setSavepoint } from '../../db/savepoint.ts'
import { assertCan } from '../../domain/access.ts'
import { Failure, InvalidInput, NotFound } from '../../domain/failure.ts'
import { AlreadyInSlot, decideArrival, type MediaDecision } from '../../domain/media-decision.ts'
import type { MediaChange } from '../../domain/media-events.ts'
import { mediaType } from '../../domain/media-types.ts'
import { ownerColumns, type Slot, slotOf, type SlotPolicy, slotPolicy } from '../../domain/slots.ts'
import { isUuid } from '../../domain/text.ts'
import { recordActivity } from '../activity.ts'
import type { Ctx } from '../context.ts'
import { changed, type Expecting, primaryKey } from '../inputs.ts'
import { lockItem, lockItemAt } from '../locking.ts'
import { auditWrite, type MediaWrite, recordWrite } from '../media-events.ts'
import { missingPlace, type Place, positionAt } from '../ordering.ts'
import { placeless } from './attach-media.ts'
import { occupantOf } from './lock-slot.ts'
import { listOfSlot, ownerTables, recordRenumbering, sameInSlot } from './media.ts'
import { onlyPosition, trashReplaced } from './put-medium.ts'

interface Move extends Place, Expecting {
  readonly mediaId: string
  /** The new slot; by default the current one. */
  readonly slot?: Slot | null | undefined
}

/** A move whose locks are taken: of both owners, the media item and the cover that it replaces. */
interface LockedMove {
  readonly media: MediaRow
  readonly from: Slot
  readonly to: Slot
  readonly policy: SlotPolicy
  readonly occupant: MediaRow | null
}

/** Moves a media item to another position in its list, or into another slot. */
export async function moveMedia(ctx: Ctx, input: Move) {
  const { mediaId, slot } = input
  return auditWrite(ctx, { operation: 'MOVE', mediaIds: [mediaId], ...slot }, async () => {
    assertCan(ctx.actor, 'edit')
    const nowhere = slot == null ? missingPlace(input, 'slot') : undefined
    if (nowhere) return nowhere
    return transact(ctx.db, (tx) => move(ctx, tx, input))
  })
}

async function move(ctx: Ctx, tx: Tx, input: Move) {
  const locked = await lockMove(ctx, tx, input)
  if (locked instanceof Failure) return locked
  const { media, from, to, policy } = locked
  if (sameSlot(from, to))
    return policy.holds === 'one' ? stay(ctx, tx, locked) : reorder(ctx, tx, locked, input)

  const type = mediaType(media.mimeType, policy.takes)
  if (type instanceof Failure) return type
  const decided = await decideMove(ctx, tx, locked)
  if (decided instanceof Failure) return decided
  const changes: MediaChange[] = []
  const replaced =
    decided.decision === 'REPLACE' ? await trashReplaced(ctx, tx, decided.replaced, changes) : null
  const position =
    policy.holds === 'one'
      ? onlyPosition
      : await positionAt(tx, listOfSlot(ctx, to), input, undefined, recordRenumbering(changes))
  if (position instanceof Failure) return position
  return write(ctx, tx, locked, { decision: decided.decision, position, replaced, changes })
}

const sameSlot = (one: Slot, other: Slot) => one.ownerId === other.ownerId && one.role === other.role

/** Whether another slot takes the item, by the rule of uploads. A place beside the same bytes is no place. */
async function decideMove(ctx: Ctx, tx: Tx, { media, from, to, policy, occupant }: LockedMove) {
  const liveFiles = await liveFilesOf(tx, ctx.actor.workspaceId, to.ownerId)
  const decided = decideArrival({
    holds: policy.holds,
    same: await sameInSlot(ctx, tx, to, media.blobId),
    occupant,
    // One of them is the item itself.
    liveFiles: from.ownerId === to.ownerId ? liveFiles - 1 : liveFiles,
    filesPerOwner: ctx.limits.filesPerOwner,
  })
  if (decided instanceof Failure) return decided
  return decided.decision === 'DUPLICATE' ? new AlreadyInSlot(decided.media) : decided
}

interface Moved {
  readonly decision: MediaDecision
  readonly position: string
  readonly replaced: MediaRow | null
  readonly changes: MediaChange[]
}

async function write(ctx: Ctx, tx: Tx, { media, from, to }: LockedMove, moved: Moved) {
  const { decision, position, replaced, changes } = moved
  const { ownerId, role } = to
  const data = { ...ownerColumns(to), role, position, ...changed(ctx) }
  const { version, updatedAt, updatedBy } = await tx.media.update({ where: primaryKey(media), data })
  changes.push({ change: 'move', mediaId: media.id, ownerId, role, position })
  if (from.ownerId !== ownerId) await recordActivity(ctx, tx, { [from.ownerType]: [from.ownerId] })
  const row = { ...media, ...ownerColumns(to), role, position, version, updatedAt, updatedBy }
  return record(ctx, tx, to, { ...moved, replaced, changes }, decision, row)
}

async function record(
  ctx: Ctx,
  tx: Tx,
  slot: Slot,
  { replaced, changes }: Pick<Moved, 'replaced' | 'changes'>,
  decision: MediaDecision,
  media: MediaRow,
) {
  const mediaIds = replaced ? [media.id, replaced.id] : [media.id]
  const request: MediaWrite = { operation: 'MOVE', ...slot, mediaIds }
  await recordWrite(ctx, tx, request, { decision, blobId: media.blobId, changes })
  return { decision, media, replaced }
}

const stay = (ctx: Ctx, tx: Tx, { media, to }: LockedMove, changes: MediaChange[] = []) =>
  record(ctx, tx, to, { replaced: null, changes }, 'NOOP', media)

async function reorder(ctx: Ctx, tx: Tx, locked: LockedMove, place: Place) {
  const { media, to } = locked
  const changes: MediaChange[] = []
  const position = await positionAt(tx, listOfSlot(ctx, to), place, media.id, recordRenumbering(changes))
  if (position instanceof Failure) return position
  return position === media.position
    ? stay(ctx, tx, locked, changes)
    : write(ctx, tx, locked, { decision: 'REPLACE', position, replaced: null, changes })
}

/** The policy of the slot that an item goes to, or why it cannot go there in this way. */
function policyOf(from: Slot, { slot, ...place }: Move) {
  const policy = slotPolicy(slot ?? from)
  if (policy instanceof Failure || policy.holds === 'list') return policy
  if (slot != null) return placeless(place) ?? policy
  const message =
    'A slot for one file has no order. Only media in a list can be moved, or give another place as `slot`.'
  return new InvalidInput([{ path: 'mediaId', message }])
}

/** Locks everything that a move reads or changes. If another move was faster, it looks again. */
async function lockMove(ctx: Ctx, tx: Tx, input: Move) {
  const { mediaId, slot, expectedVersion } = input
  const notFound = new NotFound('Media', mediaId)
  const find = async () => {
    const row = isUuid(mediaId) ? await rowById(tx, 'media', ctx.actor.workspaceId, mediaId) : undefined
    return row?.deletionId === null ? slotOf(row) : undefined
  }
  for (;;) {
    const rollBack = await setSavepoint(tx)
    const from = await find()
    if (!from) return notFound
    const policy = policyOf(from, input)
    if (policy instanceof Failure) return policy
    const to = slot ?? from
    const refusal = await lockOwners(ctx, tx, [from, to])
    // If the owner is in the trash, so are its media.
    if (refusal) return refusal.id === from.ownerId ? notFound : refusal
    const now = await find()
    if (now && sameSlot(now, from)) {
      const occupantId =
        policy.holds === 'one' && !sameSlot(from, to) ? await occupantOf(ctx, tx, to) : undefined
      const rows = await lockBoth(ctx, tx, mediaId, occupantId, expectedVersion)
      return rows instanceof Failure ? rows : { ...rows, from, to, policy }
    }
    // Releases these locks: taking more of them out of order could cause a deadlock.
    await rollBack()
  }
}

const ranks = Object.keys(ownerTables)

/** Locks the owners of slots, from the top of the library down, and those of one table in the order of their IDs. */
async function lockOwners(ctx: Ctx, tx: Tx, slots: readonly Slot[]): Promise<NotFound | undefined> {
  const owners = [...new Map(slots.map((slot) => [slot.ownerId, slot])).values()]
  const downwards = (one: Slot, other: Slot) =>
    ranks.indexOf(one.ownerType) - ranks.indexOf(other.ownerType) || (one.ownerId < other.ownerId ? -1 : 1)
  for (const { ownerType, ownerId } of owners.sort(downwards)) {
    const owner = await lockItem(ctx, tx, ownerTables[ownerType], ownerId)
    if (owner instanceof Failure) return owner
  }
  return undefined
}

/** Locks an item and the cover that it may replace, in the order of their IDs. A cover that is just trashed is none. */
async function lockBoth(
  ctx: Ctx,
  tx: Tx,
  mediaId: string,
  occupantId: string | undefined,
  expectedVersion: number | null | undefined,
) {
  const lockOccupant = async () => {
    const row = occupantId === undefined ? null : await lockItem(ctx, tx, 'media', occupantId)
    return row instanceof Failure ? null : row
  }
  const first = occupantId !== undefined && occupantId < mediaId ? await lockOccupant() : undefined
  const media = await lockItemAt(ctx, tx, 'media', mediaId, expectedVersion)
  if (media instanceof Failure) return media
  return { media, occupant: first === undefined ? await lockOccupant() : first }
}
