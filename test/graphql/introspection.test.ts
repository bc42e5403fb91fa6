import {
  buildClientSchema,
  getIntrospectionQuery,
  type IntrospectionQuery,
  lexicographicSortSchema,
  printSchema,
} from 'graphql'
import { expect, test } from 'vitest'
import { ask, useApi } from '../support/api.ts'
import { useDatabase } from '../support/database.ts'
import { printedSchema } from '../support/schema.ts'

const database = useDatabase()
const api = useApi(database)

test('an explorer can read the whole schema from the server', async () => {
  const query = getIntrospectionQuery({
    descriptions: true,
    inputValueDeprecation: true,
    schemaDescription: true,
    specifiedByUrl: true,
  })
  const answer = await ask<IntrospectionQuery>(api.client(), query)
  const sorted = lexicographicSortSchema(buildClientSchema(answer))
  expect(`${printSchema(sorted)}\n`).toBe(printedSchema())
})
