import type { Tx } from '../../db/client.ts'
import { lockMediaOfBlocks, type OwnedMedium, placeMedia } from '../../db/media/block-media.ts'
import { Failure } from '../../domain/failure.ts'
import type { MediaChange } from '../../domain/media-events.ts'
import { TooManyFiles } from '../../domain/upload-limits.ts'
import type { Ctx } from '../context.ts'
import { writtenNow } from '../inputs.ts'
import { recordWrite } from '../media-events.ts'
import { positionsAt } from '../ordering.ts'
import { listOfSlot, recordRenumbering } from './media.ts'

/**
 * Moves the media of locked blocks to another one, to the ends of its lists, block by block. Bytes that a list has
 * already stay where they are. Returns a failure if the block would have too many files.
 */
export async function takeMedia(
  ctx: Ctx,
  tx: Tx,
  blockId: string,
  others: readonly { readonly id: string }[],
) {
  const { workspaceId } = ctx.actor
  const ids = others.map(({ id }) => id)
  const media = await lockMediaOfBlocks(tx, workspaceId, [blockId, ...ids])
  const own = media.filter(({ ownerId }) => ownerId === blockId)
  const shown = new Set(own.map(nameOf))
  const moving = ids
    .flatMap((id) => media.filter(({ ownerId }) => ownerId === id))
    .filter((medium) => !shown.has(nameOf(medium)) && shown.add(nameOf(medium)))
  if (moving.length === 0) return undefined
  const { filesPerOwner } = ctx.limits
  if (own.length + moving.length > filesPerOwner) return new TooManyFiles(filesPerOwner)

  const changes: MediaChange[] = []
  for (const role of new Set(moving.map((medium) => medium.role))) {
    const slot = { ownerType: 'BLOCK', ownerId: blockId, role } as const
    const ofRole = moving.filter((medium) => medium.role === role)
    const list = listOfSlot(ctx, slot)
    const positions = await positionsAt(tx, list, {}, ofRole.length, [], recordRenumbering(changes))
    if (positions instanceof Failure) throw new Error(positions.message)
    const mediaIds = ofRole.map(({ id }) => id)
    await placeMedia(tx, workspaceId, blockId, mediaIds, positions, writtenNow(ctx))
    mediaIds.forEach((mediaId, index) => {
      changes.push({ change: 'move', mediaId, ownerId: blockId, role, position: positions[index] ?? '' })
    })
  }
  const write = { operation: 'MOVE', ownerType: 'BLOCK', ownerId: blockId } as const
  const mediaIds = moving.map(({ id }) => id)
  await recordWrite(ctx, tx, write, { decision: 'REPLACE', mediaIds, changes })
  return undefined
}

/** A list has the same bytes once. */
const nameOf = ({ role, blobId }: OwnedMedium) => `${role} ${blobId}`
