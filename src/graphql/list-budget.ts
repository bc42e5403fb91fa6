import { GraphQLError } from 'graphql'

/** Refuses an operation that returns too much. */
export const tooComplex = (message: string, extensions: Readonly<Record<string, unknown>>) =>
  new GraphQLError(message, {
    extensions: { code: 'QUERY_TOO_COMPLEX', ...extensions, http: { status: 400 } },
  })

/**
 * Counts the items of lists without pages (files, tags) that an operation returns. Before it runs, only their usual
 * number can be estimated.
 */
export class ListBudget {
  readonly #limit: number
  #left: number

  constructor(limit: number) {
    this.#limit = limit
    this.#left = limit
  }

  /** How many items a statement reads at most: one more than is left, with which the operation is refused. */
  most(objectsEach: number): number {
    return Math.floor(this.#left / objectsEach) + 1
  }

  /** Counts the items of an answer, each with what it contains. The same item counts as often as it occurs. */
  take(count: number, objectsEach: number) {
    this.#left -= count * objectsEach
    if (this.#left >= 0) return
    this.#left = 0
    const message =
      `The files and tags in the lists of this operation are more than ${this.#limit} objects, which is the limit. Ask ` +
      'for smaller pages or fewer levels.'
    throw tooComplex(message, { limit: this.#limit })
  }
}
