import type { ApolloServerPlugin } from '@apollo/server'
import { type DocumentNode, parse } from 'graphql'
import type { QueryLimits } from '../domain/query-limits.ts'
import type { GraphQLContext } from './context.ts'
import { type Excess, excessOf } from './document-size.ts'
import { tooComplex } from './list-budget.ts'

const messages: Readonly<Record<Excess['measure'], (limit: number) => string>> = {
  operations: (limit) => `A document can contain at most ${limit} operations. Send each with what it needs.`,
  depth: (limit) =>
    `Fields can stand in fields up to a depth of ${limit}. Ask for fewer levels, and for those below by their IDs.`,
  selections: (limit) =>
    `A document can select at most ${limit} fields and fragments, each as often as it is spread. Split it into ` +
    'several operations.',
  repetitions: (limit) =>
    `A field can be selected at most ${limit} times in one place. Select it once, or share a fragment.`,
  aliases: (limit) =>
    `A document can contain at most ${limit} aliases, as often as they are spread. Use lists such as \`nodes(ids:)\`, ` +
    'or split it into several operations.',
  rootFields: (limit) =>
    `An operation can have at most ${limit} fields at the top. Split it into several operations.`,
  fragments: (limit) =>
    `A document can define at most ${limit} fragments. Send only those that the operation uses.`,
  directives: (limit) =>
    `A document can contain at most ${limit} directives, as often as they are spread. Put one on a fragment instead ` +
    'of each field.',
  directivesPerPlace: (limit) => `At most ${limit} directives can stand in one place.`,
}

/** A document without any effect, in the place of one that is too large. */
const harmless = parse('{ __typename }')

/**
 * Refuses documents that are too large, before they are validated: validation compares fields with one another, which
 * takes much longer than reading them. Apollo Server has no place for a refusal between parsing and validation. So the
 * document is replaced by a harmless one, which Apollo Server also remembers for this text; it is refused instead of run.
 */
export function documentLimits(limits: QueryLimits): ApolloServerPlugin<GraphQLContext> {
  const refused = new WeakMap<DocumentNode, Excess>()
  return {
    requestDidStart: () =>
      Promise.resolve({
        parsingDidStart: (request) =>
          Promise.resolve(() => {
            const excess = request.document && excessOf(request.document, limits)
            if (!excess) return Promise.resolve()
            const document = { ...harmless }
            refused.set(document, excess)
            Object.assign(request, { document })
            return Promise.resolve()
          }),
        didResolveOperation: ({ document }) => {
          const excess = refused.get(document)
          if (!excess) return Promise.resolve()
          const { measure, limit } = excess
          throw tooComplex(messages[measure](limit), { measure, limit })
        },
      }),
  }
}
