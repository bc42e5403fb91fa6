import { readFileSync } from 'node:fs'
import {
  buildSchema,
  findBreakingChanges,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
} from 'graphql'
import { expect, test } from 'vitest'
import { defaultTagColor } from '../../src/domain/tag-tree.ts'
import { unmergeableFields } from '../support/mergeable-fields.ts'
import { currentSchema, printedSchema, snapshot } from '../support/schema.ts'

const schema = currentSchema()
const types = Object.values(schema.getTypeMap()).filter(
  ({ name }) => !name.startsWith('__') && !['ID', 'Int', 'String', 'Boolean', 'Float'].includes(name),
)

type Described = [path: string, description: string | null | undefined]

/** Everything of a type that can be described, by its way from the schema. */
function described(type: GraphQLNamedType): Described[] {
  const own: Described[] = [[type.name, type.description]]
  if (isEnumType(type)) {
    for (const value of type.getValues()) own.push([`${type.name}.${value.name}`, value.description])
  }
  if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields()))
      own.push([`${type.name}.${field.name}`, field.description])
  }
  if (isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      const path = `${type.name}.${field.name}`
      own.push([path, field.description])
      for (const arg of field.args) own.push([`${path}(${arg.name})`, arg.description])
    }
  }
  return own
}

test('every type, field, argument, input field and enum value says what it is', () => {
  const all = types.flatMap(described)
  expect(all.length).toBeGreaterThan(400)
  expect(all.filter(([, description]) => !description?.trim()).map(([path]) => path)).toEqual([])
})

test('every answer of a mutation is its success or a failure with a message', () => {
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {})
  expect(mutations.length).toBeGreaterThan(15)
  for (const { name, type } of mutations) {
    const result = schema.getType(String(type).replace(/!$/, ''))
    if (!isUnionType(result)) throw new Error(`${name} gives no union.`)
    const capital = name.charAt(0).toUpperCase() + name.slice(1)
    const [successes, failures] = partition(result.getTypes().map((member) => member.name))
    expect({ name, union: result.name, successes }).toEqual({
      name,
      union: `${capital}Result`,
      successes: [`${capital}Success`],
    })
    expect(failures.length).toBeGreaterThan(0)
    for (const failure of failures) expect(isFailure(failure)).toBe(true)
  }
})

test('every other union of answers holds successes and failures only, too', () => {
  for (const union of types.filter(isUnionType).filter(({ name }) => name.endsWith('Result'))) {
    const [, failures] = partition(union.getTypes().map(({ name }) => name))
    expect({ union: union.name, odd: failures.filter((name) => !isFailure(name)) }).toEqual({
      union: union.name,
      odd: [],
    })
  }
})

const partition = (names: string[]): [successes: string[], others: string[]] => [
  names.filter((name) => name.endsWith('Success')),
  names.filter((name) => !name.endsWith('Success')),
]

function isFailure(name: string) {
  const type = schema.getType(name)
  return isObjectType(type) && type.getInterfaces().some((one) => one.name === 'Failure')
}

test('a query can select fields of one name in every member of a union or interface', () => {
  expect(unmergeableFields(schema)).toEqual([])
})

test.each([
  ['a leaf', 'a: Int', 'a: ID', ['A.a: Int, B.a: ID']],
  ['nullability', 'a: Int', 'a: Int!', ['A.a: Int, B.a: Int!']],
  ['a list', 'a: [Int]', 'a: Int', ['A.a: [Int], B.a: Int']],
  ['an item of a list', 'a: [Int!]', 'a: [Int]', ['A.a: [Int!], B.a: [Int]']],
  ['an object', 'a: E', 'a: Int', ['A.a: E, B.a: Int']],
  ['what is below', 'a: E', 'a: F', ['E.a: Int, F.a: ID']],
  ['a member below', 'a: G', 'a: F', ['E.a: Int, F.a: ID']],
  ['nothing', 'a: E b: Int', 'a: E c: ID', []],
])('fields of one name that differ in %s are found', (_what, first, second, expected) => {
  const text = `type Query { all: [AB] } union AB = A | B type A { ${first} } type B { ${second} }
    type E { a: Int } type F { a: ID } union G = E`
  expect(unmergeableFields(buildSchema(text))).toEqual(expected)
})

test('a field that differs from the one of its interface is found', () => {
  const text = 'type Query { a: A } interface A { a: Int } type B implements A { a: Int! }'
  expect(unmergeableFields(buildSchema(text))).toEqual(['A.a: Int, B.a: Int!'])
})

test('every mutation takes one input of its own', () => {
  for (const { name, args } of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const capital = name.charAt(0).toUpperCase() + name.slice(1)
    expect(args.map((arg) => `${arg.name}: ${String(arg.type)}`)).toEqual([`input: ${capital}Input!`])
  }
})

test('everything that can be created can be created once only by its idempotency key', () => {
  const creating = types.filter(isInputObjectType).filter(({ name }) => /^(Create|Upload)/.test(name))
  expect(creating.length).toBeGreaterThan(5)
  for (const input of creating) expect(Object.keys(input.getFields())).toContain('idempotencyKey')
})

