import type { Tx } from '../db/client.ts'
import { idsInOrder, neighbour, type OrderedList, positionOf, positionsOf, renumber } from '../db/ordering.ts'
import { InvalidInput, NotFound } from '../domain/failure.ts'
import { freshPositions, isRun, type Position, positionsBetween } from '../domain/ordering.ts'
import { isUuid } from '../domain/text.ts'
import { entityOf } from './entities.ts'

/** A place in a list: directly after or before a sibling, or at the end. */
export interface Place {
  readonly afterId?: string | null | undefined
  readonly beforeId?: string | null | undefined
}

/** Receives the new positions when a whole list was renumbered. */
type Renumbered = (ids: readonly string[], positions: readonly Position[]) => void

/**
 * Positions for `count` items at a place in a list. The parent is locked, so no other writer of the list interferes. If
 * the items in `moving` are already there, in this order, they keep their positions. Renumbers the list if positions
 * have grown long.
 */
export async function positionsAt(
  tx: Tx,
  list: OrderedList,
  { afterId, beforeId }: Place,
  count = 1,
  moving: readonly string[] = [],
  onRenumber?: Renumbered,
): Promise<Position[] | NotFound | InvalidInput> {
  if (afterId != null && beforeId != null) {
    return new InvalidInput([{ path: 'beforeId', message: 'Give `afterId` or `beforeId`, not both.' }])
  }
  const siblingId = afterId ?? beforeId ?? null
  if (siblingId !== null && !isUuid(siblingId)) return new NotFound(entityOf[list.table], siblingId)
  if (siblingId !== null && moving.includes(siblingId)) {
    return new InvalidInput([
      {
        path: afterId != null ? 'afterId' : 'beforeId',
        message: 'Name an item that does not move itself.',
      },
    ])
  }

  for (;;) {
    const anchor = siblingId === null ? null : await positionOf(tx, list, siblingId)
    if (anchor === undefined) return new NotFound(entityOf[list.table], siblingId ?? '')
    const side = siblingId !== null && afterId != null ? 'after' : 'before'
    const far = (await neighbour(tx, list, side, anchor, moving)) ?? null
    const [low, high] = side === 'after' ? [anchor, far] : [far, anchor]
    if (moving.length > 0) {
      const present = await positionsOf(tx, list, moving)
      const kept = moving.flatMap((id) => present.get(id) ?? [])
      if (kept.length === count && isRun(kept, low, high)) return kept
    }

    const positions = positionsBetween(low, high, count)
    if (positions !== 'RENUMBER') return positions
    const ids = await idsInOrder(tx, list)
    const moved = await renumber(tx, list, ids, freshPositions(ids.length))
    onRenumber?.(
      moved.map(({ id }) => id),
      moved.map(({ position }) => position),
    )
  }
}

/** The position for one item at a place in a list whose parent is locked. */
export async function positionAt(
  tx: Tx,
  list: OrderedList,
  place: Place,
  movingId?: string,
  onRenumber?: Renumbered,
) {
  const moving = movingId !== undefined && isUuid(movingId) ? [movingId] : []
  const positions = await positionsAt(tx, list, place, 1, moving, onRenumber)
  if (!Array.isArray(positions)) return positions
  const [position] = positions
  if (position === undefined) throw new Error('No position was made.')
  return position
}
