import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql'

// graphql-js passes the same nodes to all siblings, so a list of 400 items computes the names once.
const known = new WeakMap<readonly FieldNode[], ReadonlySet<string>>()

/**
 * The names of all fields that the operation requests at any depth below the current field. The set may contain more
 * names than requested from the type itself, never fewer, so other columns need not be read.
 */
export function namesBelow({ fieldNodes, fragments }: GraphQLResolveInfo): ReadonlySet<string> {
  const before = known.get(fieldNodes)
  if (before) return before

  const names = new Set<string>()
  const seen = new Set<string>()
  const visit = (selectionSet: SelectionSetNode | undefined) => {
    for (const selection of selectionSet?.selections ?? []) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value)
      if (selection.kind !== Kind.FRAGMENT_SPREAD) visit(selection.selectionSet)
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value)
        visit(fragments[selection.name.value]?.selectionSet)
      }
    }
  }
  for (const node of fieldNodes) visit(node.selectionSet)
  known.set(fieldNodes, names)
  return names
}
