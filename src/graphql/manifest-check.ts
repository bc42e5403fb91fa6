import type { ApolloServerPlugin } from '@apollo/server'
import {
  GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  specifiedRules,
  validate,
  type ValidationRule,
} from 'graphql'
import { BadManifest, type Manifest } from '../domain/operations-manifest.ts'
import type { QueryLimits } from '../domain/query-limits.ts'
import { excessOf } from './document-size.ts'

interface Checks {
  readonly schema: GraphQLSchema
  readonly limits: QueryLimits
  readonly rules: readonly ValidationRule[]
}

/** What is wrong with the text of an operation, and its name. */
function problemsOf(text: string, { schema, limits, rules }: Checks) {
  const document = parse(text, { maxLexicalTokens: limits.tokens })
  const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION)
  const name = operations[0]?.name?.value
  if (operations.length !== 1)
    return { name, problems: [`has ${operations.length} operations instead of one`] }
  const excess = excessOf(document, limits)
  if (excess) return { name, problems: [`exceeds the limit of ${excess.limit} for ${excess.measure}`] }
  const errors = validate(schema, document, [...specifiedRules, ...rules])
  return { name, problems: errors.map(({ message }) => message) }
}

function named(id: string, text: string, checks: Checks): string[] {
  try {
    const { name, problems } = problemsOf(text, checks)
    return problems.map((problem) => `${name ?? 'An operation without a name'} (${id}): ${problem}`)
  } catch (error) {
    if (error instanceof GraphQLError) return [`${id}: ${error.message}`]
    throw error
  }
}

/** Does not let the server start with a manifest of which an operation does not fit the schema or the limits. */
export const checkedManifest = (manifest: Manifest, others: Omit<Checks, 'schema'>): ApolloServerPlugin => ({
  serverWillStart: ({ schema }) => {
    const problems = [...manifest].flatMap(([id, text]) => named(id, text, { ...others, schema }))
    return problems.length === 0 ? Promise.resolve() : Promise.reject(new BadManifest(problems))
  },
})