test('every list that can grow is paged both ways', () => {
  const paging = ['after', 'before', 'first', 'last']
  for (const type of types.filter(isObjectType)) {
    for (const field of Object.values(type.getFields())) {
      if (!String(field.type).endsWith('Connection!')) continue
      const args = field.args.map(({ name }) => name).filter((name) => paging.includes(name))
      expect({ field: `${type.name}.${field.name}`, args }).toEqual({
        field: `${type.name}.${field.name}`,
        args: paging,
      })
    }
  }
})

test('every list at the top can be filtered and ordered', () => {
  // Results are ranked; recent items have the order by which they are named; categories are few, by name.
  const fixed = ['search', 'recentItems', 'mediaCategories']
  const admin = schema.getType('Admin')
  const tools = isObjectType(admin) ? Object.values(admin.getFields()) : []
  expect(tools.length).toBeGreaterThan(2)
  for (const field of [...Object.values(schema.getQueryType()?.getFields() ?? {}), ...tools]) {
    if (!String(field.type).endsWith('Connection!') || fixed.includes(field.name)) continue
    const args = field.args.map(({ name }) => name).filter((name) => ['where', 'orderBy'].includes(name))
    expect({ field: field.name, args }).toEqual({ field: field.name, args: ['orderBy', 'where'] })
  }
})

interface Element {
  readonly name: string
  readonly deprecationReason?: string | null | undefined
}

/** Everything of a type that can be announced to go. */
function elements(type: GraphQLNamedType): Element[] {
  if (isEnumType(type)) return [...type.getValues()]
  if (isInputObjectType(type)) return Object.values(type.getFields())
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  const fields = Object.values(type.getFields())
  const args = fields.flatMap((field) =>
    field.args.map((arg) => ({ ...arg, name: `${field.name} arg ${arg.name}` })),
  )
  return [...fields, ...args]
}

/** The ways to everything that a schema says will go. */
const deprecated = (older: GraphQLSchema) =>
  new Set(
    Object.values(older.getTypeMap()).flatMap((type) =>
      elements(type)
        .filter(({ deprecationReason }) => deprecationReason != null)
        .map(({ name }) => `${type.name}.${name}`),
    ),
  )

/** The way to what a change removes. */
const removed = (description: string) =>
  description
    .replace(/^(\w+) was removed from enum type (\w+)\.$/, '$2.$1')
    .replace(/^(\w+\.\w+(?: arg \w+)?) was removed\.$/, '$1')

/** What clients of the older schema would meet unprepared. */
function unannounced(older: GraphQLSchema, newer: GraphQLSchema) {
  const announced = deprecated(older)
  return findBreakingChanges(older, newer)
    .map(({ description }) => description)
    .filter((description) => !announced.has(removed(description)))
}

test('no client of the committed schema meets a change that was not announced', () => {
  expect(unannounced(buildSchema(readFileSync(snapshot, 'utf8')), schema)).toEqual([])
})

test('the committed schema is the current one', () => {
  expect(
    readFileSync(snapshot, 'utf8'),
    'schema.graphql is out of date: look at the change as a client would, then run `npm run schema:snapshot`.',
  ).toBe(printedSchema())
})

test.each([
  ['a removed field', 'type Query { a: Int b: Int }', 'type Query { a: Int }', ['Query.b was removed.']],
  [
    'a removed field that was announced',
    'type Query { a: Int b: Int @deprecated(reason: "Use `a`.") }',
    'type Query { a: Int }',
    [],
  ],
  [
    'another type of a field',
    'type Query { a: Int b: Int }',
    'type Query { a: ID b: Int }',
    ['Query.a changed type from Int to ID.'],
  ],
  [
    'another type of a deprecated field',
    'type Query { a: Int @deprecated(reason: "Use `b`.") b: Int }',
    'type Query { a: ID b: Int }',
    ['Query.a changed type from Int to ID.'],
  ],
  [
    'a new argument that must be given',
    'type Query { a: Int }',
    'type Query { a(b: Int!): Int }',
    ['A required arg b on Query.a was added.'],
  ],
  [
    'an announced value that is gone',
    'type Query { a: E } enum E { A B @deprecated(reason: "Use `A`.") }',
    'type Query { a: E } enum E { A }',
    [],
  ],
  [
    'an announced argument that is gone',
    'type Query { a(b: Int @deprecated(reason: "Nobody heeds it.")): Int }',
    'type Query { a: Int }',
    [],
  ],
  [
    'a removed argument',
    'type Query { a(b: Int): Int }',
    'type Query { a: Int }',
    ['Query.a arg b was removed.'],
  ],
  ['a new field', 'type Query { a: Int }', 'type Query { a: Int b: Int }', []],
])('%s is told from the changes that clients must hear of first', (_what, older, newer, changes) => {
  expect(unannounced(buildSchema(older), buildSchema(newer))).toEqual(changes)
})

test('the default colour of a tag is one in the schema and in the code', () => {
  const input = schema.getType('CreateTagInput')
  expect(isInputObjectType(input) && input.getFields()['color']?.defaultValue).toBe(defaultTagColor)
})
