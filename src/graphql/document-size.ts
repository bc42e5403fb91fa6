import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type InlineFragmentNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql'
import type { QueryLimits } from '../domain/query-limits.ts'

/** The limits that are checked after a document was parsed. */
type Measure = Exclude<keyof QueryLimits, 'characters' | 'tokens'>

/** A limit that a document exceeds. */
export interface Excess {
  readonly measure: Measure
  readonly limit: number
}

/** The selections of a field or fragment, and the fragments that they are in. */
interface Place {
  readonly selections: readonly SelectionNode[]
  readonly within: readonly string[]
}

interface FieldAt {
  readonly field: FieldNode
  readonly within: readonly string[]
}

/** Ends the walk through a document. */
class Exceeded extends Error {
  readonly excess: Excess

  constructor(excess: Excess) {
    super()
    this.excess = excess
  }
}

/** The first limit that a document exceeds; undefined if it exceeds none. Takes time in proportion to the limits. */
export function excessOf(document: DocumentNode, limits: QueryLimits): Excess | undefined {
  try {
    new DocumentWalk(document, limits).walk()
    return undefined
  } catch (error) {
    if (error instanceof Exceeded) return error.excess
    throw error
  }
}

/**
 * Walks through the operations of a document as their execution would: fields of one name in one place are one field,
 * and fragments stand where they are spread. It ends at the first limit that is exceeded.
 */
class DocumentWalk {
  readonly #limits: QueryLimits
  readonly #operations: readonly OperationDefinitionNode[]
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #seen = new Set<string>()
  readonly #counts = { selections: 0, aliases: 0, directives: 0 }

  constructor({ definitions }: DocumentNode, limits: QueryLimits) {
    this.#limits = limits
    this.#operations = definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION)
    const fragments = definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION)
    this.#atMost('operations', this.#operations.length)
    this.#atMost('fragments', fragments.length)
    this.#fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]))
  }

  walk() {
    for (const { selectionSet, directives, variableDefinitions = [] } of this.#operations) {
      this.#directives(directives)
      for (const variable of variableDefinitions) this.#directives(variable.directives)
      this.#level([{ selections: selectionSet.selections, within: [] }], 1)
    }
    // Validation also reads fragments that no operation uses.
    for (const [name, fragment] of this.#fragments) {
      if (!this.#seen.has(name)) this.#level([this.#enter(fragment, [])], 1)
    }
  }

  #atMost(measure: Measure, count: number) {
    const limit = this.#limits[measure]
    if (count > limit) throw new Exceeded({ measure, limit })
  }

  #count(measure: 'selections' | 'aliases' | 'directives', more = 1) {
    this.#counts[measure] += more
    this.#atMost(measure, this.#counts[measure])
  }

  #directives(directives: readonly DirectiveNode[] = []) {
    this.#atMost('directivesPerPlace', directives.length)
    this.#count('directives', directives.length)
  }

  /** The fields that are selected together, then those below each of them. */
  #level(places: readonly Place[], depth: number) {
    this.#atMost('depth', depth)
    const fields = new Map<string, FieldAt[]>()
    const spread = new Set<string>()
    for (const place of places) this.#collect(place, fields, spread)
    if (depth === 1) this.#atMost('rootFields', fields.size)
    for (const together of fields.values()) {
      const below = together.flatMap(({ field: { selectionSet }, within }) =>
        selectionSet ? [{ selections: selectionSet.selections, within }] : [],
      )
      if (below.length > 0) this.#level(below, depth + 1)
    }
  }

  #collect({ selections, within }: Place, fields: Map<string, FieldAt[]>, spread: Set<string>) {
    for (const selection of selections) {
      this.#count('selections')
      this.#directives(selection.directives)
      if (selection.kind === Kind.FIELD) this.#field({ field: selection, within }, fields)
      else {
        const inner = this.#inner(selection, within, spread)
        if (inner) this.#collect(inner, fields, spread)
      }
    }
  }

  #field(at: FieldAt, fields: Map<string, FieldAt[]>) {
    const { alias, name } = at.field
    if (alias) this.#count('aliases')
    const key = (alias ?? name).value
    const together = fields.get(key)
    if (together) together.push(at)
    else fields.set(key, [at])
    this.#atMost('repetitions', together?.length ?? 1)
  }

  /** The selections of a fragment; undefined if it is unknown, already part of this level, or within itself. */
  #inner(node: FragmentSpreadNode | InlineFragmentNode, within: readonly string[], spread: Set<string>) {
    if (node.kind === Kind.INLINE_FRAGMENT) return { selections: node.selectionSet.selections, within }
    const name = node.name.value
    const fragment = this.#fragments.get(name)
    if (!fragment || spread.has(name) || within.includes(name)) return undefined
    spread.add(name)
    return this.#enter(fragment, within)
  }

  #enter({ name, directives, selectionSet }: FragmentDefinitionNode, within: readonly string[]): Place {
    this.#seen.add(name.value)
    this.#directives(directives)
    return { selections: selectionSet.selections, within: [...within, name.value] }
  }
}
