import { getIntrospectionQuery, parse } from 'graphql'
import { expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { queryLimitSettings } from '../src/domain/query-limits.ts'
import { excessOf } from '../src/graphql/document-size.ts'
import { firstQuery, tabs } from '../src/http/explorer-queries.ts'

const defaults = readConfig({}).queryLimits
const limits = {
  ...{
    characters: 1_000,
    tokens: 1_000,
    operations: 2,
    depth: 3,
    selections: 12,
    repetitions: 2,
    aliases: 3,
  },
  ...{ rootFields: 4, fragments: 3, directives: 3, directivesPerPlace: 2 },
}
const exceeded = (text: string) => excessOf(parse(text), limits)?.measure

test.each([
  ['operations', 'query A { a } query B { a }', 'query A { a } query B { a } query C { a }'],
  ['depth', '{ a { b { c } } }', '{ a { b { c { d } } } }'],
  [
    'depth',
    '{ ...F } fragment F on Q { a { ...G } } fragment G on Q { b { c } }',
    '{ a { ...F } } fragment F on Q { b { ...G } } fragment G on Q { c { d } }',
  ],
  ['depth', '{ a } fragment F on Q { a { b { c } } }', '{ a } fragment F on Q { a { b { c { d } } } }'],
  ['selections', '{ a { b c d e f g h i j k l } }', '{ a { b c d e f g h i j k l m } }'],
  [
    'selections',
    '{ a { ...F } b { ...F } } fragment F on Q { c d e f }',
    '{ a { ...F } b { ...F } c { ...F } } fragment F on Q { c d e f }',
  ],
  ['repetitions', '{ a a }', '{ a a a }'],
  ['repetitions', '{ a { b } a { b } }', '{ a { b } a { b b } }'],
  [
    'repetitions',
    '{ a { ...F b } } fragment F on Q { b }',
    '{ a { ...F b ... on Q { b } } } fragment F on Q { b }',
  ],
  [
    'repetitions',
    '{ a { b } ...F } fragment F on Q { a { b } }',
    '{ a { b } ...F } fragment F on Q { a { b b } }',
  ],
  ['aliases', '{ a: x b: x c: x }', '{ y { a: x b: x c: x d: x } }'],
  [
    'aliases',
    '{ y { ...F } z: y { ...F } } fragment F on Q { a: x }',
    '{ y { ...F } z { ...F } } fragment F on Q { a: x b: x }',
  ],
  ['rootFields', '{ a b c d { e f } }', '{ a b ...F } fragment F on Q { c d e }'],
  [
    'fragments',
    '{ a } fragment F on Q { a } fragment G on Q { a } fragment H on Q { a }',
    '{ a } fragment F on Q { a } fragment G on Q { a } fragment H on Q { a } fragment I on Q { a }',
  ],
  ['directives', '{ a @x b @x c @x }', 'query ($v: Int @x) @x { a @x ... @x { b } }'],
  ['directives', '{ ...F @x } fragment F on Q @x { a @x }', '{ ...F @x } fragment F on Q @x { a @x b @x }'],
  ['directivesPerPlace', '{ a @x @y }', '{ a @x @y @z }'],
])('%s: %s fits, %s does not', (measure, fitting, exceeding) => {
  expect(exceeded(fitting)).toBeUndefined()
  expect(exceeded(exceeding)).toBe(measure)
})

test('fragments within themselves are left to validation', () => {
  expect(exceeded('{ ...F } fragment F on Q { ...F }')).toBeUndefined()
  expect(exceeded('{ ...F } fragment F on Q { a { ...G } } fragment G on Q { ...F }')).toBeUndefined()
})

test('each limit has a description of its own in the environment, and explorers stay within all of them', () => {
  expect(Object.keys(defaults)).toEqual(Object.keys(queryLimitSettings))
  const introspection = getIntrospectionQuery({
    ...{ descriptions: true, inputValueDeprecation: true, schemaDescription: true, specifiedByUrl: true },
  })
  for (const text of [introspection, firstQuery, ...tabs.map(({ query }) => query)])
    expect(excessOf(parse(text), defaults)).toBeUndefined()
})
