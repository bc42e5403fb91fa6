import { parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { tabs } from '../src/http/explorer-queries.ts'
import { currentSchema } from './support/schema.ts'

test.each(tabs)('the operations of a tab of the explorer are valid', ({ query }) => {
  expect(validate(currentSchema(), parse(query)).map(({ message }) => message)).toEqual([])
})
