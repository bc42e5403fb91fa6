import { expect, test } from 'vitest'
import { shapeProblem } from '../../src/domain/json-shape.ts'

const limits = { bytes: 1_000, values: 5, levels: 3 }
const problemOf = (json: string) => shapeProblem(Buffer.from(json), limits)

test.each([
  ['values', '[1,2,3,4]'],
  ['levels', '[[{}]]'],
  ['brackets and commas in texts', JSON.stringify({ a: '[[[[{{{{,,,,,,,' })],
  ['quotation marks in texts', JSON.stringify(['"[[[[', '\\', '\\"[[[[', '书[[[['])],
  ['lists one after the other', '[[],[]]'],
])('JSON with as many %s as allowed is accepted', (_what, json) => {
  expect(problemOf(json)).toBeUndefined()
})

test.each([
  ['values', '[1,2,3,4,5]', /more than 5 values/],
  ['values in objects', '{"a":1,"b":[2,3],"c":4}', /more than 5 values/],
  ['levels', '[{"a":[[]]}]', /more than 3 levels/],
  ['levels that never end', '[[[[[[[[', /more than 3 levels/],
])('JSON with more %s is refused', (_what, json, message) => {
  expect(problemOf(json)).toMatch(message)
})
