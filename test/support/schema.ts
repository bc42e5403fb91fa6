import { buildASTSchema, lexicographicSortSchema, parse, printSchema } from 'graphql'
import { schemaTexts } from '../../src/graphql/server.ts'

/** The committed schema, as clients of the last release know it. */
export const snapshot = new URL('../../schema.graphql', import.meta.url)

/** The schema as the server has it. */
export const currentSchema = () => {
  // Query and Mutation are extended by every file.
  const text = schemaTexts().join('\n')
  return lexicographicSortSchema(buildASTSchema(parse(text)))
}

export const printedSchema = () => `${printSchema(currentSchema())}\n`
