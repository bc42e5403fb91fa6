import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing'

/**
 * Positions are fractional indexes: texts that sort bytewise, with always room for one more between two of them
 * (https://observablehq.com/@dgreensp/implementing-fractional-indexing). Moving an item rewrites its own position only.
 */
export type Position = string

/** A longer position makes its list be renumbered. About 300 moves into the same gap reach it. */
export const maxPositionLength = 50

export type Renumber = 'RENUMBER'

/** `count` positions between two neighbours (null: the end of the list), or that the list must be renumbered first. */
export function positionsBetween(
  before: Position | null,
  after: Position | null,
  count: number,
): Position[] | Renumber {
  const positions =
    count === 1 ? [generateKeyBetween(before, after)] : generateNKeysBetween(before, after, count)
  return positions.some((position) => position.length > maxPositionLength) ? 'RENUMBER' : positions
}

/** Short, evenly spread positions for a whole list. */
export function freshPositions(count: number): Position[] {
  return generateNKeysBetween(null, null, count)
}
