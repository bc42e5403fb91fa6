import type { InputCheck } from '../../domain/text.ts'
import type { Selected } from '../locking.ts'
import { maxBlocksPerCall } from './paste-blocks.ts'

/** The maximum number of items in one call. */
export const maxSelection = maxBlocksPerCall

export interface Versions {
  /** The versions last read, in the order of the IDs. */
  readonly expectedVersions?: readonly (number | null)[] | null | undefined
}

/** Requires 1 to 1,000 different IDs, and either no versions or one for each. */
export function checkSelection(
  check: InputCheck,
  path: string,
  ids: readonly string[],
  versions?: Versions['expectedVersions'],
) {
  const { length } = ids
  if (length === 0 || length > maxSelection)
    check.refuse(path, `Give 1 to ${maxSelection} IDs; you gave ${length}.`)
  checkDistinct(check, ids, (index) => `${path}.${index}`)
  if (versions && versions.length !== length)
    check.refuse('expectedVersions', `Give one version (or null) for each of the ${length} IDs.`)
}

/** Refuses each ID that was given before. */
export function checkDistinct(check: InputCheck, ids: readonly string[], pathOf: (index: number) => string) {
  const seen = new Set<string>()
  ids.forEach((id, index) => {
    if (seen.has(id)) check.refuse(pathOf(index), 'Give each ID once.')
    seen.add(id)
  })
}

/** IDs with their expected versions. */
export const selectionOf = (ids: readonly string[], versions?: Versions['expectedVersions']): Selected[] =>
  ids.map((id, index) => ({ id, expectedVersion: versions?.[index] }))
