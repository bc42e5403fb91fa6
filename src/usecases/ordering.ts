import type { Tx } from '../db/client.ts'
import { idsInOrder, neighbour, type OrderedList, positionOf, positionsOf, renumber } from '../db/ordering.ts'
import { InvalidInput, NotFound } from '../domain/failure.ts'
import { freshPositions, isRun, type Position, positionsBetween } from '../domain/ordering.ts'
import { isUuid } from '../domain/text.ts'
import { entityOf } from './entities.ts'

/** A place in a list: directly after or before a sibling, or at one of its ends. Default: the last place. */
export interface Place {
  readonly afterId?: string | null | undefined
  readonly beforeId?: string | null | undefined
  readonly place?: 'FIRST' | 'LAST' | null | undefined
}

export const placeFields = ['afterId', 'beforeId', 'place'] as const

/** Why a move says nothing about where to. `parentField` names the field for another parent. */
export function missingPlace(place: Place, parentField?: string) {
  if (placeFields.some((field) => place[field] != null)) return undefined
  const parent = parentField === undefined ? '' : `, or give \`${parentField}\``
  const message = `Say where to move it: give one of \`afterId\`, \`beforeId\` and \`place\`${parent}.`
  return new InvalidInput([{ path: 'place', message }])
}

/** Why a place is ambiguous. */
function ambiguousPlace(place: Place) {
  const [, second] = placeFields.filter((field) => place[field] != null)
  if (second === undefined) return undefined
  return new InvalidInput([{ path: second, message: 'Give only one of `afterId`, `beforeId` and `place`.' }])
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
  at: Place,
  count = 1,
  moving: readonly string[] = [],
  onRenumber?: Renumbered,
): Promise<Position[] | NotFound | InvalidInput> {
  const ambiguous = ambiguousPlace(at)
  if (ambiguous) return ambiguous
  const { afterId, beforeId, place } = at
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

  const side = afterId != null || place === 'FIRST' ? 'after' : 'before'
  for (;;) {
    const anchor = siblingId === null ? null : await positionOf(tx, list, siblingId)
    if (anchor === undefined) return new NotFound(entityOf[list.table], siblingId ?? '')
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
