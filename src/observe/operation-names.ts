/** How many names of operations have numbers of their own. Clients choose the names, and each takes memory. */
export const ownNames = 200

/** The maximum length of a name. */
const maxLength = 100

/** The label of an operation: its name if it is among the first ones, else `other`. */
export function operationNames(limit = ownNames) {
  const names = new Set<string>()
  return (name: string | undefined): string => {
    if (name === undefined) return 'unnamed'
    const label = name.slice(0, maxLength)
    if (names.has(label)) return label
    if (names.size >= limit) return 'other'
    names.add(label)
    return label
  }
}
