import type { FieldPolicy, Reference, StoreObject } from '@apollo/client/core'

type Item = Reference | StoreObject

/** A connection as the cache keeps it: `edges`, `nodes` or both, as the queries asked. */
interface Pages extends StoreObject {
  readonly edges?: readonly StoreObject[]
  readonly nodes?: readonly Item[]
  readonly pageInfo?: StoreObject
  readonly totalCount?: number
}

const keyOf = (item: unknown): unknown => (item as Partial<Reference>).__ref ?? item

/** What is in both, e.g. an item that moved between two requests, is kept where the later answer has it. */
function join<T>(first: readonly T[] = [], second: readonly T[] = [], identify: (item: T) => unknown) {
  const later = new Set(second.map(identify))
  return [...first.filter((item) => !later.has(identify(item))), ...second]
}

function joinPages(first: Pages, second: Pages): Pages {
  const { startCursor, hasPreviousPage } = first.pageInfo ?? {}
  return {
    ...first,
    ...second,
    ...(second.edges && { edges: join(first.edges, second.edges, (edge) => keyOf(edge['node'])) }),
    ...(second.nodes && { nodes: join(first.nodes, second.nodes, keyOf) }),
    ...(second.pageInfo && { pageInfo: { ...second.pageInfo, startCursor, hasPreviousPage } }),
  }
}

const cursorOf = (edge: StoreObject | undefined) => edge?.['cursor']

/**
 * The policy of a connection: `fetchMore` with `after` (the `endCursor`) appends a page, with `before` prepends one, and
 * a query without either starts again. Works with `nodes` as well as with `edges`; ask for `pageInfo` or for the cursors
 * of the edges. `keyArgs` are the arguments that make another list.
 */
export const keysetPages = (keyArgs: readonly string[]): FieldPolicy<Pages> => ({
  keyArgs: [...keyArgs],
  merge(existing, incoming, { args }) {
    const { after, before } = (args ?? {}) as { after?: string | null; before?: string | null }
    if (!existing) return incoming
    const { edges, pageInfo } = existing
    if (after && [pageInfo?.['endCursor'], cursorOf(edges?.at(-1))].includes(after))
      return joinPages(existing, incoming)
    if (before && [pageInfo?.['startCursor'], cursorOf(edges?.at(0))].includes(before)) {
      const joined = joinPages(incoming, existing)
      return incoming.totalCount === undefined ? joined : { ...joined, totalCount: incoming.totalCount }
    }
    return incoming
  },
})
