import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing'

/**
 * Positions are fractional indexes: texts that sort bytewise and always leave room for one more between two of them
 * (https://observablehq.com/@dgreensp/implementing-fractional-indexing). Moving an item rewrites only its own position.
 */
export type Position = string

/** A position longer than this triggers renumbering of its list. About 300 moves into the same gap reach it. */
export const maxPositionLength = 50

type Renumber = 'RENUMBER'

/**
 * Returns `count` positions between two neighbours (null: the end of the list), or says that the list must be
 * renumbered first.
 */
export function positionsBetween(
  before: Position | null,
  after: Position | null,
  count: number,
): Position[] | Renumber {
  const positions =
    count === 1 ? [generateKeyBetween(before, after)] : generateNKeysBetween(before, after, count)
  return positions.some((position) => position.length > maxPositionLength) ? 'RENUMBER' : positions
}

/** True if positions rise, and all lie between two neighbours (null: the end of the list). */
export function isRun(positions: readonly Position[], low: Position | null, high: Position | null): boolean {
  const bounded = [...(low === null ? [] : [low]), ...positions, ...(high === null ? [] : [high])]
  return bounded.every((position, index) => index === 0 || (bounded[index - 1] ?? '') < position)
}

/** Short, evenly spread positions for a whole list. */
export function freshPositions(count: number): Position[] {
  return generateNKeysBetween(null, null, count)
}
