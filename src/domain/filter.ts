/** How large a filter with groups may be: its conditions in all, and groups within groups. */
export const filterLimits = { terms: 50, depth: 4 } as const

/** A filter of a list: conditions by name, and groups of conditions. */
export interface Filter {
  readonly any?: readonly Filter[] | null
  readonly all?: readonly Filter[] | null
  readonly not?: Filter | null
}

/** Says why a filter is too large; undefined if it is not. */
export function filterProblem(filter: Filter): string | undefined {
  let terms = 0
  const depthOf = ({ any, all, not, ...fields }: Filter): number => {
    terms += Object.values(fields).filter((value) => value != null).length
    const groups = [...(any ?? []), ...(all ?? []), ...(not ? [not] : [])]
    // An empty group is a term too, so that nothing is free.
    terms += groups.filter((group) => Object.keys(group).length === 0).length
    return groups.length === 0 ? 0 : 1 + Math.max(...groups.map(depthOf))
  }
  const depth = depthOf(filter)
  if (terms > filterLimits.terms)
    return `where: Give at most ${filterLimits.terms} conditions; you gave ${terms}.`
  if (depth > filterLimits.depth)
    return `where: Groups can stand in groups up to a depth of ${filterLimits.depth}; yours has ${depth}.`
  return undefined
}
